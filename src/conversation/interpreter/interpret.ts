import { asksOf, respelled, wordsKnown } from "#src/conversation/interpreter/asks.ts"
import { entryOf } from "#src/conversation/interpreter/compiled.ts"
import { isOneOf } from "#src/conversation/interpreter/finding.ts"
import type { Finding } from "#src/conversation/interpreter/finding.ts"
import { slotsIn, wordsListed, wordsOf } from "#src/conversation/interpreter/grammar.ts"
import { lex, unglue } from "#src/conversation/interpreter/lexer.ts"
import type { Token } from "#src/conversation/interpreter/lexer.ts"
import { rank } from "#src/conversation/interpreter/rank.ts"
import type { Entry, Ranked } from "#src/conversation/interpreter/rank.ts"
import type { Reading, ReadCall } from "#src/conversation/interpreter/reading.ts"
import { NEGATIONS } from "#src/conversation/interpreter/words.ts"
import type { Tool } from "#src/tool.ts"

export const MAX_SENTENCE = 2_000
const MAX_TOKENS = 400

export interface Interpreter {
  /** Reads one sentence. Never throws for what people write, takes a few milliseconds, knows nothing of earlier sentences. */
  read(sentence: string): Reading
}

/**
 * A command interpreter without a language model, compiled from the schemas and examples of the given tools alone.
 * It carries its doubts along: a reading is `certain` only when every word with content is accounted for, nothing required
 * is missing, one tool is clearly ahead, no word turns the sentence round, and the tool destroys nothing.
 */
export function createInterpreter(tools: readonly Tool[], options: { maxSentence?: number } = {}): Interpreter {
  const entries = tools.map(entryOf)
  const most = options.maxSentence ?? MAX_SENTENCE
  const listed = new Set(
    entries.flatMap(({ grammar }) => [
      ...wordsListed(grammar),
      ...slotsIn(grammar).flatMap((slot) => [...slot.nameWords].filter((word) => word.length > 2)),
    ]),
  )
  return { read: (sentence) => read(sentence, entries, listed, most) }
}

function read(sentence: string, entries: readonly Entry[], listed: ReadonlySet<string>, most: number): Reading {
  const text = sentence.trim()
  if (text.length > most)
    return unread(
      "too_long",
      `The sentence has ${text.length} characters; command mode reads up to ${most}. Nothing was done. Say it in fewer words.`,
    )
  if (!/[\p{L}\p{N}]/u.test(text))
    return unread("empty", "There are no words to read. Say what you would like to have.")
  const tokens = unglue(lex(text), listed)
  if (tokens.length > MAX_TOKENS)
    return unread(
      "too_long",
      `The sentence has ${tokens.length} words and signs; command mode reads up to ${MAX_TOKENS}. Nothing was done.`,
    )
  const exact = exampleFor(text, entries)
  if (exact) return { calls: [exact], unused: [], ignored: [], asks: [], certain: true, alternatives: [] }
  const ranked = rank(entries, tokens)
  const best = ranked[0]
  if (!best?.hasEvidence) {
    const examples = entries.flatMap((it) => it.grammar.tool.examples[0]?.say ?? []).slice(0, 3)
    const hint = examples.length > 0 ? ` For example: ${examples.map((say) => `"${say}"`).join("; ")}.` : ""
    const spelling = best && respelled(entries.flatMap(wordsKnown), best.unused, tokens, text)
    if (spelling?.covers === best?.unused.length && spelling)
      return { ...unread("unused", ""), unused: runs(tokens, best.unused, text), asks: [spelling.ask] }
    return {
      ...unread("unused", `I did not understand this.${hint}`),
      unused: best ? runs(tokens, best.unused, text) : [text.slice(0, 200)],
    }
  }
  const call = callOf(best, tokens)
  const unused = runs(tokens, best.unused, text)
  const negations = tokens
    .filter((token, at) => isOneOf(NEGATIONS, token) && !isValue(best, at))
    .map((token) => token.raw)
  const asks = asksOf({ best, ranked, entries, tokens, text, unused, negations, call })
  return {
    calls: [call],
    unused,
    ignored: runs(tokens, best.ignored, text),
    asks,
    certain: asks.length === 0,
    alternatives: ranked
      .slice(1)
      .filter((it) => it.hasEvidence && it.score > 0)
      .slice(0, 3)
      .map((it) => ({ tool: it.entry.grammar.tool.name, title: it.entry.grammar.tool.title, score: it.score })),
  }
}

/**
 * Some of the words of other values, none of which is this one in full: "gold" for 14k yellow gold. Said back as an assumption.
 */
function isAssumed({ slot, value }: Finding, said: readonly string[]): boolean {
  const form = slot.forms.find((it) => it.kind === "listed")
  if (form?.kind !== "listed" || form.many || wordsOf(String(value)).every((word) => said.includes(word))) return false
  return form.values.some(
    (it) =>
      it.value !== value &&
      it.phrases.some((phrase) => said.every((word) => phrase.some((token) => token.word === word))),
  )
}

export function callOf(ranked: Ranked, tokens: readonly Token[]): ReadCall {
  const { tool } = ranked.entry.grammar
  return {
    tool: tool.name,
    title: tool.title,
    input: ranked.reading.input,
    spans: ranked.reading.findings.map((finding) => {
      const said = [...finding.tokens].sort((a, b) => a - b).flatMap((at) => tokens[at] ?? [])
      return {
        field: finding.slot.path.join("."),
        label: finding.slot.label,
        value: finding.value,
        text: said.map((token) => token.raw).join(" "),
        ...(isAssumed(
          finding,
          said.map((token) => token.word),
        )
          ? { assumed: true }
          : {}),
      }
    }),
  }
}

/** A sentence that a tool gives as an example means what the tool says (only where no id or the like had to be made up for it). */
function exampleFor(text: string, entries: readonly Entry[]): ReadCall | undefined {
  const plain = (it: string) =>
    it
      .toLowerCase()
      .replaceAll(/[\s.!]+/g, " ")
      .trim()
  for (const { grammar, words } of entries) {
    const { tool } = grammar
    if (tool.effect === "destroys") continue
    const example = tool.examples.find((it) => words.faithful.has(it.say) && plain(it.say) === plain(text))
    if (!example) continue
    const spans = Object.entries(example.input).map(([field, value]) => ({ field, label: field, value, text: "" }))
    return { tool: tool.name, title: tool.title, input: structuredClone(example.input), spans }
  }
  return undefined
}

const isValue = (ranked: Ranked, at: number) => ranked.reading.findings.some((it) => it.tokens.includes(at))

function unread(kind: "too_long" | "empty" | "unused", question: string): Reading {
  return {
    calls: [],
    unused: [],
    ignored: [],
    asks: [{ kind, question, choices: [] }],
    certain: false,
    alternatives: [],
  }
}

/** Neighbouring tokens as one piece of the sentence. */
function runs(tokens: readonly Token[], places: readonly number[], text: string): string[] {
  const found: { from: number; to: number; last: number }[] = []
  for (const at of places) {
    const token = tokens[at]
    if (!token) continue
    const open = found.at(-1)
    if (open && open.last === at - 1) [open.to, open.last] = [token.end, at]
    else found.push({ from: token.start, to: token.end, last: at })
  }
  return found.map(({ from, to }) => text.slice(from, to).slice(0, 120))
}
