import type {
  AuthInfo,
  ClientCapabilities,
  CompleteRequestParams,
  CompleteResult,
  GetPromptResult,
  Prompt,
  ReadResourceResult,
  RequestStateCodec,
  Resource,
  ResourceTemplateType,
  Result,
  Server,
  ServerCapabilities,
  ServerContext,
  Tool,
} from "@modelcontextprotocol/server"
import type { Caller } from "#src/studio.ts"

/** One client: an HTTP request of 2026-07-28, a session of the 2025 era, or a process at the other end of stdio. */
export interface Connection {
  era: "legacy" | "modern"
  caller: Caller
  /** Tool families asked for with `?tools=`; undefined = all that are switched on. */
  families?: readonly string[]
}

/** One request of a connection. */
export interface Call extends Connection {
  context: ServerContext
  /** What the client can do, as told with this request or at initialize. */
  client: ClientCapabilities
}

/** A task as `tasks/get` tells it: status and times, and what the status calls for (result, error or open questions). */
export type TaskDetails = Result & { taskId: string; status: string }

/** Everything an MCP server serves, whoever is behind it. Unknown names are `undefined`: the server turns them into errors. */
export interface Offer {
  capabilities: ServerCapabilities
  instructions: string
  /** Signs and opens the state that clients carry between the rounds of a question. */
  seal: RequestStateCodec
  tools(connection: Connection): Promise<Tool[]>
  /** A tool result, a question (`input_required`) or a task handle. */
  callTool(name: string, input: Record<string, unknown>, call: Call): Promise<Result | undefined>
  prompts(): Promise<Prompt[]>
  getPrompt(name: string, values: Record<string, string>, call: Call): Promise<GetPromptResult | Result | undefined>
  complete(params: CompleteRequestParams, call: Call): Promise<CompleteResult["completion"] | undefined>
  resources(call: Call): Promise<Resource[]>
  resourceTemplates(): ResourceTemplateType[]
  readResource(uri: string, call: Call): Promise<ReadResourceResult | undefined>
  task(id: string, call: Call): Promise<TaskDetails | undefined>
  /** False when there is no such task. */
  cancelTask(id: string, call: Call): Promise<boolean>
  /** Requests of the protocol beyond these, which the studio itself does not serve. */
  extend?(server: Server): void
  answerTask(id: string, responses: Record<string, unknown>, call: Call): Promise<boolean>
}

/** Who sends a request, as it rides through the SDK to the handler; `clientId` binds answers to the account. */
export function authInfoOf(caller: Caller, scopes: readonly string[] = ["*"]): AuthInfo {
  return { token: "", clientId: caller.accountId, scopes: [...scopes], extra: { caller } }
}

/** Undefined on stdio, where the connection itself says who it is. */
export function callerIn(authInfo: AuthInfo | undefined): Caller | undefined {
  return authInfo?.extra?.["caller"] as Caller | undefined // put there by authInfoOf alone
}
