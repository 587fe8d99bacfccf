import type { Token } from "#src/conversation/interpreter/lexer.ts"
import type { Phrase, Slot } from "#src/conversation/interpreter/grammar.ts"
import { CODE_LIKE } from "#src/conversation/interpreter/words.ts"

/** A value read out of the sentence for one slot. */
export interface Finding {
  slot: Slot
  value: unknown
  /** Token numbers of the value itself and of the words that said what it is for. */
  tokens: readonly number[]
  cues: readonly number[]
}

export type AskKind =
  | "too_long"
  | "empty"
  | "negation"
  | "conflict"
  | "range"
  | "ambiguous"
  | "missing"
  | "invalid"
  | "unused"
  | "spelling"
  | "tool"
  | "destroys"

/** Why a reading is not carried out as it stands. */
export interface Ask {
  kind: AskKind
  question: string
  /** Dotted path into the tool input, when one field is at stake. */
  field?: string
  choices: AskChoice[]
}

export interface AskChoice {
  label: string
  value: string
  /** What to put where when this is chosen. */
  set?: { path: readonly string[]; value: unknown }
  /** The sentence to say instead. */
  say?: string
}

/** The sentence while it is being read: which token belongs to whom. */
export interface Sheet {
  tokens: readonly Token[]
  findings: Finding[]
  asks: Ask[]
  /** Tokens of values, and tokens otherwise accounted for. */
  taken: Map<number, Finding | "asked">
  used: Set<number>
  /** Tokens that were given back: a system of measurement without its measure. */
  loose: Set<number>
}

export function newSheet(tokens: readonly Token[], used: Iterable<number> = []): Sheet {
  return { tokens, findings: [], asks: [], taken: new Map(), used: new Set(used), loose: new Set() }
}

export function record(sheet: Sheet, finding: Finding): void {
  sheet.findings.push(finding)
  for (const at of finding.tokens) {
    sheet.taken.set(at, finding)
    sheet.used.add(at)
  }
  for (const at of finding.cues) sheet.used.add(at)
}

export function ask(sheet: Sheet, tokens: readonly number[], question: Ask): void {
  sheet.asks.push(question)
  for (const at of tokens) {
    sheet.taken.set(at, "asked")
    sheet.used.add(at)
  }
}

/** The value that a token belongs to. */
export function valueAt(sheet: Sheet, at: number): Finding | undefined {
  const owner = sheet.taken.get(at)
  return owner === "asked" ? undefined : owner
}

/** The value is what the field measures or counts: "ruby" for the diameter of the stone. */
export const isKin = (slot: Slot, finding: Finding): boolean =>
  finding.slot.label.split(" ").some((word) => slot.nameWords.has(word))

/** The value beside a word of measure is what another field measures: "6 mm wide ruby" tells the ruby, not the band. */
export function isOfAnother(slot: Slot, finding: Finding | undefined, slots: readonly Slot[]): boolean {
  if (!finding || finding.slot === slot || isKin(slot, finding)) return false
  return slots.some(
    (it) => it !== finding.slot && it.forms.some((form) => form.kind === "number") && isKin(it, finding),
  )
}

export const isFree = (sheet: Sheet, at: number): boolean => !sheet.taken.has(at) && !sheet.used.has(at)

function same(token: Token | undefined, wanted: Token): boolean {
  if (!token || token.kind === "quoted") return false
  if (token.value !== undefined && wanted.value !== undefined)
    return (
      token.value === wanted.value &&
      token.unit?.kind === wanted.unit?.kind &&
      token.unit?.factor === wanted.unit?.factor
    )
  return token.word === wanted.word
}

/** The phrase stands here, word for word or (as "gold 14k rose" for "14k rose gold") in another order. */
export function standsAt(tokens: readonly Token[], at: number, phrase: Phrase): "exact" | "shuffled" | undefined {
  if (at < 0) return undefined
  const here = tokens.slice(at, at + phrase.length)
  if (here.length < phrase.length) return undefined
  if (phrase.every((wanted, offset) => same(here[offset], wanted)))
    return isCode(tokens, at, phrase) ? "exact" : undefined
  if (phrase.length < 2) return undefined
  const left = [...here]
  for (const wanted of phrase) {
    const index = left.findIndex((token) => same(token, wanted))
    if (index < 0) return undefined
    left.splice(index, 1)
  }
  return "shuffled"
}

/** After these "us" is people: "make us a ring", "for us". */
const BEFORE_PERSONS = new Set(
  "make give get let show bring help build design create draw tell send craft for to of with from by".split(" "),
)

/** "US" is a code; "us" is one only beside a number or a size, and never after a verb ("make us a ring"). */
function isCode(tokens: readonly Token[], at: number, phrase: Phrase): boolean {
  const token = tokens[at]
  const word = phrase[0]?.word ?? ""
  if (!token || phrase.length > 1 || (word.length > 1 && !CODE_LIKE.has(word))) return true
  const shouting = tokens.every((it) => it.kind !== "word" || it.raw === it.raw.toUpperCase())
  if (!shouting && /^\p{Lu}/u.test(token.raw) && token.raw === token.raw.toUpperCase() && word !== "a" && word !== "i")
    return true
  if (word !== "us") return false
  const before = tokens[at - 1]
  const after = tokens[at + 1]
  if (before?.kind === "number") return true
  return (
    !isOneOf(BEFORE_PERSONS, before) && (after?.kind === "number" || after?.word === "size" || after?.word === "ring")
  )
}

/** A word of a list of plain words; lists hold words as they are written, tokens also hold their singular. */
export function isOneOf(words: ReadonlySet<string>, token: Token | undefined): boolean {
  if (token?.kind !== "word") return false
  return words.has(token.word) || words.has(token.raw.toLowerCase().replaceAll("’", "'"))
}
