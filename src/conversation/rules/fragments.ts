import { lex } from "#src/conversation/interpreter/lexer.ts"
import { carrying, doing } from "#src/conversation/rules/plan.ts"
import type { Context, Plan } from "#src/conversation/rules/plan.ts"
import { wished } from "#src/conversation/rules/tidy.ts"

const MAX_PARTS = 4
/** A sentence with one of these states, asks or compares; it is no order cut short. */
const STATING = new Set(
  `is are am was were be been has have had having would should could might may must do does did will if when because
   think thought believe hope say said wrote told heard i we he she they who what why where which whether how my your his her
   our their one another new than maybe perhaps about either or that's thats it's its there's keep leave stay
   both all each every`.split(/\s+/),
)

/** "From platinum", and not to what: the value is what it is not to be any more. */
export const isAway = (text: string): boolean => /\bfrom\b(?!.*\b(?:to|into|for)\b)/i.test(text)

/** "rose gold", "and as STL", "size 8 instead": an order cut short, completed from what is in front. */
export function readFragment(sentence: string, context: Context): Plan | undefined {
  if (!context.focus) return undefined
  const text = wished(sentence)
  if (
    text === "" ||
    text.includes("?") ||
    isAway(text) ||
    lex(text).some((token) => STATING.has(token.raw.toLowerCase()))
  )
    return undefined
  return completed(text, context) ?? severalFiles(text, context)
}

/** The first completion that is understood as a whole. */
function completed(text: string, context: Context): Plan | undefined {
  for (const words of [text, `make it ${text}`, `export ${text}`]) {
    const reading = context.onItem.read(words)
    if (reading.certain && reading.ignored.length === 0) return carrying(reading, context)
  }
  return undefined
}

/** "the stl and the 3mf": several calls, where each part alone only reads. */
function severalFiles(text: string, context: Context): Plan | undefined {
  const parts = text.split(/\s*,\s*(?:and\s+)?|\s+and\s+/i)
  if (parts.length < 2 || parts.length > MAX_PARTS) return undefined
  const plans = parts.map((part) => completed(part, context))
  const calls = plans.flatMap((plan) => plan?.stages.flat() ?? [])
  const isReading = calls.every((call) => context.tools.some((it) => it.name === call.tool && it.effect === "reads"))
  return isReading && plans.every((plan) => plan !== undefined) ? doing(calls) : undefined
}
