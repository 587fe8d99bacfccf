import type { Call, TurnChoice, TurnQuestion } from "#src/conversation/result.ts"
import type { Interpreter } from "#src/conversation/interpreter/interpret.ts"
import type { Reading } from "#src/conversation/interpreter/reading.ts"
import { aimed } from "#src/conversation/rules/focus.ts"
import type { Focus } from "#src/conversation/rules/focus.ts"
import { assumedIn } from "#src/conversation/rules/wording.ts"
import type { Tool } from "#src/tool.ts"

/** What command mode makes of one message. */
export interface Plan {
  /** Calls in order; the calls of one stage do not depend on each other. Empty when it asks or only says something. */
  stages: Call[][]
  question?: TurnQuestion
  /** Said before the question or instead of one. */
  say: string
  /** Remarks on how words with a range of meaning were taken: "a bit wider: band width from 2.2 to 2.4 mm". */
  notes: string[]
  /** What was said in fewer words than it takes: "metal 14k yellow gold for "gold"". */
  assumed: string[]
  /** Words that nothing uses, or that were passed over as talk. */
  unused: string[]
}

/** What reading in context may look at. */
export interface Context {
  tools: readonly Tool[]
  interpreter: Interpreter
  /** Reads with those tools only that work on what is in front. */
  onItem: Interpreter
  focus: Focus | undefined
}

/** Lists of its own each time: plans of several clauses are put together by adding to them. */
const none = (): Plan => ({ stages: [], say: "", notes: [], assumed: [], unused: [] })

export const doing = (calls: readonly Call[], rest: Partial<Plan> = {}): Plan => ({
  ...none(),
  ...rest,
  stages: calls.length > 0 ? [[...calls]] : [],
})

/** Carries out a reading that is certain, on the thing in front where it names none. */
export function carrying({ calls, ignored }: Reading, { tools, focus }: Context): Plan {
  return doing(
    calls.map(({ tool, input }) => aimed({ tool, input }, tools, focus)),
    { assumed: calls.flatMap(assumedIn), unused: ignored },
  )
}

export const saying = (say: string): Plan => ({ ...none(), say })

export function asking(text: string, choices: readonly TurnChoice[] = [], rest: Partial<Plan> = {}): Plan {
  return { ...none(), ...rest, question: { text, choices: [...choices] } }
}

/** A choice that carries out a call as it stands. */
export const offer = (label: string, call: Call): TurnChoice => ({ value: label, label, does: { call } })
