import {
  CLIENT_CAPABILITIES_META_KEY,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ResourceNotFoundError,
  Server,
  type CallToolResult,
  type ClientCapabilities,
  type GetPromptResult,
  type ServerContext,
} from "@modelcontextprotocol/server"
import { z } from "zod"
import { callerIn, type Call, type Connection, type Offer } from "#src/platform/mcp/offer.ts"
import { speaksTasks, TASKS_REQUIRED } from "#src/platform/mcp/tasks.ts"
import { VERSION } from "#src/platform/version.ts"

const INVALID_PARAMS = -32_602
const LIST_TTL_MS = 300_000
const taskParams = z.looseObject({
  taskId: z.string().max(200),
  inputResponses: z.record(z.string(), z.unknown()).optional(),
})
const anyResult = z.looseObject({})

/** The protocol side of one connection, for both eras: every request of `offer` wired to the low-level server of the SDK. */
export function createMcpServer(offer: Offer, connection: Connection): Server {
  const server = new Server(
    { name: "atelier", title: "Atelier", version: VERSION },
    {
      capabilities: offer.capabilities,
      instructions: offer.instructions,
      cacheHints: {
        "tools/list": { ttlMs: LIST_TTL_MS, cacheScope: "private" },
        "prompts/list": { ttlMs: LIST_TTL_MS, cacheScope: "public" },
        "resources/templates/list": { ttlMs: LIST_TTL_MS, cacheScope: "public" },
        "server/discover": { ttlMs: LIST_TTL_MS, cacheScope: "public" },
      },
      requestState: { verify: offer.seal.verify },
    },
  )
  const callOf = (context: ServerContext): Call => ({
    ...connection,
    // In a session, every request brings its own key: a role that was lowered meanwhile counts at once.
    caller: callerIn(context.http?.authInfo) ?? connection.caller,
    context,
    client: declaredIn(context) ?? server.getClientCapabilities() ?? {},
  })

  server.setRequestHandler("tools/list", async (_, context) => ({ tools: await offer.tools(callOf(context)) }))
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const result = await offer.callTool(params.name, params.arguments ?? {}, callOf(context))
    // A question or a task handle passes as well: the SDK looks at its `resultType`.
    return known(result, `There is no tool "${clip(params.name)}".`) as CallToolResult
  })
  server.setRequestHandler("prompts/list", async () => ({ prompts: await offer.prompts() }))
  server.setRequestHandler("prompts/get", async ({ params }, context) => {
    const result = await offer.getPrompt(params.name, params.arguments ?? {}, callOf(context))
    return known(result, `There is no prompt "${clip(params.name)}".`) as GetPromptResult // or a question, as above
  })
  server.setRequestHandler("completion/complete", async ({ params }, context) => ({
    completion: known(await offer.complete(params, callOf(context)), "There is nothing of that name to complete."),
  }))
  server.setRequestHandler("resources/list", async (_, context) => ({
    resources: await offer.resources(callOf(context)),
  }))
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates: offer.resourceTemplates() }))
  server.setRequestHandler("resources/read", async ({ params }, context) => {
    const result = await offer.readResource(params.uri, callOf(context))
    if (!result) throw new ResourceNotFoundError(params.uri)
    return result
  })
  serveTasks(server, offer, callOf)
  offer.extend?.(server)
  return server
}

/** The Tasks extension: only for clients that declare it. */
function serveTasks(server: Server, offer: Offer, callOf: (context: ServerContext) => Call): void {
  const taskCall = (context: ServerContext): Call => {
    const call = callOf(context)
    if (!speaksTasks(call)) throw new MissingRequiredClientCapabilityError({ requiredCapabilities: TASKS_REQUIRED })
    return call
  }
  const schemas = { params: taskParams, result: anyResult }
  const missing = (id: string) => `There is no task "${clip(id)}".`
  server.setRequestHandler("tasks/get", schemas, async ({ taskId }, context) =>
    known(await offer.task(taskId, taskCall(context)), missing(taskId)),
  )
  server.setRequestHandler("tasks/cancel", schemas, async ({ taskId }, context) => {
    known((await offer.cancelTask(taskId, taskCall(context))) || undefined, missing(taskId))
    return {}
  })
  server.setRequestHandler("tasks/update", schemas, async ({ taskId }, context) => {
    // The SDK lifts `inputResponses` out of the params of every method.
    const responses = context.mcpReq.inputResponses ?? {}
    known((await offer.answerTask(taskId, responses, taskCall(context))) || undefined, missing(taskId))
    return {}
  })
}

/** Since 2026-07-28 a client tells its capabilities with every request. */
function declaredIn({ mcpReq }: ServerContext): ClientCapabilities | undefined {
  const envelope: Record<string, unknown> | undefined = mcpReq.envelope
  return envelope?.[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined // checked by the SDK before dispatch
}

function known<T>(found: T | undefined, problem: string): T {
  if (found === undefined) throw new ProtocolError(INVALID_PARAMS, problem)
  return found
}

function clip(name: string): string {
  return name.slice(0, 80)
}
