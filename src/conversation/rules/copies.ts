import type { z } from "zod"
import { peel } from "#src/conversation/interpreter/schema.ts"
import type { Reading } from "#src/conversation/interpreter/reading.ts"
import type { Call } from "#src/conversation/result.ts"
import type { Focus } from "#src/conversation/rules/focus.ts"
import { editorOf } from "#src/conversation/rules/measures.ts"
import { asking, doing, offer } from "#src/conversation/rules/plan.ts"
import type { Context, Plan } from "#src/conversation/rules/plan.ts"
import { assumedIn } from "#src/conversation/rules/wording.ts"

const OPENING = String.raw`^(?:and |now |ok |then |please |also )*(?:(?:can|could) (?:you|we|i|u) )?(?:i d like |id like |i want |make |do |create |give me |get |have )?(?:me |us )?`
const ANOTHER = new RegExp(
  `${OPENING}(?:another one|one more|another(?= in | with )|a second one|a copy(?: of (?:it|this|that))?|a duplicate|another(?= (?:just |exactly )?like )|(?:the )?same(?: (?:ring|one|thing|design))? again)\\b`,
  "i",
)
const SAME = new RegExp(`${OPENING}(?:the |it )?same(?: (?:ring|one|thing|design))?\\b`, "i")
const ONE_TOO = new RegExp(`${OPENING}one(?= in | with )`, "i")
/** "Another ring in platinum" may be like the one in front or not. */
const THING = new RegExp(`${OPENING}another (?!one\\b)(?=\\p{L}+ (?:in|with|of)\\b)`, "iu")
const TOO = /[\s,]*\b(?:too|as well|also|in addition)\b/i
const LINKS = /^[\s,]*(?:(?:just |exactly )?like (?:it|this|that)\b)?[\s,]*(?:but|just|only|and|however)?[\s,]*/i

/**
 * "The same in platinum as well", "another one with a ruby": a new design with the parameters of the one in front and the
 * change. "Same in platinum" without such a word changes the one in front, since nothing is lost by that.
 */
export function readCopy(sentence: string, context: Context): Plan | undefined {
  const { focus, interpreter } = context
  const text = sentence
    .replaceAll(/['’]/g, " ")
    .replace(/[\s.!?]+$/, "")
    .replace(/[\s,]*\b(?:please|pls)$/i, "")
    .trim()
  const hasToo = TOO.test(text)
  const lead = ANOTHER.exec(text) ?? SAME.exec(text) ?? (hasToo ? ONE_TOO.exec(text) : null)
  if (focus && THING.test(text)) return askLikeness(text, context, focus, interpreter.read(sentence))
  if (!focus || !lead) return undefined
  const isCopy = hasToo || ANOTHER.test(text)
  const rest = text.slice(lead[0].length).replace(TOO, "").replace(LINKS, "").trim()
  const changes = rest === "" ? { fields: {}, assumed: [] } : changesIn(rest, context, focus)
  if (!changes) return undefined
  const { fields, assumed } = changes
  const copied = copyCall(context, focus, fields)
  if (!isCopy) {
    if (rest === "") return asking("The same as it is? Say what should be different.")
    const editor = editorOf(context.tools, focus)
    return (
      editor &&
      doing([editor.set(fields)], { assumed, notes: ['Changed in place; say "as well" to get a second one.'] })
    )
  }
  if (!copied) return undefined
  if (rest === "" && !/\b(?:copy|duplicate)\b/i.test(lead[0]))
    return asking("What should be different about it?", [offer("nothing: an exact copy", copied)])
  return doing([copied], { assumed, notes: [`A new one like ${focus.name}${rest === "" ? "" : `, but ${rest}`}.`] })
}

function askLikeness(text: string, context: Context, focus: Focus, fresh: Reading): Plan | undefined {
  const rest = text
    .replace(THING, "")
    .replace(/^\p{L}+\s+/u, "")
    .replace(TOO, "")
  const changes = changesIn(rest, context, focus)
  const like = changes && copyCall(context, focus, changes.fields)
  const call = fresh.calls[0]
  if (!like || !call || !fresh.certain) return undefined
  return asking(`Like ${focus.name}, or a new one?`, [
    offer("like the one in front", like),
    offer("a new one", { tool: call.tool, input: call.input }),
  ])
}

/** What the words after "the same" change; undefined when they are not understood completely. */
function changesIn(
  rest: string,
  context: Context,
  focus: Focus,
): { fields: Record<string, unknown>; assumed: string[] } | undefined {
  const editor = editorOf(context.tools, focus)
  for (const words of [`make it ${rest}`, rest]) {
    const reading = context.onItem.read(words)
    const call = reading.calls[0]
    const fields = call && reading.certain && reading.ignored.length === 0 ? editor?.fieldsOf(call) : undefined
    if (call && fields) return { fields, assumed: assumedIn(call) }
  }
  return undefined
}

/** The call that makes what is in front once more, with changes. */
function copyCall({ tools }: Context, focus: Focus, changes: Record<string, unknown>): Call | undefined {
  const tool = tools.find((it) => it.name === `${focus.kind}_create`)
  if (!tool || !focus.parameters) return undefined
  const shape = tool.input.shape as Record<string, z.ZodType> // an object's shape holds zod schemas
  const own = Object.entries(focus.parameters).filter(([key]) => Object.hasOwn(shape, key))
  const excluded = new Set(Object.keys(changes).flatMap((key) => rivalsOf(key, shape)))
  // Of two that say the same of the thing, the one that the other does not follow from stays.
  for (const [key] of own)
    if (excludesOf(key, shape).some((it) => own.some(([other]) => other === it))) excluded.add(key)
  const kept = own.filter(([key]) => !excluded.has(key))
  const input = { ...Object.fromEntries(kept), ...changes }
  return tool.input.strict().safeParse(input).success ? { tool: tool.name, input } : undefined
}

/** Fields that must not be given together with this one. */
const excludesOf = (key: string, shape: Record<string, z.ZodType>): readonly string[] =>
  shape[key] ? (peel(shape[key]).hints.excludes ?? []) : []

const rivalsOf = (key: string, shape: Record<string, z.ZodType>): string[] => [
  ...excludesOf(key, shape),
  ...Object.keys(shape).filter((name) => excludesOf(name, shape).includes(key)),
]
