import { randomBytes } from "node:crypto"
import {
  createRequestStateCodec,
  inputRequired,
  inputResponse,
  type InputRequiredResult,
  type RequestStateCodec,
  type ServerContext,
} from "@modelcontextprotocol/server"
import type { Question } from "#src/errors.ts"
import type { Call } from "#src/platform/mcp/offer.ts"

/** What travels with the client between two rounds of one call: the answers so far and the field asked for now. */
interface Asked {
  given: [field: string, value: unknown][]
  asking: string
}

const ANSWER = "answer"
/** More rounds than this in one call is a tool that asks in circles. */
const MAX_ROUNDS = 8
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"])

/**
 * Signs what a client has to bring back, bound to method and account, for an hour. Its key lives as long as the process: a
 * client that comes back after a restart is asked again.
 */
export function createSeal(): RequestStateCodec {
  return createRequestStateCodec({
    key: randomBytes(32),
    ttlSeconds: 3_600,
    bind: (context) => `${context.mcpReq.method} ${context.http?.authInfo?.clientId ?? ""}`,
  })
}

/** Whether this client can show a form to its person. */
export function canAsk({ client }: Call): boolean {
  const elicitation = client.elicitation
  return elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined)
}

/** The tool input with what the person answered in earlier rounds put in place; `declined` when they would not answer. */
export function withAnswers(
  input: Record<string, unknown>,
  context: ServerContext,
): { input: Record<string, unknown>; given: Asked["given"]; declined: boolean } {
  const asked = context.mcpReq.requestState<Asked>()
  if (!asked || !Array.isArray(asked.given)) return { input, given: [], declined: false }
  const response = inputResponse(context.mcpReq.inputResponses, ANSWER)
  const given = [...asked.given]
  if (response.kind === "elicit" && response.action === "accept") given.push([asked.asking, response.content?.[ANSWER]])
  const filled = structuredClone(input)
  for (const [field, value] of given) put(filled, field, value)
  return { input: filled, given, declined: response.kind === "elicit" && response.action !== "accept" }
}

/** Asks the person behind the client; undefined when this call has asked often enough. */
export async function ask(
  question: Question,
  given: Asked["given"],
  call: Call,
  seal: RequestStateCodec,
): Promise<InputRequiredResult | undefined> {
  if (given.length >= MAX_ROUNDS) return undefined
  const state: Asked = { given, asking: question.field }
  return inputRequired({
    inputRequests: {
      [ANSWER]: inputRequired.elicit({
        message: question.question,
        requestedSchema: { type: "object", properties: { [ANSWER]: answerField(question, call) }, required: [ANSWER] },
      }),
    },
    requestState: await seal.mint(state, call.context),
  })
}

/** Titles of choices are `oneOf` today and were `enumNames` before 2025-11-25. */
function answerField({ choices }: Question, { era }: Call) {
  const field = { type: "string" as const, title: "Answer" }
  if (choices.length === 0) return field
  if (era === "modern") return { ...field, oneOf: choices.map(({ value, label }) => ({ const: value, title: label })) }
  return { ...field, enum: choices.map(({ value }) => value), enumNames: choices.map(({ label }) => label) }
}

/** Sets `path` ("size_system", "operations.0.size") in `target`, making objects on the way. */
function put(target: Record<string, unknown>, path: string, value: unknown): void {
  const steps = path.split(".")
  const last = steps.pop()
  if (last === undefined || [...steps, last].some((step) => FORBIDDEN.has(step))) return
  let at = target
  for (const step of steps) {
    const next = at[step]
    if (typeof next === "object" && next !== null) at = next as Record<string, unknown> // arrays take index keys as well
    else at = at[step] = {}
  }
  at[last] = value
}
