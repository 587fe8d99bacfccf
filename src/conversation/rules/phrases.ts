import type { Call } from "#src/conversation/result.ts"
import { aimed, takesItem } from "#src/conversation/rules/focus.ts"
import type { Focus } from "#src/conversation/rules/focus.ts"
import { asking, carrying, doing, offer } from "#src/conversation/rules/plan.ts"
import type { Context, Plan } from "#src/conversation/rules/plan.ts"
import { spoken } from "#src/conversation/rules/wording.ts"
import { numberWord } from "#src/conversation/interpreter/numbers.ts"

const MAX_UNDO = 20
const THING = "(?:it|that|this|the (?:ring|piece|design|thing))"

/** Turns of speech whose whole meaning is in what went before. */
const SHOW = new RegExp(
  String.raw`^(?:(?:can|could|may) (?:i|we|you) )?(?:please )?(?:(?:show|display)(?: me| us)? ${THING}|(?:let me |let us |lets )?(?:see|look at) ${THING}|(?:how does|what does|whats) ${THING} look(?: like)?|(?:so )?(?:what have (?:we|i) got|where are we|whats the status|show (?:me )?what (?:we|i) have)(?: so far)?|(?:re)?render (?:${THING}|again))(?: again| now| please)*$`,
)
const BEFORE = new RegExp(
  String.raw`^(?:what did (?:i|we) have(?: before| earlier| previously)|what was ${THING}(?: like)? before|how (?:was|did) ${THING}(?: look)? before|show(?: me)? (?:the )?(?:previous|last|earlier) (?:version|revision|one)|(?:show(?: me)? )?what (?:i|we) had before)(?: that| please)*$`,
)
const BACK =
  /^(?:(?:hm|hmm|no|nah|nope|oops|please|ok) )*(?:go|change it|switch|take it|put it) back(?: to (?:the )?(?:previous|last|earlier) (?:one|version|revision|state)| to (?:what|how) it was(?: before)?| one(?: step| revision)?| a step)?(?: please)?$|^(?:revert|scratch|scrap|reverse)(?: that| it| the last (?:one|change|edit|thing))?$|^(?:go|step|back) (?:back )?one(?: step| revision)?$|^(?:revert|go back|return) to the (?:version|one|revision) before(?: that)?$|^(?:put|change|turn|make) (?:it|that) (?:back )?(?:to )?(?:how|the way|as|like|what) it was(?: before)?$|^(?:never mind|nevermind|nvm) (?:just )?(?:undo|go back)(?: that| it)?$/
const UNDO_MANY =
  /^(?:please )?(?:undo|go back) (?:it |that |this )?(?:(twice)|(?:the )?last (\w+)(?: (?:changes|edits|steps|things))?|(\w+) (?:times|steps|changes))(?: please)?$/
/** What the report of a thing answers: how heavy it is, and what the checks found. */
const REPORT = new RegExp(
  [
    `^how (?:heavy is ${THING}|much does ${THING} weigh)$`,
    "^what(?:s| is) (?:the|its) (?:weight|mass)$",
    `^what(?:s| does) ${THING} weigh$`,
    `^(?:(?:are|is) there )?(?:any )?(?:problems?|issues?|warnings?)(?: with ${THING})?$`,
    `^(?:is|will) ${THING} (?:be )?(?:castable|printable|wearable|strong enough|thick enough|ok|okay|safe)(?: to (?:cast|print|wear|make))?$`,
    `^can ${THING} be (?:cast|printed|made|worn)$`,
    `^check ${THING}$`,
    "^(?:(?:show|list)(?: me)? )?(?:the |its |all (?:the )?)?(?:history|versions|revisions|changes)$",
    "^(?:(?:send|give|show)(?: me)? )?(?:a |the |another )?(?:picture|image|photo|render(?:ing)?)(?: please)?$",
  ].join("|"),
)
const CHANGED =
  /^(?:so )?(?:what(?:s| is)? (?:changed|different)(?: now)?(?: (?:from|since|to) (?:before|the last (?:one|version)|last time))?|what did (?:you|we|i) (?:just )?change|compare (?:it |this )?(?:with|to) (?:the )?(?:previous|last) (?:version|one|revision))$/
const OTHER = /\bthe other (?:one|ring|piece|design)\b/
const BOTH = /\b(?:both(?: of (?:them|these))?|them both|the two of them|all of them)\b/
const AGAIN =
  /^(?:and |please )*(?:do (?:it|that) )?(?:again|once more|one more time|repeat(?: that| it)?|the same again)(?: please)?$/

export function readPhrase(sentence: string, context: Context): Plan | undefined {
  const { focus } = context
  if (!focus) return undefined
  const text = plain(sentence)
  const called = (tool: string, input: Record<string, unknown> = {}) => callOf(context, focus, tool, input)
  if (SHOW.test(text)) return called("show")
  if (REPORT.test(text)) return called("show")
  if (CHANGED.test(text)) return before(context, focus, "compare_with")
  if (BEFORE.test(text)) return before(context, focus)
  if (BACK.test(text)) return called("edit", { operations: [{ op: "undo" }] })
  const many = UNDO_MANY.exec(text)
  if (many) return undoMany(many, called)
  if (AGAIN.test(text)) return again(focus, context)
  if (OTHER.test(text)) return other(text, context, focus)
  return BOTH.test(text) ? both(text, context, focus) : undefined
}

/** Small letters without signs: what the patterns above are written in. */
export const plain = (sentence: string): string =>
  sentence
    .toLowerCase()
    .replaceAll(/['’]/g, "")
    .replaceAll(/[\s,.!?…]+/g, " ")
    .trim()

/** A call of the tool `<kind>_<verb>` on the thing in front, where there is such a tool and it takes this. */
function callOf(context: Context, focus: Focus, verb: string, input: Record<string, unknown>): Plan | undefined {
  const tool = context.tools.find((it) => it.name === `${focus.kind}_${verb}`)
  if (!tool || !takesItem(tool, focus.kind)) return undefined
  const call = aimed({ tool: tool.name, input }, context.tools, focus)
  return tool.input.strict().safeParse(call.input).success ? doing([call]) : undefined
}

function before(context: Context, focus: Focus, field = "revision"): Plan | undefined {
  const revision = focus.previousRevision ?? focus.revision - 1
  if (revision < 1) return asking(`Nothing: ${focus.name} is as it was made.`)
  return callOf(context, focus, "show", { [field]: revision })
}

function undoMany(
  [, twice, last, times]: RegExpExecArray,
  called: (tool: string, input: Record<string, unknown>) => Plan | undefined,
): Plan | undefined {
  const word = last ?? times ?? ""
  const count = twice
    ? 2
    : (numberWord(word) ??
      (/^\d+$/.test(word) ? Number(word) : last && /^(change|edit|step|thing|one)$/.test(word) ? 1 : 0))
  if (count < 1) return undefined
  if (count > MAX_UNDO) return asking(`At most ${MAX_UNDO} steps can be undone at once, not ${count}.`)
  return called("edit", { operations: Array.from({ length: count }, () => ({ op: "undo" })) })
}

/** Reading again and undoing again are safe; doing a change again is proposed. */
function again({ lastCall }: Focus, { tools }: Context): Plan {
  const tool = tools.find((it) => it.name === lastCall?.tool)
  if (!lastCall || !tool) return asking("There is nothing in this conversation yet that could be done again.")
  if (tool.effect === "reads" || isStep(lastCall)) return doing([lastCall])
  return asking(`Do this again: ${tool.title} (${inWords(lastCall)})?`, [offer("yes, again", lastCall)])
}

function isStep({ input }: Call): boolean {
  const operations: unknown = input["operations"]
  const step = Array.isArray(operations) && operations.length === 1 ? (operations[0] as { op?: unknown }) : undefined // only read below
  return step?.op === "undo" || step?.op === "redo"
}

const inWords = ({ input }: Call): string =>
  Object.entries(input)
    .map(([key, value]) => `${spoken(key)} ${typeof value === "object" ? JSON.stringify(value) : spoken(value)}`)
    .join(", ")

/** "The other one" alone brings it to the front; in an order it is what the order is for. */
function other(text: string, context: Context, focus: Focus): Plan | undefined {
  const { previousItemId } = focus
  if (previousItemId === undefined)
    return asking(`There is only ${focus.name} in this conversation. Say which other one by its name or id.`)
  const at = { ...context, focus: { ...focus, itemId: previousItemId } }
  const rest = text.replace(OTHER, "it").trim()
  if (/^(?:(?:now|and|show|show me|take|use|open|switch to|go to|back to) )*it(?: please)?$/.test(rest))
    return callOf(at, at.focus, "show", {})
  const reading = context.onItem.read(rest)
  if (reading.certain && reading.ignored.length === 0) return carrying(reading, at)
  const shown = callOf(at, at.focus, "show", {})?.stages[0]?.[0]
  return asking(
    "I did not read all of this about the other one. Take it to the front, then say what to change.",
    shown ? [offer("take the other one", shown)] : [],
  )
}

/** "Export both as STL": the same on both things of this conversation. What neither is can not be told from here. */
function both(text: string, context: Context, focus: Focus): Plan | undefined {
  const { previousItemId } = focus
  const reading = context.onItem.read(text.replace(BOTH, "it"))
  if (!reading.certain || reading.ignored.length > 0) return undefined
  if (previousItemId === undefined) return asking(`There is only ${focus.name} in this conversation.`)
  const ids = [focus.itemId, previousItemId]
  const calls = ids.flatMap((itemId) => carrying(reading, { ...context, focus: { ...focus, itemId } }).stages.flat())
  return doing(calls)
}
