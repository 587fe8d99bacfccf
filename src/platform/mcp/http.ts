import {
  createMcpHandler,
  isInitializeRequest,
  isJsonContentType,
  isLegacyRequest,
  readRequestBody,
  type EventStore,
  type McpRequestContext,
  type ServerEventBus,
} from "@modelcontextprotocol/server"
import { authInfoOf, callerIn, type Connection, type Offer } from "#src/platform/mcp/offer.ts"
import { paramHeaderProblem } from "#src/platform/mcp/param-headers.ts"
import { createMcpServer } from "#src/platform/mcp/server.ts"
import { createSessions, rpcError, type SessionLimits } from "#src/platform/mcp/sessions.ts"
import type { Caller, Services } from "#src/studio.ts"

/** Who sends a request: from a verified key, or the owner when none is needed. */
export interface Authorized {
  caller: Caller
  /** Undefined when no key limits what may be done. */
  scopes?: readonly string[]
}

export interface McpHttp {
  /** Serves one authorised request to the endpoint. */
  fetch(request: Request, who: Authorized): Promise<Response>
  readonly sessions: number
  close(): Promise<void>
}

export interface McpHttpOptions {
  offer: Offer
  log: Services["log"]
  /** The scope that a call of this tool needs; undefined when there is no such tool. */
  scopeOf(tool: string): Promise<string | undefined>
  /** The answer to somebody whose key does not cover `scope`; undefined when it does. */
  challenge(who: Authorized, scope: string): Response | undefined
  limits?: SessionLimits
  bus?: ServerEventBus
  eventStore?: () => EventStore
}

export const MAX_BODY_BYTES = 4 * 1024 * 1024
const PARSE_ERROR = -32_700
const BAD_REQUEST = -32_000
const HEADER_MISMATCH = -32_020

/**
 * MCP over Streamable HTTP for both eras on one endpoint: what belongs to a session of the 2025 protocol goes to its
 * transport, everything else to the strict handler of 2026-07-28. With the SDK's own stateless fallback, questions to
 * 2025-era clients would hang until their timeout.
 */
export function mcpHttpHandler(options: McpHttpOptions): McpHttp {
  const { offer, log } = options
  const onerror = (error: Error) => log.debug({ err: error }, "MCP request refused")
  const modern = createMcpHandler((context) => createMcpServer(offer, connectionOf(context)), {
    legacy: "reject",
    onerror,
    maxRequestBodySize: MAX_BODY_BYTES,
    ...(options.bus && { bus: options.bus }),
  })
  const sessions = createSessions(
    (authInfo, requestInfo) => createMcpServer(offer, connectionOf({ era: "legacy", authInfo, requestInfo })),
    options,
  )

  const serve = async (request: Request, who: Authorized): Promise<Response> => {
    const authInfo = authInfoOf(who.caller, who.scopes)
    const session = request.headers.get("mcp-session-id") ?? undefined
    const { accountId } = who.caller
    if (request.method !== "POST")
      return session === undefined
        ? modern.fetch(request, { authInfo })
        : sessions.serve(request, { accountId, session, authInfo })
    const read = await readJson(request)
    if (read instanceof Response) return read
    const { body } = read
    const refused = (await scopeRefusal(body, who, options)) ?? (await headerRefusal(request, body, who, options))
    if (refused) return refused
    const legacy = await isLegacyRequest(request, body)
    if (legacy && session !== undefined) return sessions.serve(request, { accountId, session, body, authInfo })
    if (legacy && opensSession(body)) return sessions.serve(request, { accountId, body, authInfo })
    return modern.fetch(request, { authInfo, parsedBody: body })
  }

  return {
    fetch: serve,
    get sessions() {
      return sessions.size
    },
    close: async () => {
      await Promise.all([modern.close(), sessions.close()])
    },
  }
}

async function readJson(request: Request): Promise<{ body: unknown } | Response> {
  if (!isJsonContentType(request.headers.get("content-type")))
    return rpcError(415, BAD_REQUEST, "Unsupported Media Type: Content-Type must be application/json")
  const read = await readRequestBody(request, MAX_BODY_BYTES)
  if (read.tooLarge) {
    const refused = rpcError(413, BAD_REQUEST, `The request is larger than ${MAX_BODY_BYTES} bytes`)
    // The rest of the body is not read, so nothing can follow on this connection: a client must not use it again.
    refused.headers.set("connection", "close")
    return refused
  }
  try {
    return { body: JSON.parse(read.text) as unknown }
  } catch {
    return rpcError(400, PARSE_ERROR, "Parse error: the request body is not valid JSON")
  }
}

async function scopeRefusal(
  body: unknown,
  who: Authorized,
  { scopeOf, challenge }: McpHttpOptions,
): Promise<Response | undefined> {
  if (who.scopes === undefined) return undefined
  for (const message of Array.isArray(body) ? (body as unknown[]) : [body]) {
    const call = toolCallIn(message)
    const scope = call && (await scopeOf(call.name))
    const refusal = scope === undefined ? undefined : challenge(who, scope)
    if (refusal) return refusal
  }
  return undefined
}

async function headerRefusal(
  request: Request,
  body: unknown,
  who: Authorized,
  { offer }: McpHttpOptions,
): Promise<Response | undefined> {
  const call = toolCallIn(body)
  if (!call || !request.headers.has("mcp-method")) return undefined
  const tools = await offer.tools({ era: "modern", caller: who.caller })
  const properties = tools.find((tool) => tool.name === call.name)?.inputSchema.properties
  const problem = paramHeaderProblem(properties, call.values, request.headers)
  return problem ? rpcError(400, HEADER_MISMATCH, `Bad Request: ${problem}`, body) : undefined
}

function toolCallIn(message: unknown): { name: string; values: Record<string, unknown> } | undefined {
  if (!isRecord(message) || message["method"] !== "tools/call" || !isRecord(message["params"])) return undefined
  const { name, arguments: values } = message["params"]
  return typeof name === "string" ? { name, values: isRecord(values) ? values : {} } : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function opensSession(body: unknown): boolean {
  return Array.isArray(body) ? body.some((message) => isInitializeRequest(message)) : isInitializeRequest(body)
}

function connectionOf({ era, authInfo, requestInfo }: McpRequestContext): Connection {
  const caller = callerIn(authInfo)
  if (!caller) throw new Error("an MCP request reached its server without a caller")
  const tools = requestInfo && new URL(requestInfo.url).searchParams.get("tools")
  const families = tools
    ?.split(",")
    .map((word) => word.trim())
    .filter(Boolean)
  return { era, caller, ...(families && families.length > 0 && { families }) }
}
