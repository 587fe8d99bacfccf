import { rangeProblem } from "#src/conversation/interpreter/amounts.ts"
import { isOneOf } from "#src/conversation/interpreter/finding.ts"
import type { AskChoice } from "#src/conversation/interpreter/finding.ts"
import { slotsIn, wordsListed } from "#src/conversation/interpreter/grammar.ts"
import type { Slot } from "#src/conversation/interpreter/grammar.ts"
import type { Token } from "#src/conversation/interpreter/lexer.ts"
import type { Entry, Ranked } from "#src/conversation/interpreter/rank.ts"
import { isFiller, setPath } from "#src/conversation/interpreter/read-tool.ts"
import type { ReadCall, ReadingAsk } from "#src/conversation/interpreter/reading.ts"
import type { Call, TurnChoice } from "#src/conversation/result.ts"
import { closest, FILLERS } from "#src/conversation/interpreter/words.ts"
import { inputProblems } from "#tools/issues.ts"

export interface Doubts {
  best: Ranked
  ranked: readonly Ranked[]
  entries: readonly Entry[]
  tokens: readonly Token[]
  text: string
  unused: readonly string[]
  negations: readonly string[]
  call: ReadCall
}

/** How far ahead a tool must be of another that also accounts for every word. */
const LEAD = 1
const MAX_CHOICES = 12

/** Everything that keeps the sentence from being carried out, the most serious first. */
export function asksOf(doubts: Doubts): ReadingAsk[] {
  const { best, call } = doubts
  const { tool } = best.entry.grammar
  const asks: ReadingAsk[] = []
  if (doubts.negations.length > 0)
    asks.push({
      kind: "negation",
      question: `I cannot read ${quoted(doubts.negations)} safely, so nothing was done. Say only what it should be.`,
      choices: [],
    })
  for (const { kind, question, field, choices } of best.reading.asks)
    asks.push({
      kind,
      question,
      ...(field === undefined ? {} : { field }),
      choices: choices.map((choice) => settled(call, choice)),
    })
  for (const { label, slot } of best.reading.missing) asks.push(missingAsk(call, label, slot))
  const rivals = doubts.ranked.filter((it) => it !== best && isRival(it, best))
  if (rivals.length > 0) asks.push(toolAsk([best, ...rivals]))
  else if (best.isContrary || isLedElsewhere(doubts)) asks.push(toolAsk([best, ...likely(doubts)]))
  const incomplete = incompleteAsks(doubts)
  asks.push(...incomplete)
  const spelling = spellingAsk(doubts)
  // Put right, the sentence is read again, and whatever is open then is asked then.
  if (spelling && spelling.covers === best.unused.length && doubts.negations.length === 0) return [spelling.ask]
  if (spelling) asks.push(spelling.ask)
  const isExplained = doubts.negations.length > 0 || (spelling?.covers ?? 0) + incomplete.length === best.unused.length
  if (best.unused.length > 0 && !isExplained) asks.push(unusedAsk(doubts))
  if (best.plural.length > 0) asks.push(pluralAsk(doubts))
  if (asks.length === 0) asks.push(...invalidAsks(best, call))
  if (tool.effect === "destroys")
    asks.push({ kind: "destroys", question: `"${tool.title}" cannot be undone. Do it?`, choices: [yes(call)] })
  return asks
}

const quoted = (words: readonly string[]) => [...new Set(words)].map((word) => `"${word}"`).join(", ")
const yes = (call: Call): TurnChoice => ({ value: "yes", label: "yes, as read", does: { yes: plain(call) } })
const plain = ({ tool, input }: Call): Call => ({ tool, input })

function settled(call: Call, choice: AskChoice): TurnChoice {
  if (choice.say !== undefined) return { value: choice.value, label: choice.label, does: { say: choice.say } }
  const input = structuredClone(call.input)
  if (choice.set) setPath(input, choice.set.path, choice.set.value)
  return { value: choice.value, label: choice.label, does: { call: { tool: call.tool, input } } }
}

/** "a 14k ring": a word that several values of an open field share asks for the rest of the value. */
function incompleteAsks({ best, tokens, call }: Doubts): ReadingAsk[] {
  const filled = new Set(best.reading.findings.map((it) => it.slot.path.at(-1)))
  const slots = best.reading.slots.filter(
    (slot) => !filled.has(slot.path.at(-1)) && slot.forms.some((form) => form.kind === "listed"),
  )
  return best.unused.flatMap((at) => {
    const token = tokens[at]
    if (token?.kind !== "word") return []
    for (const slot of slots) {
      const form = slot.forms.find((it) => it.kind === "listed")
      if (form?.kind !== "listed" || slot.nameWords.has(token.word)) continue
      const fitting = form.values.filter(({ phrases }) =>
        phrases.some((phrase) => phrase.some((it) => it.word === token.word)),
      )
      if (fitting.length === 0) continue
      const choices = fitting.slice(0, MAX_CHOICES).map(({ value }) =>
        settled(call, {
          label: String(value).replaceAll("_", " "),
          value: String(value),
          set: { path: slot.path, value: form.many ? [value] : value },
        }),
      )
      return [
        {
          kind: "ambiguous" as const,
          question: `Which ${slot.label} is "${token.raw}"?`,
          field: slot.path.join("."),
          choices,
        },
      ]
    }
    return []
  })
}

/** What the field is, where its description says more than its name. */
function aboutSlot({ description, label }: Slot): string {
  const text = description.replace(/[.\s]+$/, "")
  return text === "" || text.toLowerCase().endsWith(label) ? "" : ` (${text.slice(0, 1).toLowerCase()}${text.slice(1)})`
}

function missingAsk(call: Call, label: string, slot: Slot | undefined): ReadingAsk {
  const form = slot?.forms.find((it) => it.kind === "listed")
  const values = slot && form?.kind === "listed" ? form.values.slice(0, MAX_CHOICES) : []
  const choices = values.map(({ value }) =>
    settled(call, {
      label: String(value),
      value: String(value),
      set: { path: slot?.path ?? [], value: form?.kind === "listed" && form.many ? [value] : value },
    }),
  )
  const about = slot ? aboutSlot(slot) : ""
  return {
    kind: "missing",
    question: slot ? `What should the ${label} be${about}?` : "What should be different?",
    ...(slot ? { field: slot.path.join(".") } : {}),
    choices,
  }
}

/** A rival accounts for the words as well as the best reading does, and is not clearly behind. */
function isRival(other: Ranked, best: Ranked): boolean {
  if (!other.hasEvidence || other.score < best.score - LEAD) return false
  return other.unused.length <= best.unused.length && other.reading.missing.length <= best.reading.missing.length
}

/** The sentence opens with a verb of other tools: "export the platinum ring" must not make one. */
function isLedElsewhere({ best, entries, tokens }: Doubts): boolean {
  const first = tokens.find((token) => !isFiller(token))
  if (!first || isOneOf(best.entry.words.strong, first)) return false
  const isCue = best.reading.cues.has(tokens.indexOf(first))
  return !isCue && entries.some((it) => isOneOf(it.words.strong, first))
}

/** Other tools that can do something with the sentence as it stands. */
function likely({ ranked, best }: Doubts): Ranked[] {
  return ranked.filter((it) => it !== best && it.hasEvidence && it.reading.missing.length === 0).slice(0, 2)
}

function toolAsk(candidates: readonly Ranked[]): ReadingAsk {
  return {
    kind: "tool",
    question: "This can mean more than one thing. Which one?",
    choices: candidates.slice(0, MAX_CHOICES).map(({ entry, reading }) => {
      const { tool } = entry.grammar
      return { value: tool.name, label: tool.title, does: { call: { tool: tool.name, input: reading.input } } }
    }),
  }
}

/** A word that a slip of the hand away is a known one: proposed, never applied. */
function spellingAsk({ best, tokens, text }: Doubts): { ask: ReadingAsk; covers: number } | undefined {
  return respelled(wordsKnown(best.entry), best.unused, tokens, text)
}

/** Every word that means something to a tool. */
export const wordsKnown = ({ grammar, words }: Entry): string[] => [
  ...wordsListed(grammar),
  ...slotsIn(grammar).flatMap((slot) => [...slot.nameWords]),
  ...words.trusted,
]

/** The sentence with the words that are nearly known put right, as a question. */
export function respelled(
  words: readonly string[],
  places: readonly number[],
  tokens: readonly Token[],
  text: string,
): { ask: ReadingAsk; covers: number } | undefined {
  const known = new Set(words)
  const fixes = places.flatMap((at) => {
    const token = tokens[at]
    const meant = token?.kind === "word" && !FILLERS.has(token.word) ? closest(token.word, known) : undefined
    return token && meant ? [{ token, meant }] : []
  })
  if (fixes.length === 0) return undefined
  let corrected = text
  for (const { token, meant } of fixes.toReversed())
    corrected = corrected.slice(0, token.start) + meant + corrected.slice(token.end)
  const said = fixes.map(({ token, meant }) => `"${token.raw}": did you mean "${meant}"?`).join(" ")
  const choices: TurnChoice[] = [{ value: corrected, label: corrected, does: { say: corrected } }]
  return { ask: { kind: "spelling", question: said, choices }, covers: fixes.length }
}

/** Names each word that was not used and what can be chosen instead, and offers to go on without it. */
function unusedAsk({ best, tokens, unused, call }: Doubts): ReadingAsk {
  const { grammar } = best.entry
  const slots = slotsIn(grammar)
  const lines = [`I did not use ${quoted(unused)}.`]
  const words = best.unused.map((at) => tokens[at]?.word ?? "")
  const about = slots.filter(
    (slot) => words.some((word) => slot.unavailable.has(word)) || (hasOneValue(slot) && isSpokenOf(slot, best, tokens)),
  )
  for (const slot of about.slice(0, 5)) lines.push(`${slot.label}: ${onlyText(slot)}.`)
  if (best.reading.findings.length === 0) return { kind: "unused", question: lines.join(" "), choices: [] }
  lines.push("Go on without?")
  return { kind: "unused", question: lines.join(" "), choices: [yes(call)] }
}

/** "with diamonds": one is all that a field for one value can hold. */
function pluralAsk({ best, tokens, call }: Doubts): ReadingAsk {
  const said = best.plural.map((at) => tokens[at]?.raw ?? "")
  return { kind: "unused", question: `I can only take one for ${quoted(said)}. Go on with one?`, choices: [yes(call)] }
}

/** The field is named, and nothing was found for it: "princess cut", "an oval shape". */
function isSpokenOf(slot: Slot, { reading }: Ranked, tokens: readonly Token[]): boolean {
  if (reading.findings.some((it) => it.slot.path.at(-1) === slot.path.at(-1))) return false
  return tokens.some((token) => token.kind === "word" && slot.nameWords.has(token.word))
}

function hasOneValue(slot: Slot): boolean {
  return slot.forms.some((form) => form.kind === "listed" && !form.many && form.values.length === 1)
}

function onlyText(slot: Slot): string {
  const form = slot.forms.find((it) => it.kind === "listed")
  const values = form?.kind === "listed" ? form.values.map(({ value }) => String(value).replaceAll("_", " ")) : []
  return values.length === 1
    ? `only ${values[0]} is available`
    : `${values.slice(0, MAX_CHOICES).join(", ")} are available`
}

/** The last word belongs to the tool's own schema. */
function invalidAsks(best: Ranked, call: Call): ReadingAsk[] {
  const { tool } = best.entry.grammar
  const parsed = tool.input.strict().safeParse(call.input)
  if (parsed.success) return []
  return inputProblems(parsed.error, tool.input, call.input)
    .slice(0, 3)
    .map(({ text, path }) => {
      const field = path.join(".")
      const finding = best.reading.findings.find((it) => it.slot.path.join(".") === field)
      const range = finding ? rangeProblem(finding.slot, finding.value) : undefined
      return { kind: "invalid" as const, question: range ?? text, field, choices: [] }
    })
}
