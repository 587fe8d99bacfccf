import { randomUUID } from "node:crypto"
import type { CallToolResult, RequestStateCodec, Result } from "@modelcontextprotocol/server"
import { BackendError, explain, Question, UserError } from "#src/errors.ts"
import type { Call } from "#src/platform/mcp/offer.ts"
import { progressTo } from "#src/platform/mcp/progress.ts"
import { ask, canAsk, withAnswers } from "#src/platform/mcp/question.ts"
import { explained, failure, toolResult } from "#src/platform/mcp/result.ts"
import { speaksTasks, taskHandle } from "#src/platform/mcp/tasks.ts"
import type { McpParts } from "#src/platform/mcp/studio-offer.ts"
import { isTrace } from "#src/platform/trace.ts"
import type { Studio } from "#src/studio.ts"
import type { Reply, Tool } from "#src/tool.ts"
import type { Registry } from "#tools/registry.ts"

interface CallParts extends Pick<McpParts, "studioFor" | "log"> {
  registry: Registry
  seal: RequestStateCodec
}

const MAX_KEY = 200

/** Runs a tool for a client: a result, a form to fill in, or a task handle; a failure in words, never a stack. */
export async function callTool(
  tool: Tool,
  given: Record<string, unknown>,
  call: Call,
  parts: CallParts,
): Promise<Result> {
  const { context, caller } = call
  const answers = withAnswers(given, context)
  const idempotencyKey = keyOf(context.mcpReq._meta)
  const trace = context.mcpReq._meta?.["traceparent"]
  try {
    const studio = await parts.studioFor({
      caller,
      signal: context.mcpReq.signal,
      progress: progressTo(context),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(isTrace(trace) && { trace }),
    })
    const reply = await parts.registry.callTool(tool.name, answers.input, studio)
    return handleInstead(reply, call, studio) ?? (await toolResult(reply, studio.artifacts))
  } catch (error) {
    if (error instanceof Question && canAsk(call) && !answers.declined)
      return (await ask(error, answers.given, call, parts.seal)) ?? failure(error)
    return refuse(error, tool, call, parts)
  }
}

/** Clients of the Tasks extension follow unfinished work by themselves. */
function handleInstead({ job }: Reply, call: Call, studio: Studio): Result | undefined {
  if (!job || (job.state !== "waiting" && job.state !== "running") || !speaksTasks(call)) return undefined
  const view = studio.jobs.get(studio.caller.accountId, job.id)
  return view && taskHandle(view)
}

/** Known errors go to the person as they are; a bug goes to the log, and only its reference to the person. */
function refuse(error: unknown, tool: Tool, { context, caller }: Call, { log }: CallParts): CallToolResult {
  if (error instanceof UserError || error instanceof Question || context.mcpReq.signal.aborted) return failure(error)
  const reference = randomUUID().slice(0, 8)
  const traceparent = context.mcpReq._meta?.["traceparent"]
  const facts = { err: error, tool: tool.name, accountId: caller.accountId, reference, traceparent }
  if (error instanceof BackendError) log.warn(facts, "a back end failed during a tool call")
  else log.error(facts, "a tool call broke")
  return explained(explain(error, reference))
}

/** The same key sent twice by one account is one piece of work. */
function keyOf(meta: Record<string, unknown> | undefined): string | undefined {
  const key = meta?.["atelier/idempotencyKey"]
  if (key === undefined) return undefined
  if (typeof key === "string" && key.length > 0 && key.length <= MAX_KEY) return key
  return undefined
}
