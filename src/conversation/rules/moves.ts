import { readNumber } from "#src/conversation/interpreter/numbers.ts"
import { editorOf } from "#src/conversation/rules/measures.ts"
import type { Focus } from "#src/conversation/rules/focus.ts"
import type { Context, Plan } from "#src/conversation/rules/plan.ts"
import { spoken } from "#src/conversation/rules/wording.ts"

type Read = (text: string, context: Context) => Plan | undefined
type Value = string | number

const FROM = /\bfrom (?:an? |the |size )?([\w.,½¼¾ ]{1,40}?)\s*(mm|ct|carats?)? (?:up |down )?to (?=\S)/i
const OPENING_VERB = /^(?:(?:change|go|switch|swap|move|take|turn|resize)(?: (?:it|this|that))? )?$/i
const TOWARDS =
  /^(?:take|bring|drop|go|move|get|push|cut|bump|size|open) (?:(?:it|this|that|her|the ring) |(the [a-z]+(?: (?!up\b|down\b|to\b)[a-z]+)?) )?(?:(up|down) )?to (?:an? |about )?(\S.*)$/i
/** "Stone down to 6 mm". */
const BARE = /^(?:the )?((?!go\b|size\b|it\b)[a-z]+(?: [a-z]+)?) (up|down) to (\S.*)$/i
const BACK = /^(?:(?:go|change(?: it)?|switch(?: it)?|put it|turn it|take it|bring it) )?back to (?:the |an? )?(\S.*)$/i

/**
 * "From 2.2 to 2.6 mm", "drop it to a US 6", "back to satin": orders that also say where it is now, or which way it goes. They are
 * carried out only where that is true of the thing in front.
 */
export function readMove(text: string, context: Context, read: Read): Plan | undefined {
  if (!context.focus?.parameters) return undefined
  return readFrom(text, context, read) ?? readTowards(text, context, read) ?? readBack(text, context, read)
}

function readFrom(text: string, context: Context, read: Read): Plan | undefined {
  const match = FROM.exec(text)
  const from = match?.[1]?.trim().toLowerCase()
  if (!match || from === undefined) return undefined
  const before = text.slice(0, match.index)
  const after = text.slice(match.index + match[0].length)
  const keys = Object.entries(context.focus?.parameters ?? {})
    .filter(([, now]) => isSaid(now, from))
    .map(([key]) => key)
  const [only, ...more] = keys
  if (only === undefined) return undefined
  const isBare = OPENING_VERB.test(before)
  if (isBare && more.length > 0) return undefined
  const plan = read(isBare ? `change the ${nameOf(only)} to ${after}` : `${before}to ${after}`, context)
  const fields = plan && fieldsOf(plan, context)
  return fields && Object.keys(fields).some((key) => keys.includes(key)) ? plan : undefined
}

const nameOf = (key: string): string => spoken(key.replace(/_mm$/, ""))

/** "Gold" of 14k yellow gold, "7" of US 7, "2.2" of 2.2. */
function isSaid(now: Value, said: string): boolean {
  if (typeof now === "number") return readNumber(said)?.length === said.length && readNumber(said)?.value === now
  const words = spoken(now).toLowerCase()
  return words === said || words.endsWith(` ${said}`)
}

function readTowards(text: string, context: Context, read: Read): Plan | undefined {
  const match = TOWARDS.exec(text) ?? BARE.exec(text)
  const [, noun = "it", said, target] = match ?? []
  if (target === undefined) return undefined
  const way = said?.toLowerCase() ?? (/^drop|^cut/i.test(text) ? "down" : /^bump|^open/i.test(text) ? "up" : undefined)
  const plan = read(`make ${noun === "it" || /^the /i.test(noun) ? noun : `the ${noun}`} ${target}`, context)
  const fields = plan && fieldsOf(plan, context)
  if (!fields || !context.focus) return undefined
  const { focus } = context
  return way === undefined || Object.entries(fields).every(([key, to]) => goes(way, key, to, focus)) ? plan : undefined
}

/** The field goes that way, or is none that has a way to go; a size is compared within its own system only. */
function goes(way: string, key: string, to: unknown, { parameters }: Focus): boolean {
  const now = parameters?.[key]
  const numbers = [now, to].map((it) => (typeof it === "number" ? it : numberIn(it)))
  const [from, target] = numbers
  if (key.endsWith("_system"))
    return String(now ?? parameters?.["size"] ?? "")
      .toLowerCase()
      .startsWith(String(to))
  if (from === undefined || target === undefined) return false
  return way === "up" ? target > from : target < from
}

/** 7.5 of "US 7.5" and of "7.5", 18 of "18k_white_gold". */
function numberIn(value: unknown): number | undefined {
  const found = typeof value === "string" ? /\d.*/.exec(value)?.[0] : undefined
  return found === undefined ? undefined : readNumber(found)?.value
}

/** What it was before is known only where the value is said in full: "back to gold" may have been any gold. */
function readBack(text: string, context: Context, read: Read): Plan | undefined {
  const said = BACK.exec(text)?.[1]
  const plan = said === undefined ? undefined : read(`make it ${said}`, context)
  return plan && plan.assumed.length === 0 && fieldsOf(plan, context) ? plan : undefined
}

/** The fields that the plan sets, when that is all it does. */
function fieldsOf(plan: Plan, { focus, tools }: Context): Record<string, unknown> | undefined {
  const [call, ...more] = plan.stages.flat()
  return call && more.length === 0 && focus ? editorOf(tools, focus)?.fieldsOf(call) : undefined
}
