import { ask, isFree, record, standsAt } from "#src/conversation/interpreter/finding.ts"
import type { Sheet } from "#src/conversation/interpreter/finding.ts"
import type { Form, Slot } from "#src/conversation/interpreter/grammar.ts"
import { rawOf } from "#src/conversation/interpreter/listed.ts"
import { wordsOf } from "#src/conversation/interpreter/grammar.ts"

type TextForm = Form & { kind: "text" }

/** Where an unquoted name ends. */
const NAME_ENDS = new Set("with in and for as at please by on from made having size".split(" "))
/** "named after my wife" gives no name. */
const NO_NAME = new Set("after for like by from".split(" "))
const MAX_NAME_WORDS = 8
const MAX_FREE_WORDS = 400
const LINKS = new Set("is of to be as the :".split(" "))

/** Names and free text: what stands in quotes, or after the words that announce it. Runs first, so that a name may hold anything. */
export function findTexts(sheet: Sheet, slots: readonly Slot[]): void {
  const texts = slots.flatMap((slot) =>
    slot.forms.filter((form): form is TextForm => form.kind === "text").map((form) => ({ slot, form })),
  )
  for (const [at, token] of sheet.tokens.entries()) {
    if (token.kind !== "quoted" || !isFree(sheet, at)) continue
    const announced = texts
      .map((it) => ({ ...it, cue: cueBefore(sheet, it.slot, at) }))
      .filter((it) => it.cue.length > 0)
    // A number in quotes that nothing announces is as likely a measure as a name.
    const open = texts.filter(
      (it) => !/\d/.test(token.word) && it.form.schema.safeParse(token.word).success && !isFilled(sheet, it.slot),
    )
    const names = open.filter((it) => it.form.shape === "name")
    const candidates = [announced, names, open].find((list) => list.length > 0) ?? []
    const only = candidates.length === 1 ? candidates[0] : undefined
    if (only) record(sheet, { slot: only.slot, value: token.word, tokens: [at], cues: cueBefore(sheet, only.slot, at) })
    else if (candidates.length > 1)
      ask(sheet, [at], {
        kind: "ambiguous",
        question: `What is ${token.raw}?`,
        choices: candidates.map(({ slot }) => ({
          label: slot.label,
          value: slot.label,
          set: { path: slot.path, value: token.word },
        })),
      })
  }
  for (const { slot, form } of texts)
    if ((form.shape === "name" || form.shape === "free") && !isFilled(sheet, slot)) findAnnounced(sheet, slot, form)
}

/** "called Moon and Stars": the words after the cue up to the next comma, or for a name up to a word such as "with". */
function findAnnounced(sheet: Sheet, slot: Slot, form: TextForm): void {
  for (const cue of slot.cues)
    for (let at = 0; at < sheet.tokens.length; at++) {
      if (standsAt(sheet.tokens, at, cue) !== "exact" || isFilled(sheet, slot)) continue
      let start = at + cue.length
      while (LINKS.has(sheet.tokens[start]?.word ?? "")) start++
      const words: number[] = []
      const most = form.shape === "name" ? MAX_NAME_WORDS : MAX_FREE_WORDS
      for (let next = start; next < sheet.tokens.length && words.length < most; next++) {
        const token = sheet.tokens[next]
        if (!token || token.kind === "break" || !isFree(sheet, next)) break
        if (form.shape === "name" && (words.length > 0 ? NAME_ENDS : NO_NAME).has(token.word)) break
        words.push(next)
      }
      if (words.length === 0) continue
      const value = rawOf(sheet, words)
      if (!form.schema.safeParse(value).success) continue
      const cues = Array.from({ length: start - at }, (_, offset) => at + offset)
      record(sheet, { slot, value, tokens: words, cues })
    }
}

function cueBefore(sheet: Sheet, slot: Slot, at: number): number[] {
  let end = at
  while (end > 0 && LINKS.has(sheet.tokens[end - 1]?.word ?? "")) end--
  for (const cue of slot.cues)
    if (end >= cue.length && standsAt(sheet.tokens, end - cue.length, cue) === "exact")
      return Array.from({ length: at - end + cue.length }, (_, offset) => end - cue.length + offset)
  return []
}

/** "job job_7Qm2", "design 01J9ZK7": a word with digits right after the name of the field. */
export function findIds(sheet: Sheet, slots: readonly Slot[]): void {
  for (const slot of slots) {
    const form = slot.forms.find((it): it is TextForm => it.kind === "text" && it.shape === "id")
    if (!form) continue
    for (const [at, token] of sheet.tokens.entries()) {
      const isId = token.kind === "word" && /^(?=\D*\d)[\w-]{4,}$/.test(token.raw)
      const cues = isId && isFree(sheet, at) && !isFilled(sheet, slot) ? cueBefore(sheet, slot, at) : []
      if (cues.length > 0 && form.schema.safeParse(token.raw).success)
        record(sheet, { slot, value: token.raw, tokens: [at], cues })
    }
  }
}

/** Marks of letters such as "N½" or "N 1/2" beside the cue or beside the system they belong to ("UK N½"). */
export function findLetterCodes(sheet: Sheet, slots: readonly Slot[]): void {
  for (const slot of slots) {
    const form = slot.forms.find((it): it is TextForm => it.kind === "text" && it.shape === "code")
    if (!form || slot.cues.length === 0 || isFilled(sheet, slot)) continue
    for (const [at, token] of sheet.tokens.entries()) {
      const letter = /^([A-Za-z](?:\+\d)?|[A-Z]{2})(½|1\/2|[.,]5)?$/.exec(token.raw)
      if (token.kind !== "word" || !letter || !isFree(sheet, at) || isFilled(sheet, slot)) continue
      const next = sheet.tokens[at + 1]
      const isHalf = !letter[2] && next?.value === 0.5 && next.unit === undefined && isFree(sheet, at + 1)
      const half = letter[2] !== undefined || isHalf
      // "N½" can be nothing but such a mark, even where no word announces it.
      const cues = beside(sheet, slots, slot, at) ?? (letter[2] === "½" ? [] : undefined)
      const isArticle =
        /^[aiAI]$/.test(token.raw) && (token.raw === token.raw.toLowerCase() || !half) && token.raw !== "A"
      if (cues === undefined || isArticle) continue
      const base = (letter[1] ?? "").toUpperCase()
      const value = [half ? `${base}½` : base, `${base} 1/2`, `${base}.5`].find(
        (text) => form.schema.safeParse(text).success,
      )
      if (value !== undefined && !(half && value === base))
        record(sheet, { slot, value, tokens: isHalf ? [at, at + 1] : [at], cues })
    }
  }
}

/** Token numbers of the cue beside `at`, [] when a value of a related list stands there, undefined when nothing does. */
function beside(sheet: Sheet, slots: readonly Slot[], slot: Slot, at: number): number[] | undefined {
  const systems = new Set(sheet.findings.filter((it) => areRelated(slot, it.slot, slots)).flatMap((it) => it.tokens))
  let end = at
  let system = false
  while (end > 0 && (LINKS.has(sheet.tokens[end - 1]?.word ?? "") || systems.has(end - 1)))
    system = systems.has(--end) || system
  for (const cue of slot.cues)
    if (end >= cue.length && standsAt(sheet.tokens, end - cue.length, cue) === "exact")
      return Array.from({ length: cue.length }, (_, offset) => end - cue.length + offset)
  return system || systems.has(at + 1) ? [] : undefined
}

/** `other` lists the systems that `slot` is counted in: a sibling whose name continues its name (size, size_system). */
export function areRelated(slot: Slot, other: Slot, slots: readonly Slot[]): boolean {
  if (slot === other || !other.forms.some((form) => form.kind === "listed") || !slots.includes(other)) return false
  const parent = (it: Slot) => it.path.slice(0, -1).join(".")
  if (parent(slot) !== parent(other)) return false
  const own = wordsOf(slot.path.at(-1) ?? "")
  const theirs = wordsOf(other.path.at(-1) ?? "")
  const continues = theirs.length > own.length && own.every((word, index) => theirs[index] === word)
  return continues || (slot.path.length > 1 && /^(system|scale|unit|standard)$/.test(theirs.join("_")))
}

export const isFilled = (sheet: Sheet, slot: Slot): boolean => sheet.findings.some((it) => it.slot === slot)
