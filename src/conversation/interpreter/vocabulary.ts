import { isDeepStrictEqual } from "node:util"
import { isOneOf } from "#src/conversation/interpreter/finding.ts"
import { wordsOf } from "#src/conversation/interpreter/grammar.ts"
import type { Grammar } from "#src/conversation/interpreter/grammar.ts"
import { lex } from "#src/conversation/interpreter/lexer.ts"
import type { Token } from "#src/conversation/interpreter/lexer.ts"
import { isFiller, readTool } from "#src/conversation/interpreter/read-tool.ts"
import type { Hints } from "#src/conversation/interpreter/schema.ts"
import { NEGATIONS, VERBS } from "#src/conversation/interpreter/words.ts"

/** Which words speak for a tool. */
export interface Vocabulary {
  /**
   * Words accounted for when this tool is chosen: its verbs, its title, its own cues, and the words of its examples that
   * carry no value, but only of examples that the interpreter reads as the very call they stand for.
   */
  trusted: ReadonlySet<string>
  /** Verbs that lead a command to this tool. */
  strong: ReadonlySet<string>
  weak: ReadonlySet<string>
  /** Words that only make the tool more likely: from its examples and its description. */
  examples: ReadonlySet<string>
  description: ReadonlySet<string>
  /** A tool that makes new things; "the ring" or "it" then speaks against it. */
  makesNew: boolean
  /** Names of the things it makes. */
  things: ReadonlySet<string>
  /** The examples that are read as the very call they stand for. */
  faithful: ReadonlySet<string>
}

export function vocabularyOf(grammar: Grammar): Vocabulary {
  const { tool } = grammar
  const parts = wordsOf(tool.name)
  const lexicon = parts.flatMap((part) => VERBS[part] ?? [])
  const strong = new Set([...parts.slice(1), ...lexicon.flatMap((it) => [...it.strong])])
  const weak = new Set(lexicon.flatMap((it) => [...it.weak]))
  const trusted = new Set([...strong, ...weak, ...contentWords(tool.title), parts[0] ?? ""])
  for (const cue of (tool.input.meta() as Hints | undefined)?.cue ?? [])
    for (const token of lex(cue)) trusted.add(token.word)
  const examples = new Set<string>()
  const sayings = new Set<string>()
  for (const { say, input } of tool.examples) {
    const tokens = lex(say)
    const reading = readTool(grammar, tokens)
    const faithful = isDeepStrictEqual(parsed(grammar, reading.input), parsed(grammar, input))
    if (faithful) sayings.add(say)
    for (const [at, token] of tokens.entries()) {
      if (reading.used.has(at) || reading.named.has(at) || token.kind !== "word") continue
      examples.add(token.word)
      if (faithful && !isOneOf(NEGATIONS, token)) trusted.add(token.word)
    }
  }
  const makesNew = parts.includes("create") || parts.includes("generate")
  return {
    trusted,
    strong,
    weak,
    examples,
    description: new Set(contentWords(tool.description)),
    makesNew,
    things: makesNew ? thingsOf(grammar) : new Set(),
    faithful: sayings,
  }
}

/** "Make a picture": the verb of a title is no thing, unless it is what the family is called. */
const VERB_WORDS = new Set(Object.values(VERBS).flatMap((it) => [...it.strong, ...it.weak]))

/** The values of a field called piece, kind or type, and the words of the title. */
function thingsOf(grammar: Grammar): Set<string> {
  const [family] = wordsOf(grammar.tool.name)
  const isThing = (word: string) => word === family || !VERB_WORDS.has(word)
  const things = new Set(contentWords(grammar.tool.title).filter(isThing))
  for (const slot of grammar.slots)
    if (/^(piece|kind|type)$/.test(slot.path.at(-1) ?? ""))
      for (const form of slot.forms)
        if (form.kind === "listed")
          for (const { phrases } of form.values) for (const token of phrases.flat()) things.add(token.word)
  return things
}

const parsed = (grammar: Grammar, input: unknown): unknown => grammar.tool.input.safeParse(input).data

const contentWords = (text: string): string[] =>
  lex(text)
    .filter((token) => token.kind === "word" && !isFiller(token))
    .map((token) => token.word)

/** Tokens of polite openings ("can I have", "help me"): nothing in them is a value or a verb. */
export function openingTokens(tokens: readonly Token[], openings: readonly (readonly string[])[]): Set<number> {
  const found = new Set<number>()
  for (let at = 0; at < tokens.length; at++) {
    const opening = openings.find((words) =>
      words.every((word, offset) => tokens[at + offset]?.raw.toLowerCase().replaceAll("’", "'") === word),
    )
    if (!opening) continue
    for (let offset = 0; offset < opening.length; offset++) found.add(at + offset)
    at += opening.length - 1
  }
  return found
}
