import { ask, isFree, record, standsAt } from "#src/conversation/interpreter/finding.ts"
import type { Finding, Sheet } from "#src/conversation/interpreter/finding.ts"
import type { Phrase, Slot } from "#src/conversation/interpreter/grammar.ts"

interface Candidate {
  slot: Slot
  value: unknown
  label: string
  at: number
  length: number
  exact: boolean
  many: boolean
}

/** Everyday adjectives: the value of a field only when the field is named beside them ("high quality", not "high prongs"). */
const VAGUE = new Set(
  "high low standard medium normal small large big light dark full half fine custom auto default none other plain simple fast slow best good draft quick new old long short all any flat domed".split(
    " ",
  ),
)

/** Finds the values that schemas list: enum values, their aliases, and words that switch a flag on. Longest phrases win. */
export function findListed(sheet: Sheet, slots: readonly Slot[]): void {
  const candidates = slots.flatMap((slot) => candidatesOf(sheet, slot))
  candidates.sort((a, b) => b.length - a.length || Number(b.exact) - Number(a.exact) || a.at - b.at)
  for (const first of candidates) {
    const span = spanOf(first)
    if (!span.every((at) => isFree(sheet, at))) continue
    settle(
      sheet,
      candidates.filter((it) => it.at === first.at && it.length === first.length && it.exact === first.exact),
      span,
    )
  }
  for (const slot of slots) joinScattered(sheet, slot)
  for (const slot of slots) refuseSeveral(sheet, slot)
}

function candidatesOf(sheet: Sheet, slot: Slot): Candidate[] {
  const found: Candidate[] = []
  const look = (phrase: Phrase, value: unknown, label: string, many: boolean) => {
    for (let at = 0; at + phrase.length <= sheet.tokens.length; at++) {
      const match = standsAt(sheet.tokens, at, phrase)
      if (!match) continue
      const bare = phrase.length === 1 && (VAGUE.has(phrase[0]?.word ?? "") || phrase[0]?.kind === "number")
      if (bare && !isNamedBeside(sheet, slot, at)) continue
      found.push({ slot, value, label, at, length: phrase.length, exact: match === "exact", many })
    }
  }
  for (const form of slot.forms) {
    if (form.kind === "listed")
      for (const { value, phrases } of form.values)
        for (const phrase of phrases) look(phrase, value, String(value), form.many)
    if (form.kind === "flag") for (const phrase of form.phrases) look(phrase, true, "yes", false)
  }
  return found
}

function settle(sheet: Sheet, group: readonly Candidate[], span: readonly number[]): void {
  const first = group[0]
  if (!first) return
  const named = group.filter((it) => isNamedBeside(sheet, it.slot, it.at, it.length))
  const slots = new Set(group.map((it) => it.slot))
  const left = slots.size > 1 && named.length > 0 ? named : group
  const distinct = left.filter(
    (it, index) => left.findIndex((other) => other.slot === it.slot && other.value === it.value) === index,
  )
  const only = distinct.length === 1 ? distinct[0] : undefined
  if (only) {
    record(sheet, { slot: only.slot, value: only.value, tokens: span, cues: [] })
    return
  }
  const raw = rawOf(sheet, span)
  ask(sheet, span, {
    kind: "ambiguous",
    question: `"${raw}" can mean several things. Which one?`,
    field: first.slot.path.join("."),
    choices: distinct.map((it) => ({
      label: slots.size > 1 ? `${it.slot.label}: ${it.label}` : it.label,
      value: it.label,
      set: { path: it.slot.path, value: it.many ? [it.value] : it.value },
    })),
  })
}

function isNamedBeside(sheet: Sheet, slot: Slot, at: number, length = 1): boolean {
  return [at - 2, at - 1, at + length, at + length + 1].some((near) => {
    const token = sheet.tokens[near]
    return token !== undefined && slot.nameWords.has(token.word)
  })
}

/** "a rose gold ring, 18k": words of one value standing apart are one value if some phrase holds exactly these words. */
function joinScattered(sheet: Sheet, slot: Slot): void {
  const form = slot.forms.find((it) => it.kind === "listed")
  if (form?.kind !== "listed" || form.many) return
  const mine = sheet.findings.filter((it) => it.slot === slot)
  const vocabulary = new Set(form.values.flatMap((it) => it.phrases.flat().map((token) => token.word)))
  const free = sheet.tokens.flatMap((token, at) =>
    isFree(sheet, at) &&
    token.kind !== "break" &&
    vocabulary.has(token.word) &&
    (/\d/.test(token.word) || isWithItsKind(sheet, slot, at, vocabulary))
      ? [at]
      : [],
  )
  const places = [...mine.flatMap((it) => it.tokens), ...free]
  const words = new Set(places.map((at) => sheet.tokens[at]?.word ?? ""))
  if (mine.length + free.length < 2 || words.size < 2) return
  const fitting = form.values.filter((it) => it.phrases.some((phrase) => holdsExactly(phrase, words)))
  const only = fitting.length === 1 ? fitting[0] : undefined
  if (!only) return
  sheet.findings = sheet.findings.filter((it) => it.slot !== slot)
  record(sheet, { slot, value: only.value, tokens: places, cues: [] })
}

/**
 * "gold, rose, 18k": an adjective belongs to a value only right beside (or a comma away from) its other words. In "a pink
 * sapphire in gold" or "diamond, white" it tells something else.
 */
function isWithItsKind(sheet: Sheet, slot: Slot, at: number, vocabulary: ReadonlySet<string>): boolean {
  const next = sheet.taken.get(at + 1)
  if (next && next !== "asked" && next.slot !== slot) return false
  return [-1, 1].some((side) => {
    const near = sheet.tokens[at + side]?.raw === "," ? at + 2 * side : at + side
    return vocabulary.has(sheet.tokens[near]?.word ?? "")
  })
}

const holdsExactly = (phrase: Phrase, words: ReadonlySet<string>) =>
  phrase.length === words.size && phrase.every((token) => words.has(token.word))

/** Several values are welcome where the schema takes a list; elsewhere a person has to choose. */
function refuseSeveral(sheet: Sheet, slot: Slot): void {
  const mine = sheet.findings.filter((it) => it.slot === slot)
  if (mine.length < 2) return
  const form = slot.forms.find((it) => it.kind === "listed")
  mine.sort((a, b) => (a.tokens[0] ?? 0) - (b.tokens[0] ?? 0))
  const values = [...new Set(mine.map((it) => it.value))]
  sheet.findings = sheet.findings.filter((it) => it.slot !== slot)
  const tokens = mine.flatMap((it) => it.tokens)
  if (form?.kind === "listed" && form.many) record(sheet, { slot, value: values, tokens, cues: [] })
  else if (values.length === 1) record(sheet, { slot, value: values[0], tokens, cues: [] })
  else ask(sheet, tokens, conflictOf(sheet, slot, mine))
}

export function conflictOf(sheet: Sheet, slot: Slot, findings: readonly Finding[]) {
  const said = findings.map((it) => `"${rawOf(sheet, it.tokens)}"`).join(" and ")
  return {
    kind: "conflict" as const,
    question: `There are ${findings.length} values for ${slot.label}: ${said}. Which one?`,
    field: slot.path.join("."),
    choices: findings.map((it) => ({
      label: rawOf(sheet, it.tokens),
      value: String(it.value),
      set: { path: slot.path, value: it.value },
    })),
  }
}

export function rawOf(sheet: Sheet, tokens: readonly number[]): string {
  return tokens.map((at) => sheet.tokens[at]?.raw ?? "").join(" ")
}

const spanOf = (it: Candidate) => Array.from({ length: it.length }, (_, offset) => it.at + offset)

/** One finding of a list field holds the list itself. */
export function asList(findings: readonly Finding[]): Finding[] {
  return findings.map((it) => {
    const many = it.slot.forms.some((form) => form.kind === "listed" && form.many)
    return many && !Array.isArray(it.value) ? { ...it, value: [it.value] } : it
  })
}
