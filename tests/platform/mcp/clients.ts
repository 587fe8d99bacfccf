import { Client as ModernClient, StreamableHTTPClientTransport as ModernHttp } from "@modelcontextprotocol/client"
import { StdioClientTransport as ModernStdio } from "@modelcontextprotocol/client/stdio"
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport as LegacyStdio } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport as LegacyHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js"
import { Ajv2020 } from "ajv/dist/2020.js"
import { z } from "zod"

/** A process that serves MCP on its stdin and stdout. */
export interface Program {
  command: string
  args: string[]
  env?: Record<string, string>
  stderr?: "inherit" | "ignore"
}

export type Target = { url: URL; token?: string } | { program: Program }

export interface CallOptions {
  meta?: Record<string, unknown>
  onprogress?: (progress: { progress: number; total?: number | undefined; message?: string | undefined }) => void
  signal?: AbortSignal
}

/** What every client of the interop tests can do, whichever SDK and protocol revision is behind it. */
export interface TestClient {
  revision: string | undefined
  instructions: string | undefined
  tools(): Promise<ListedTool[]>
  call(name: string, input?: object, options?: CallOptions): Promise<Called>
  close(): Promise<void>
}

const listedTool = z.looseObject({
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: z.looseObject({}),
  outputSchema: z.looseObject({}).optional(),
  annotations: z.looseObject({}).optional(),
})
export type ListedTool = z.output<typeof listedTool>

const called = z.looseObject({
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
  structuredContent: z.looseObject({}).optional(),
  isError: z.boolean().optional(),
})
export type Called = z.output<typeof called>

/** What the person behind a client answers to a form: its answer field by question, or nothing (they decline). */
export type Person = (message: string, schema: Record<string, unknown>) => string | undefined

/** Every stack the interop tests connect with. */
export const stacks = ["sdk 1.32", "client 2.4 legacy", "client 2.4 auto", "client 2.4 pinned"] as const
export type Stack = (typeof stacks)[number]

export async function connect(stack: Stack, target: Target, person?: Person): Promise<TestClient> {
  return stack === "sdk 1.32" ? connectLegacy(target, person) : connectModern(stack, target, person)
}

const INFO = { name: "test", version: "1" }

async function connectLegacy(target: Target, person?: Person): Promise<TestClient> {
  const client = new LegacyClient(INFO, { capabilities: person ? { elicitation: {} } : {} })
  if (person) client.setRequestHandler(ElicitRequestSchema, ({ params }) => answer(person, params))
  const transport =
    "url" in target ? new LegacyHttp(target.url, headers(target.token)) : new LegacyStdio(target.program)
  await client.connect(transport)
  return {
    revision: "protocolVersion" in transport ? transport.protocolVersion : undefined,
    instructions: client.getInstructions(),
    tools: async () => z.array(listedTool).parse((await client.listTools()).tools),
    call: async (name, input = {}, { meta, ...options } = {}) =>
      called.parse(
        await client.callTool({ name, arguments: { ...input }, ...(meta && { _meta: meta }) }, undefined, options),
      ),
    close: () => client.close(),
  }
}

async function connectModern(stack: Stack, target: Target, person?: Person): Promise<TestClient> {
  const mode = {
    "sdk 1.32": "legacy",
    "client 2.4 legacy": "legacy",
    "client 2.4 auto": "auto",
    "client 2.4 pinned": { pin: "2026-07-28" },
  } as const
  const client = new ModernClient(INFO, {
    capabilities: person ? { elicitation: { form: {} } } : {},
    versionNegotiation: { mode: mode[stack] },
  })
  if (person) client.setRequestHandler("elicitation/create", ({ params }) => answer(person, params))
  await client.connect(
    "url" in target ? new ModernHttp(target.url, headers(target.token)) : new ModernStdio(target.program),
  )
  return {
    revision: client.getNegotiatedProtocolVersion(),
    instructions: client.getInstructions(),
    tools: async () => z.array(listedTool).parse((await client.listTools()).tools),
    call: async (name, input = {}, { meta, ...options } = {}) =>
      called.parse(await client.callTool({ name, arguments: { ...input }, ...(meta && { _meta: meta }) }, options)),
    close: () => client.close(),
  }
}

function headers(token: string | undefined) {
  return { requestInit: { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } } }
}

const form = z.looseObject({ message: z.string(), requestedSchema: z.looseObject({}).optional() })

function answer(person: Person, params: unknown) {
  const { message, requestedSchema = {} } = form.parse(params)
  const said = person(message, requestedSchema)
  return said === undefined ? { action: "decline" as const } : { action: "accept" as const, content: { answer: said } }
}

/** What a 2020-12 validator of another maker says about a structured result. */
export function schemaErrors(schema: object, value: unknown): string {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true })
  ajv.validate(schema, value)
  return ajv.errorsText()
}

export function textOf({ content }: Called): string {
  return content.map((block) => block.text ?? "").join("\n")
}
