import { isOneOf } from "#src/conversation/interpreter/finding.ts"
import { lex } from "#src/conversation/interpreter/lexer.ts"
import type { Token } from "#src/conversation/interpreter/lexer.ts"
import { FILLERS, NEGATIONS } from "#src/conversation/interpreter/words.ts"
import type { TurnChoice } from "#src/conversation/result.ts"
import { adjustmentIn } from "#src/conversation/rules/adjusting.ts"
import { editorOf } from "#src/conversation/rules/measures.ts"
import type { Editor, Measure } from "#src/conversation/rules/measures.ts"
import { findComparisons } from "#src/conversation/rules/comparisons.ts"
import type { Comparison } from "#src/conversation/rules/comparisons.ts"
import { asking, doing, offer } from "#src/conversation/rules/plan.ts"
import type { Context, Plan } from "#src/conversation/rules/plan.ts"
import { readSizeStep, stepMark } from "#src/conversation/rules/size-mark.ts"

/** What a word without a number comes to, as a share of the value now: "a bit wider", "wider", "much wider". */
const SHARE = { small: 0.1, plain: 0.2, large: 0.4 }
/** Steps that a rounded value moves in: tenths of a millimetre, twentieths of a carat. */
const STEP: Readonly<Record<string, number>> = { mm: 0.1, ct: 0.05 }
/** May stand around a relative word without adding anything. */
const AROUND = new Set("make made it this that them one ring piece design let try get do go now then".split(" "))

/** "It is thinner" tells how it is. */
const TELLING = new Set("is are was were it's its that's thats has had got gets became looks seems".split(" "))

interface Wish {
  field: string
  value: string | number
  note: string
}

/** "a bit wider", "0.5 mm thinner", "half a size up": reckoned from the values of the thing in front, and said in numbers. */
export function readRelative(sentence: string, context: Context): Plan | undefined {
  const { focus, tools } = context
  const editor = focus && editorOf(tools, focus)
  if (!editor || isDoubtful(sentence)) return undefined
  const step = readSizeStep(sentence)
  const text = step?.rest ?? sentence
  const tokens = lex(text)
  const adjusted = adjustmentIn(tokens, editor.measures)
  const { comparisons, consumed } = adjusted
    ? { comparisons: [adjusted], consumed: adjusted.places }
    : findComparisons(tokens, editor.measures, focus.parameters ?? {})
  if (comparisons.length === 0 && !step) return undefined
  const wishes: Wish[] = []
  if (step) {
    const size = editor.mark && stepMark(editor.mark.now, step.by)
    if (!editor.mark || size === undefined)
      return asking(`I cannot tell what "${step.said}" is from here. Say the size itself.`)
    wishes.push({ field: editor.mark.key, value: size, note: `${step.said}: size from ${editor.mark.now} to ${size}` })
  }
  for (const comparison of comparisons) {
    const wish = wishFor(comparison, editor)
    if ("stages" in wish) return wish
    if (wishes.some((it) => it.field === wish.field)) return undefined
    wishes.push(wish)
  }
  return withRest(wishes, restOf(tokens, consumed), editor, context)
}

/** Turned round, or a question about things rather than a wish. */
function isDoubtful(sentence: string): boolean {
  const tokens = lex(sentence)
  if (tokens.some((token) => isOneOf(NEGATIONS, token) || isOneOf(TELLING, token))) return true
  return sentence.includes("?") && !/^\W*(please|(can|could|would|will) (you|u|we)|let)\b/i.test(sentence)
}

function wishFor(comparison: Comparison, editor: Editor): Wish | Plan {
  const { said, fitting, change } = comparison
  const [measure] = fitting
  if (!measure || fitting.length > 1) return askWhich(comparison, editor)
  const value = moved(measure, change)
  const unit = measure.unit ? ` ${measure.unit}` : ""
  if (value === undefined || value === measure.now || value < measure.least || value > measure.most)
    return asking(`"${said}" leads nowhere: ${measure.label} is ${measure.now}${unit}, ${rangeOf(measure)} possible.`)
  return {
    field: measure.key,
    value,
    note: `${said}: ${measure.label} from ${measure.now} to ${value}${unit}`,
  }
}

function rangeOf({ allowed, least, most, unit }: Measure): string {
  if (allowed) return `${allowed.join(" or ")} are`
  return `${least} to ${most}${unit ? ` ${unit}` : ""} is`
}

/** The value after the change; undefined when there is none further that way. */
function moved(
  measure: Measure,
  { sign, amount, share, factor, degree, to }: Comparison["change"],
): number | undefined {
  const { now, allowed, unit } = measure
  if (allowed) {
    const beyond = allowed.filter((it) => (it - now) * sign > 0).sort((a, b) => (a - b) * sign)
    return amount === undefined ? beyond[0] : beyond.find((it) => it === now + sign * amount)
  }
  if (to !== undefined) return (to - now) * sign > 0 ? to : undefined
  if (amount !== undefined) return rounded(now + sign * amount, 0.01)
  if (factor !== undefined) return rounded(now * factor, 0.01)
  if (share !== undefined) return rounded(now * (1 + (sign * share) / 100), 0.01)
  const step = STEP[unit] ?? 0.01
  const by = Math.max(step, rounded(now * SHARE[degree], step))
  const value = rounded(now + sign * by, step)
  // A word without a number stops at the limit instead of failing there.
  return Math.min(measure.most, Math.max(measure.least, value))
}

const rounded = (value: number, step: number) => Number((Math.round(value / step) * step).toFixed(4))

function askWhich({ said, isOrder, fitting, change }: Comparison, editor: Editor): Plan {
  const candidates = fitting.length > 0 ? fitting : editor.measures.filter((it) => it.unit === "mm")
  const choices = candidates.flatMap((measure): TurnChoice[] => {
    const value = moved(measure, change)
    if (value === undefined || value === measure.now || value < measure.least || value > measure.most) return []
    const unit = measure.unit ? ` ${measure.unit}` : ""
    return [offer(`${measure.label} ${measure.now} → ${value}${unit}`, editor.set({ [measure.key]: value }))]
  })
  const size = fitting.length === 0 && editor.mark ? stepMark(editor.mark.now, change.sign) : undefined
  if (editor.mark && size !== undefined)
    choices.push(offer(`size ${editor.mark.now} → ${size}`, editor.set({ [editor.mark.key]: size })))
  return asking(isOrder ? `What does "${said}" change?` : `What should be ${said}?`, choices)
}

/** The words that no relative word took, without those that add nothing. */
function restOf(tokens: readonly Token[], consumed: ReadonlySet<number>): string {
  const left = tokens.filter((token, at) => !consumed.has(at) && token.raw !== "?")
  const hasContent = left.some((token) => token.kind !== "break" && !isOneOf(FILLERS, token) && !AROUND.has(token.word))
  if (!hasContent) return ""
  return left
    .map((token) => token.raw)
    .join(" ")
    .replace(/^(?:and|make|it|the|please|can you|could you|[,\s])+\b/i, "")
    .replace(/(?:\band|\bplease|[,\s.!])+$/i, "")
}

function withRest(wishes: readonly Wish[], rest: string, editor: Editor, context: Context): Plan {
  const fields = Object.fromEntries(wishes.map((it) => [it.field, it.value]))
  const notes = wishes.map((it) => it.note)
  if (rest === "") return doing([editor.set(fields)], { notes })
  const reading = context.onItem.read(`make it ${rest}`)
  const call = reading.calls[0]
  const more = call && reading.certain && reading.ignored.length === 0 ? editor.fieldsOf(call) : undefined
  if (more && Object.keys(more).every((key) => !(key in fields)))
    return doing([editor.set({ ...fields, ...more })], { notes })
  return asking(
    `I read ${notes.join("; ")}. I did not use "${rest}". Go on without?`,
    [{ value: "yes", label: "yes, as read", does: { yes: editor.set(fields) } }],
    { unused: [rest] },
  )
}
