import type { Reading } from "#src/conversation/interpreter/reading.ts"
import type { Call, TurnChoice } from "#src/conversation/result.ts"
import { aimed } from "#src/conversation/rules/focus.ts"
import { asking, offer } from "#src/conversation/rules/plan.ts"
import type { Context, Plan } from "#src/conversation/rules/plan.ts"
import { echoOf } from "#src/conversation/rules/wording.ts"

/** "Go on without?" is no question of its own beside another one. */
const YES_PART = /\s*Go on w[^.?]*\?$/

/**
 * The one question of several that a yes does not settle. Its choices can be put: what is not used is named beside it, so whoever
 * presses one has read that.
 */
function decisiveOf(asks: Reading["asks"]): Reading["asks"][number] | undefined {
  if (asks.some((it) => it.kind === "destroys" || it.kind === "negation")) return undefined
  const [only, ...more] = asks.filter((it) => !SETTLED_BY_YES.has(it.kind))
  return more.length === 0 && (only?.choices.length ?? 0) > 0 ? only : undefined
}

/** Asks that a plain yes settles: the reading is complete, it only leaves something out or destroys something. */
const SETTLED_BY_YES = new Set<string>(["unused", "destroys"])

/** "gold or platinum": the "or" is what the question is about, not a word left over. */
function openAsks({ asks, unused }: Reading): Reading["asks"] {
  const isAbout = asks.some((it) => it.kind === "conflict") && unused.every((it) => /^(?:or|either|and)$/i.test(it))
  return isAbout ? asks.filter((it) => it.kind !== "unused") : asks
}

/** How the sentence was read, what is open, and choices that settle it. */
export function doubted(reading: Reading, { tools, focus }: Context): Plan {
  const call = reading.calls[0]
  const aim = ({ tool, input }: Call) => aimed({ tool, input }, tools, focus)
  const aimedChoice = (choice: TurnChoice): TurnChoice => {
    const { does } = choice
    if ("call" in does) return { ...choice, does: { call: aim(does.call) } }
    return "yes" in does ? { ...choice, does: { yes: aim(does.yes) } } : choice
  }
  if (reading.certain && call)
    return asking("I am not sure that this is meant. Do it?", [offer("yes, as read", aim(call))], {
      say: echoOf(call),
      unused: reading.ignored,
    })
  const asks = openAsks(reading)
  const isSettled = asks.length > 1 && asks.every((it) => SETTLED_BY_YES.has(it.kind) && it.choices.length > 0)
  const decisive = decisiveOf(asks)
  const [only, ...more] = decisive ? [decisive] : asks
  const yes: TurnChoice[] =
    call && isSettled
      ? [{ value: "yes", label: "yes, as read", does: { yes: { tool: call.tool, input: call.input } } }]
      : []
  const choices = (only && more.length === 0 ? only.choices : yes).map(aimedChoice)
  const text = [
    ...asks.map((it) => (decisive && it !== decisive ? it.question.replace(YES_PART, "") : it.question)),
    ...(choices.length === 0 && more.length > 0 ? ["Please say it again with that settled."] : []),
  ].join(" ")
  const field = more.length === 0 ? only?.field : undefined
  return {
    ...asking(text, choices, { say: echoOf(call), unused: [...reading.unused, ...reading.ignored] }),
    question: { text, choices, ...(field === undefined ? {} : { field }) },
  }
}
