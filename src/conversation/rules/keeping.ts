import { editorOf } from "#src/conversation/rules/measures.ts"
import type { Editor } from "#src/conversation/rules/measures.ts"
import type { Context, Plan } from "#src/conversation/rules/plan.ts"
import { entryOf } from "#src/conversation/interpreter/compiled.ts"
import { slotsIn } from "#src/conversation/interpreter/grammar.ts"
import { spoken } from "#src/conversation/rules/wording.ts"
import { stem } from "#src/conversation/interpreter/words.ts"

const SAME = "(?: (?:as (?:it|they) (?:is|are|was|were)|as is|the same|alone|unchanged|like (?:this|that)))?"
const KEEP_FIRST = new RegExp(
  `^(?:keep|leave) (?:the |its |my )?([a-z ]+?)${SAME}(?:,| but| and|;|\\.)+ (?:(?:just|only|but|and) )*(\\S.+)$`,
  "i",
)
const KEEP_LAST = new RegExp(
  `^(.+?)(?:,| but| and)+ (?:keep|leave) (?:all )?(?:the |its |my )?([a-z ]+?)${SAME}[.!]*$`,
  "i",
)
const EVERYTHING = /^(?:everything|all|rest|others|it|everything else|all else|the rest)$/i

/**
 * "Keep the band but make the stone a ruby": what is kept is a promise about the order, so the order is carried out only where it
 * sets nothing of what is to stay.
 */
export function readKeeping(
  text: string,
  context: Context,
  read: (text: string, context: Context) => Plan | undefined,
): Plan | undefined {
  const { focus, tools } = context
  const first = KEEP_FIRST.exec(text)
  const last = first ? null : KEEP_LAST.exec(text)
  const [kept, order] = first ? [first[1], first[2]] : [last?.[2], last?.[1]]
  const editor = focus && editorOf(tools, focus)
  if (!editor || kept === undefined || order === undefined) return undefined
  const staying = keysCalled(kept, editor) ?? keysWorth(kept, focus.parameters ?? {})
  const plan = staying && read(order, context)
  const [call, ...more] = plan?.stages.flat() ?? []
  const fields = call && more.length === 0 ? editor.fieldsOf(call) : undefined
  if (!plan || !staying || !fields || Object.keys(fields).some((key) => staying.has(key))) return undefined
  return plan
}

/** "Keep it satin": the fields that have this value now. */
function keysWorth(
  value: string,
  parameters: Readonly<Record<string, string | number>>,
): ReadonlySet<string> | undefined {
  const said = value
    .trim()
    .toLowerCase()
    .replace(/^(?:it|this|that) /, "")
  const keys = Object.entries(parameters).flatMap(([key, now]) => (spoken(now) === said ? [key] : []))
  return keys.length > 0 ? new Set(keys) : undefined
}

/** The fields that go by this name; undefined when none does. */
function keysCalled(name: string, { tool }: Editor): ReadonlySet<string> | undefined {
  if (EVERYTHING.test(name.trim())) return new Set()
  const words = name.trim().split(/\s+/).map(stem)
  const slots = slotsIn(entryOf(tool).grammar).filter((slot) => {
    const own = slot.label.split(" ").map(stem)
    return words.every((word) => own.includes(word))
  })
  return slots.length > 0 ? new Set(slots.map((slot) => slot.path.at(-1) ?? "")) : undefined
}
