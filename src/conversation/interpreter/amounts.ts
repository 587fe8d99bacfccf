import { ask, isFree, isKin, isOfAnother, record, standsAt, valueAt } from "#src/conversation/interpreter/finding.ts"
import type { Finding, Sheet } from "#src/conversation/interpreter/finding.ts"
import type { Form, Slot } from "#src/conversation/interpreter/grammar.ts"
import { assign } from "#src/conversation/interpreter/assignment.ts"
import type { Option } from "#src/conversation/interpreter/assignment.ts"
import { conflictOf, rawOf } from "#src/conversation/interpreter/listed.ts"
import { areRelated, isFilled } from "#src/conversation/interpreter/texts.ts"
import type { Token } from "#src/conversation/interpreter/lexer.ts"
import { isFineness } from "#src/conversation/interpreter/units.ts"

/** Words that may stand between a number and the word that says what it counts. */
const GAP = new Set("of is at to a an the be about around approximately approx circa should as in it".split(" "))
const MAX_GAP = 4
/** More numbers than this in one sentence are left unread (and so reported). */
const MAX_NUMBERS = 8

/** How sure a link between number and field is. A cue in full beats a system beside it, a part of the name, a unit alone. */
const SCORE = { cue: 10, system: 8, part: 5, kin: 4, unit: 3, fit: 2, mark: 1 }
/** Words of measure: only beside one of them is a number without its unit taken for a measured field ("width 2", not "three stones"). */
const MEASURES_BEFORE = new Set(
  "width thickness diameter size length height depth weight carat ct radius shrinkage duration".split(" "),
)
const MEASURES_AFTER = new Set("wide thick long high deep".split(" "))
/** "2 mm band" is commoner than "band 2 mm". */
const AFTER = 0.5
/** A value of another field ("diamond") points less surely than a word made for it. */
const BORROWED = 1

interface Link extends Option<Slot> {
  value: unknown
}

/** Gives the numbers of the sentence to the fields they are meant for; asks where two readings are equally good. */
export function findAmounts(sheet: Sheet, slots: readonly Slot[]): void {
  const items = sheet.tokens
    .flatMap((token, at) => (token.kind === "number" && isFree(sheet, at) ? [at] : []))
    .slice(0, MAX_NUMBERS)
  const open = slots.filter((slot) => !isFilled(sheet, slot))
  const links = items.map((at) => open.flatMap((slot) => linksOf(sheet, slots, slot, at)))
  const { chosen, doubtful } = assign(links)
  for (const [index, at] of items.entries()) {
    const link = chosen[index]
    if (!link || doubtful.has(index)) continue
    if (isFinenessOrWeight(sheet, link.target, at)) askWhether(sheet, link, at)
    else take(sheet, link, at)
  }
  for (const [index, at] of items.entries()) {
    const own = links[index] ?? []
    if (!isFree(sheet, at)) continue
    const only = doubtful.has(index) ? onlyTarget(own) : undefined
    const others = only
      ? items.filter((_, other) => other !== index && doubtful.has(other) && onlyTarget(links[other] ?? []) === only)
      : []
    if (only && others.length > 0) refuseSame(sheet, only, [at, ...others], links, items)
    else if (doubtful.has(index)) askWhich(sheet, own, at)
    else if (!chosen[index]) refuseSecond(sheet, own, at)
  }
}

function take(sheet: Sheet, link: Link, at: number): void {
  record(sheet, { slot: link.target, value: link.value, tokens: [at], cues: link.cues })
  const problem = rangeProblem(link.target, link.value)
  if (!problem) return
  sheet.findings = sheet.findings.filter((it) => it.slot !== link.target)
  ask(sheet, [at], { kind: "range", question: problem, field: link.target.path.join("."), choices: [] })
}

/** "18 carat" is the weight of a stone only where the stone is named beside it; else it may be the fineness of gold. */
function isFinenessOrWeight(sheet: Sheet, slot: Slot, at: number): boolean {
  const token = sheet.tokens[at]
  if (token?.unit?.kind !== "carat" || !isFineness(token.value ?? 0)) return false
  return ![-1, 1].some((side) => {
    let near = at + side
    while (GAP.has(sheet.tokens[near]?.word ?? "")) near += side
    const value = valueAt(sheet, near)
    return (value && isKin(slot, value)) || slot.nameWords.has(sheet.tokens[near]?.word ?? "")
  })
}

function askWhether(sheet: Sheet, { target, value }: Link, at: number): void {
  const raw = rawOf(sheet, [at])
  ask(sheet, [at], {
    kind: "ambiguous",
    question: `Is "${raw}" the weight of the stone or the fineness of the gold ("${sheet.tokens[at]?.value}k gold")?`,
    field: target.path.join("."),
    choices: [{ label: `${target.label} ${String(value)}`, value: String(value), set: { path: target.path, value } }],
  })
}

function askWhich(sheet: Sheet, links: readonly Link[], at: number): void {
  const best = Math.max(...links.map((it) => it.score))
  const choices = links.filter(
    (it) => it.score >= best - 1 && !isFilled(sheet, it.target) && !rangeProblem(it.target, it.value),
  )
  ask(sheet, [at], {
    kind: "ambiguous",
    question: `What is "${rawOf(sheet, [at])}"?`,
    choices: choices.map((it) => ({
      label: it.target.label,
      value: it.target.path.join("."),
      set: { path: it.target.path, value: it.value },
    })),
  })
}

/** The one field all good links of a number lead to. */
function onlyTarget(links: readonly Link[]): Slot | undefined {
  const best = Math.max(...links.map((it) => it.score))
  const targets = new Set(links.filter((it) => it.score >= best - 1).map((it) => it.target))
  return targets.size === 1 ? [...targets][0] : undefined
}

/** Several numbers with equal right to one field: "size 7 size 8". */
function refuseSame(
  sheet: Sheet,
  slot: Slot,
  places: readonly number[],
  links: readonly Link[][],
  items: readonly number[],
): void {
  const findings = places.map((at) => {
    const link = links[items.indexOf(at)]?.find((it) => it.target === slot)
    return { slot, value: link?.value, tokens: [at], cues: link?.cues ?? [] }
  })
  for (const finding of findings) for (const at of finding.cues) sheet.used.add(at)
  const first = findings[0]
  if (first && findings.every((it) => it.value === first.value)) record(sheet, { ...first, tokens: places })
  else ask(sheet, places, conflictOf(sheet, slot, findings))
}

/** A number whose field already has another value is a contradiction; the same value said twice is not. */
function refuseSecond(sheet: Sheet, links: readonly Link[], at: number): void {
  const wanted = links.filter((it) => it.score >= SCORE.unit).sort((a, b) => b.score - a.score)[0]
  const first = wanted && sheet.findings.find((it) => it.slot === wanted.target)
  if (!wanted || !first) return
  if (first.value === wanted.value) {
    for (const token of [at, ...wanted.cues]) sheet.used.add(token)
    return
  }
  const second = { slot: wanted.target, value: wanted.value, tokens: [at], cues: wanted.cues }
  sheet.findings = sheet.findings.filter((it) => it !== first)
  ask(sheet, [at, ...first.tokens], conflictOf(sheet, wanted.target, [first, second]))
}

function linksOf(sheet: Sheet, slots: readonly Slot[], slot: Slot, at: number): Link[] {
  const token = sheet.tokens[at]
  if (!token) return []
  const found: Link[] = []
  for (const form of slot.forms) {
    const value = valueFor(form, token)
    if (value === undefined) continue
    const hasUnit = form.kind === "number" && token.unit !== undefined
    // A text that holds a unit ("17.3 mm") belongs to a mark such as a size only when a word says so.
    const isMark = form.kind === "text" && token.unit !== undefined
    const fit = isMark ? -SCORE.mark : hasUnit ? SCORE.fit : form.kind === "number" && form.unit ? -SCORE.fit : 0
    for (const side of [-1, 1] as const) {
      const link = look(sheet, slots, slot, at, side)
      const isBare = form.kind === "number" && form.unit !== undefined && !hasUnit
      if (isBare && !isMeasured(sheet, link, side) && !isPlainMeasure(sheet, slots, slot, token, link)) continue
      // A bare number needs more than a part of a field's name beside it.
      if (link && (hasUnit || link.score > SCORE.part))
        found.push({ target: slot, value, ...link, score: link.score + fit + (hasUnit && side > 0 ? AFTER : 0) })
    }
    if (hasUnit && found.length === 0) found.push({ target: slot, value, score: SCORE.unit, cues: [] })
  }
  return found
}

function isMeasured(sheet: Sheet, link: { cues: number[] } | undefined, side: -1 | 1): boolean {
  const measures = side < 0 ? MEASURES_BEFORE : MEASURES_AFTER
  return link?.cues.some((at) => measures.has(sheet.tokens[at]?.word ?? "")) ?? false
}

/**
 * "band 2.8": what has decimals is no count, so beside the full name of one measured field it is that measure, unless a field of
 * another unit goes by the name as well ("stone 1.5": carats or millimetres?) or the name is the value of another field.
 */
function isPlainMeasure(
  sheet: Sheet,
  slots: readonly Slot[],
  slot: Slot,
  token: Token,
  link: { score: number; cues: number[] } | undefined,
): boolean {
  if (!link || link.cues.length === 0 || token.value === undefined || Number.isInteger(token.value)) return false
  if (rangeProblem(slot, token.value) !== undefined) return false
  const words = link.cues.map((at) => sheet.tokens[at]?.word ?? "")
  if (link.cues.some((at) => sheet.taken.has(at))) return false
  const unit = unitNameOf(slot)
  return slots.every(
    (other) =>
      other === slot ||
      unitNameOf(other) === unit ||
      !words.some((word) => other.nameWords.has(word)) ||
      valueProblem(other, token),
  )
}

const unitNameOf = (slot: Slot): string | undefined => {
  const form = slot.forms.find((it) => it.kind === "number")
  return form?.kind === "number" ? form.unitName : undefined
}

/** The field could not hold this number in any case. */
const valueProblem = (slot: Slot, token: Token): boolean =>
  slot.forms.every((form) => {
    const value = valueFor(form, token)
    return value === undefined || rangeProblem(slot, value) !== undefined
  })

/** The number as this form holds it; undefined when it cannot be one of them. */
function valueFor(form: Form, token: Token): unknown {
  if (token.value === undefined) return undefined
  if (form.kind === "text") {
    if (form.shape !== "code") return undefined
    const texts = [token.raw, String(token.value)].filter((text) => form.schema.safeParse(text).success)
    // "US 7 1/2 ct" holds a weight; of all that is measured only lengths are written as marks ("17.3 mm").
    if (token.unit) return token.unit.kind === "length" && texts[0] === token.raw ? token.raw : undefined
    return /^[\d\s./½¼¾-]+$/.test(token.raw)
      ? texts[0]
      : (texts.find((text) => text === String(token.value)) ?? texts[0])
  }
  if (form.kind !== "number") return undefined
  if (token.unit && token.unit.kind !== form.unit?.kind) return undefined
  // "Prongs 1.2" measures the prongs; "5 prongs" is a wish for a number that there is not, and has to be answered.
  if (form.allowed?.every(Number.isInteger) && !Number.isInteger(token.value)) return undefined
  const value = token.unit && form.unit ? round((token.value * token.unit.factor) / form.unit.factor) : token.value
  return form.asText ? String(value) : value
}

/** Walks away from the number to the nearest word that says what it is. */
function look(
  sheet: Sheet,
  slots: readonly Slot[],
  slot: Slot,
  from: number,
  side: -1 | 1,
): { score: number; cues: number[] } | undefined {
  let system = false
  let part: { score: number; cues: number[] } | undefined
  for (let gap = 0, at = from + side; gap <= MAX_GAP; gap++, at += side) {
    const token = sheet.tokens[at]
    if (!token) break
    const cue = slot.cues.find(
      (phrase) => standsAt(sheet.tokens, side < 0 ? at - phrase.length + 1 : at, phrase) === "exact",
    )
    const isNamed = cue !== undefined || slot.nameWords.has(token.word)
    const beyond = pastOf(sheet, at + side * (cue?.length ?? 1), side)
    if (isNamed && isOfAnother(slot, valueAt(sheet, beyond), slots)) break
    if (cue) {
      const cues = cue.map((_, offset) => (side < 0 ? at - cue.length + 1 + offset : at + offset))
      const borrowed = cues.some((place) => sheet.taken.has(place)) ? BORROWED : 0
      return { score: SCORE.cue + 2 * (cue.length - 1) - gap / 2 - borrowed, cues }
    }
    const value = valueAt(sheet, at)
    const isSystem = value !== undefined && areRelated(slot, value.slot, slots)
    if (isSystem && !isMeasureOfAnother(slot, value, token, slots)) system = true
    // "diameter" in "inner diameter" is part of that system, not of another field's name.
    const isPart = slot.nameWords.has(token.word) && (value?.tokens.length ?? 0) < 2
    if (!part && isPart) part = { score: SCORE.part - gap / 2, cues: [] }
    if (!part && value && isKin(slot, value)) part = { score: SCORE.kin - gap / 2, cues: [] }
    const passable = GAP.has(token.word) || token.word === "=" || token.raw === ":" || value !== undefined
    if (!passable) break
  }
  if (system) return { score: SCORE.system, cues: [] }
  return part
}

/** "diameter" alone names a system of sizes and a measure of the stone as well: it settles neither. */
function isMeasureOfAnother(slot: Slot, value: Finding, { word }: Token, slots: readonly Slot[]): boolean {
  return value.tokens.length === 1 && slots.some((it) => it !== slot && it !== value.slot && it.nameWords.has(word))
}

/** Before a cue "of" is skipped: "a ruby of size 6". */
const pastOf = (sheet: Sheet, at: number, side: -1 | 1) => (side < 0 && sheet.tokens[at]?.word === "of" ? at - 1 : at)

export function rangeProblem(slot: Slot, value: unknown): string | undefined {
  const form = slot.forms.find((it) => it.kind === "number")
  if (form?.kind !== "number") return undefined
  const number = Number(value)
  if (Number.isNaN(number)) return undefined
  const unit = form.unitName ? ` ${form.unitName}` : ""
  if (form.allowed && !form.allowed.includes(number))
    return `${slot.label} cannot be ${number}${unit}: ${form.allowed.join(" or ")} ${form.allowed.length > 1 ? "are" : "is"} possible.`
  const { min, max, integer } = form.range
  if (number >= min && number <= max && (!integer || Number.isInteger(number))) return undefined
  const span = [
    Number.isFinite(min) && min > Number.MIN_SAFE_INTEGER ? `from ${min}` : "",
    Number.isFinite(max) && max < Number.MAX_SAFE_INTEGER ? `to ${max}` : "",
  ]
    .filter(Boolean)
    .join(" ")
  return `${slot.label} cannot be ${number}${unit}: ${integer ? "a whole number " : ""}${span}${unit} is possible.`
}

const round = (value: number) => Number(value.toPrecision(12))
