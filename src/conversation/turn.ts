import { carryOut } from "#src/conversation/carry-out.ts"
import type { CarryOutOptions, Outcome } from "#src/conversation/carry-out.ts"
import { createInterpreter } from "#src/conversation/interpreter/interpret.ts"
import type { Reading } from "#src/conversation/interpreter/reading.ts"
import type { Call, TurnQuestion, TurnResult } from "#src/conversation/result.ts"
import { assumedIn, defaultsOf, echoOf, footerOf } from "#src/conversation/rules/wording.ts"

export interface TurnRequest extends CarryOutOptions {
  /** What the person said. */
  text: string
  /** Names of files that came along. */
  files?: readonly string[]
  /** The person agrees to how the sentence is read, in spite of unused words. */
  yes?: boolean
}

/** Asks that a plain yes settles: the reading is complete, it only leaves something out or destroys something. */
const SETTLED_BY_YES = new Set<string>(["unused", "destroys"])

/** One turn without a language model: read the sentence, carry it out or ask, wait for the result. */
export async function runTurn(request: TurnRequest): Promise<TurnResult> {
  const tools = request.registry.visible(request.studio.caller.role)
  const reading = createInterpreter(tools).read(request.text)
  const leftOut = (request.files ?? []).map((name) => `file ${name}`)
  const unused = [...reading.unused, ...reading.ignored, ...leftOut]
  const call = reading.calls[0]
  const agreed = request.yes === true && reading.asks.every((ask) => SETTLED_BY_YES.has(ask.kind))
  const isReady = call && (agreed || (reading.certain && leftOut.length === 0))
  if (!isReady) return close(asked(reading, leftOut), unused)
  const outcome = await carryOut({ tool: call.tool, input: call.input }, request)
  return close(outcome, unused, [...assumedIn(call), ...defaultsOf(tools, outcome.call ? [outcome.call] : [])])
}

/** Carries out what a person chose as an answer to a question of an earlier turn. */
export async function runChosen(call: Call, request: CarryOutOptions): Promise<TurnResult> {
  const outcome = await carryOut(call, request)
  return close(outcome, [], defaultsOf(request.registry.visible(request.studio.caller.role), [call]))
}

function close(outcome: Outcome, unused: readonly string[], defaults: readonly string[] = []): TurnResult {
  const footer = footerOf(unused, outcome.outcome === "done" ? defaults : [])
  return { ...outcome, say: `${outcome.say}\n${footer}`, unused: [...unused], footer }
}

/** Says how the sentence was read and what is open; a single open question brings its choices. */
function asked(reading: Reading, leftOut: readonly string[]): Outcome {
  const call = reading.calls[0]
  const questions = reading.asks.map((ask) => ask.question)
  if (leftOut.length > 0) questions.push("No command here takes a file. Leave it out, or go on without it?")
  const only = reading.asks.length === 1 && leftOut.length === 0 ? reading.asks[0] : undefined
  const choices = only?.choices ?? (reading.asks.length === 0 && call ? [yesTo(call)] : commonYes(reading))
  const text = [
    ...questions,
    ...(choices.length === 0 && reading.asks.length > 1 ? ["Please say it again with that settled."] : []),
  ].join(" ")
  const question: TurnQuestion = {
    text,
    ...(only?.field === undefined ? {} : { field: only.field }),
    choices: [...choices],
  }
  return {
    outcome: "asked",
    say: [echoOf(call), text].filter(Boolean).join("\n"),
    data: {},
    artifacts: [],
    next: [],
    ...(call ? { call: { tool: call.tool, input: call.input } } : {}),
    question,
  }
}

const yesTo = (call: Call) => ({
  value: "yes",
  label: "yes, as read",
  does: { yes: { tool: call.tool, input: call.input } },
})

/** Several doubts that one yes settles together. */
function commonYes(reading: Reading): TurnQuestion["choices"] {
  const call = reading.calls[0]
  const isSettled = reading.asks.every((ask) => SETTLED_BY_YES.has(ask.kind) && ask.choices.length > 0)
  return call && isSettled ? [yesTo(call)] : []
}
