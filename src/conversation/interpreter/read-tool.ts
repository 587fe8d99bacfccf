import { findAmounts } from "#src/conversation/interpreter/amounts.ts"
import {
  ask,
  isFree,
  isOfAnother,
  isOneOf,
  newSheet,
  standsAt,
  valueAt,
} from "#src/conversation/interpreter/finding.ts"
import type { Ask, Finding, Sheet } from "#src/conversation/interpreter/finding.ts"
import type { Grammar, Member, Phrase, Slot } from "#src/conversation/interpreter/grammar.ts"
import type { Token } from "#src/conversation/interpreter/lexer.ts"
import { asList, findListed } from "#src/conversation/interpreter/listed.ts"
import { areRelated, findIds, findLetterCodes, findTexts } from "#src/conversation/interpreter/texts.ts"
import { FILLERS } from "#src/conversation/interpreter/words.ts"

/** What one tool makes of a sentence. */
export interface ToolReading {
  grammar: Grammar
  input: Record<string, unknown>
  /** The fields that were open to this sentence. */
  slots: Slot[]
  findings: Finding[]
  asks: Ask[]
  /** Tokens it could use, as values or as words that point to values. */
  used: ReadonlySet<number>
  /** Tokens that chose the operations. */
  cues: ReadonlySet<number>
  /** Tokens that repeat the name of a field that has a value ("band" in "band 2 mm wide"). */
  named: ReadonlySet<number>
  /** Tokens that were taken for a system of measurement without a measure. */
  loose: ReadonlySet<number>
  /** Required fields that stayed empty. */
  missing: { label: string; slot?: Slot }[]
}

/** Between two orders. */
const SEPARATORS = new Set(["and", "then", "also", "plus"])

interface Operation {
  member: Member
  slots: Slot[]
  sheet: Sheet
  cue: number[]
  findings: Finding[]
}

export function readTool(grammar: Grammar, tokens: readonly Token[]): ToolReading {
  const { variants } = grammar
  if (!variants) {
    const sheet = fill(newSheet(tokens), grammar.slots)
    return finish(grammar, sheet.findings, sheet, [], missingIn(grammar.slots, sheet.findings))
  }
  const first = bestOperation(grammar, tokens, 0, newSheet(tokens).used, grammar.slots, false)
  if (!first) {
    const sheet = fill(newSheet(tokens), grammar.slots)
    const missing = missingIn(grammar.slots, sheet.findings)
    return finish(
      grammar,
      sheet.findings,
      sheet,
      [],
      variants.required ? [...missing, { label: variants.key }] : missing,
    )
  }
  const operations = [first]
  const sheet = first.sheet
  while (operations.length < variants.most) {
    const next = bestOperation(grammar, tokens, operations.length, sheet.used, [], true)
    if (!next) break
    operations.push(next)
    sheet.findings.push(...next.sheet.findings)
    sheet.asks.push(...next.sheet.asks)
    for (const at of next.sheet.used) sheet.used.add(at)
    for (const at of next.sheet.loose) sheet.loose.add(at)
  }
  refuseBoundValues(sheet, operations)
  const slots = [...grammar.slots, ...operations.flatMap((it) => it.slots)]
  return finish(grammar, sheet.findings, sheet, operations, missingIn(slots, sheet.findings))
}

function fill(sheet: Sheet, slots: readonly Slot[]): Sheet {
  findTexts(sheet, slots)
  findListed(sheet, slots)
  findIds(sheet, slots)
  findLetterCodes(sheet, slots)
  findAmounts(sheet, slots)
  sheet.findings = asList(sheet.findings)
  dropLooseSystems(sheet, slots)
  return sheet
}

/** A system of measurement ("diameter", "US") without the measure it counts is no value: the word meant something else. */
function dropLooseSystems(sheet: Sheet, slots: readonly Slot[]): void {
  const filled = (slot: Slot) => sheet.findings.some((it) => it.slot === slot)
  const asked = new Set(sheet.asks.map((it) => it.field))
  for (const slot of slots) {
    if (filled(slot) || asked.has(slot.path.join("."))) continue
    for (const finding of sheet.findings.filter((it) => areRelated(slot, it.slot, slots))) {
      sheet.findings = sheet.findings.filter((it) => it !== finding)
      for (const at of finding.tokens) {
        sheet.loose.add(at)
        sheet.taken.delete(at)
        sheet.used.delete(at)
      }
    }
  }
}

/** "go back to gold" and "undo the platinum" say more than "undo" can do: what follows such a word has to be set apart. */
function refuseBoundValues(sheet: Sheet, operations: readonly Operation[]): void {
  for (const { member, cue } of operations.filter((it) => it.slots.length === 0)) {
    for (let at = Math.max(...cue) + 1; at < sheet.tokens.length; at++) {
      const token = sheet.tokens[at]
      if (!token || token.kind === "break" || SEPARATORS.has(token.word)) break
      if (!sheet.findings.some((it) => it.tokens.includes(at))) continue
      const said = cue.map((place) => sheet.tokens[place]?.raw).join(" ")
      ask(sheet, [at], {
        kind: "ambiguous",
        question: `"${said}" takes no value (${member.label.replace(/\.$/, "")}): what should "${token.raw}" do there?`,
        choices: [],
      })
      break
    }
  }
}

/** The kind of operation that makes most of the free words; undefined when none finds anything of its own. */
function bestOperation(
  grammar: Grammar,
  tokens: readonly Token[],
  index: number,
  used: ReadonlySet<number>,
  outer: readonly Slot[],
  needsCue: boolean,
): (Operation & { score: number }) | undefined {
  const { variants } = grammar
  let best: (Operation & { score: number }) | undefined
  for (const member of variants?.members ?? []) {
    const at = variants?.many ? [variants.key, String(index)] : [variants?.key ?? ""]
    const slots = member.slots.map((slot): Slot => ({ ...slot, path: [...at, ...slot.path] }))
    const blocked = newSheet(tokens, used)
    const cue = findCue(blocked, member.cues)
    if (needsCue && cue.length === 0) continue
    const sheet = fill(blocked, [...outer, ...slots])
    const findings = sheet.findings.filter((it) => slots.includes(it.slot))
    const own = findings.length + sheet.asks.length
    if (own === 0 && (cue.length === 0 || (slots.length > 0 && !slots.some((slot) => slot.required)))) continue
    if (own === 0 && cue.length === 0) continue
    for (const place of cue) sheet.used.add(place)
    const score = 2 * findings.flatMap((it) => it.tokens).length + cue.length + sheet.asks.length
    if (!best || score > best.score) best = { member, slots, sheet, cue, findings, score }
  }
  return best
}

function findCue(sheet: Sheet, cues: readonly Phrase[]): number[] {
  for (const cue of cues)
    for (let at = 0; at < sheet.tokens.length; at++) {
      const span = cue.map((_, offset) => at + offset)
      if (standsAt(sheet.tokens, at, cue) === "exact" && span.every((place) => isFree(sheet, place))) return span
    }
  return []
}

function finish(
  grammar: Grammar,
  findings: Finding[],
  sheet: Sheet,
  operations: readonly Operation[],
  missing: ToolReading["missing"],
): ToolReading {
  const { variants } = grammar
  const input: Record<string, unknown> = {}
  for (const [index, { member }] of operations.entries())
    for (const { key, value } of member.constants)
      setPath(input, variants?.many ? [variants.key, String(index), key] : [variants?.key ?? "", key], value)
  for (const { slot, value } of findings) setPath(input, slot.path, value)
  if (variants?.many && operations.length > 0) {
    const list = Object.values((input[variants.key] ?? {}) as Record<string, unknown>) // built just above, keyed 0, 1, 2 …
    const order = operations.map((it, index) => ({
      index,
      at: Math.min(...it.cue, ...it.findings.flatMap((finding) => finding.tokens)),
    }))
    input[variants.key] = order.sort((a, b) => a.at - b.at).map(({ index }) => list[index])
  }
  const asked = new Set(sheet.asks.map((it) => it.field))
  const slots = [...grammar.slots, ...operations.flatMap((it) => it.slots)]
  // "ruby band" is more than the band whose width is told.
  const isNameOf = (slot: Slot, at: number) =>
    slot.nameWords.has(sheet.tokens[at]?.word ?? "") && !isOfAnother(slot, valueAt(sheet, at - 1), slots)
  return {
    grammar,
    input,
    slots,
    findings,
    asks: sheet.asks,
    used: sheet.used,
    cues: new Set(operations.flatMap((it) => it.cue)),
    loose: sheet.loose,
    named: new Set(
      sheet.tokens.flatMap((token, at) =>
        token.kind === "word" && findings.some((it) => isNameOf(it.slot, at)) ? [at] : [],
      ),
    ),
    missing: missing.filter((it) => !it.slot || !asked.has(it.slot.path.join("."))),
  }
}

function missingIn(slots: readonly Slot[], findings: readonly Finding[]): ToolReading["missing"] {
  return slots
    .filter((slot) => slot.required && !findings.some((it) => it.slot === slot))
    .map((slot) => ({ label: slot.label, slot }))
}

/** Paths come from schemas, never from the sentence; numbers as text become keys of a plain object. */
export function setPath(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let place = into
  for (const key of path.slice(0, -1)) {
    const next = (place[key] ??= {})
    place = next as Record<string, unknown> // only objects and arrays are ever put on the way
  }
  const last = path.at(-1)
  if (last !== undefined) place[last] = value
}

/** Words that carry nothing: fillers between the words that do. */
export const isFiller = (token: Token): boolean => token.kind === "break" || isOneOf(FILLERS, token)
