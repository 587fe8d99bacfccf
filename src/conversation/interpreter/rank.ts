import { isOneOf, standsAt } from "#src/conversation/interpreter/finding.ts"
import type { Token } from "#src/conversation/interpreter/lexer.ts"
import { isFiller, readTool } from "#src/conversation/interpreter/read-tool.ts"
import type { ToolReading } from "#src/conversation/interpreter/read-tool.ts"
import type { Grammar } from "#src/conversation/interpreter/grammar.ts"
import { openingTokens } from "#src/conversation/interpreter/vocabulary.ts"
import type { Vocabulary } from "#src/conversation/interpreter/vocabulary.ts"
import { DECORATION, OPENINGS, PERSONS, QUESTION_STARTS, STATIVES, VERBS } from "#src/conversation/interpreter/words.ts"

export interface Entry {
  grammar: Grammar
  words: Vocabulary
}

export interface Ranked {
  entry: Entry
  reading: ToolReading
  score: number
  /** Tokens with content that nothing accounts for. */
  unused: number[]
  /** Tokens that ask for several of what can only be one: "diamonds". */
  plural: number[]
  /** Tokens passed over as talk, worth naming. */
  ignored: number[]
  /** It would make something new although the sentence speaks of a thing that is there. */
  isContrary: boolean
  /** Anything at all speaks for this tool. */
  hasEvidence: boolean
}

const WEIGHT = {
  value: 2,
  cue: 1,
  leadingVerb: 4,
  verb: 1,
  weak: 0.8,
  weakMost: 1.6,
  trusted: 1.5,
  example: 0.75,
  description: 0.2,
  unused: -2,
  missing: -1.5,
  ask: -0.5,
  knownThing: 0.8,
  newYetKnown: -3,
  required: 1.25,
}
const REFERENCES = new Set("the this that my it its these those".split(" "))
/** "a ring that is …" points to nothing. */
const RELATIVE = new Set("is has have had are was will would should can".split(" "))
/** "one" is an article before these as little as at the end: "one in silver" speaks of another thing. */
const NO_NOUN = new Set("in with of for at by from to and as on".split(" "))
const PRONOUNS = new Set("it this that".split(" "))
/** "make the band wider" speaks of a band that is there. */
const MAKING = VERBS["create"]?.strong ?? new Set<string>()
/** "What jobs are running?": at the head of a sentence these ask to be shown something. */
const ASKING = new Set(["what", "whats", "what's", "which"])
const ADVICE = new Set(["would", "should", "if", "recommend"])
const isAskingFor = (tokens: readonly Token[]): boolean =>
  ASKING.has(tokens[0]?.raw.toLowerCase() ?? "") && !tokens.some((token) => ADVICE.has(token.word))
/** A command's verb stands among its first words. */
const LEAD_TOKENS = 5

/** Every tool's reading of the sentence, the most fitting first. */
export function rank(entries: readonly Entry[], tokens: readonly Token[]): Ranked[] {
  const things = new Set(entries.flatMap((it) => [...it.words.things]))
  const opening = openingTokens(tokens, OPENINGS)
  return entries.map((entry) => judge(entry, entries, tokens, things, opening)).sort((a, b) => b.score - a.score)
}

/** The things that a tool works on: those of the makers one of whose things it speaks of. */
function thingsHandledBy({ words }: Entry, entries: readonly Entry[]): ReadonlySet<string> {
  if (words.makesNew) return new Set()
  const isSpokenOf = (thing: string) => words.trusted.has(thing) || words.description.has(thing)
  return new Set(entries.flatMap((it) => ([...it.words.things].some(isSpokenOf) ? [...it.words.things] : [])))
}

function judge(
  entry: Entry,
  entries: readonly Entry[],
  tokens: readonly Token[],
  things: ReadonlySet<string>,
  opening: ReadonlySet<number>,
): Ranked {
  const { words, grammar } = entry
  const reading = readTool(grammar, tokens)
  const values = new Set(reading.findings.flatMap((it) => it.tokens))
  const known = knownThings(tokens, things, reading)
  const handled = thingsHandledBy(entry, entries)
  const handlesThings = handled.size > 0
  /** "It", "the ring" of what the tool works on; "the picture" is nothing to one that changes rings. */
  const isHandled = ({ word }: Token) => handlesThings && (!things.has(word) || handled.has(word))
  const unused: number[] = []
  const ignored: number[] = []
  // A change of which nothing was said lacks something, whether the schema asks for it or not.
  const lacks = grammar.tool.effect === "reads" || Object.keys(reading.input).length > 0 ? 0 : 1
  let score = Math.max(reading.missing.length, lacks) * WEIGHT.missing + reading.asks.length * WEIGHT.ask
  score += reading.findings.filter((it) => it.slot.required).length * WEIGHT.required
  let weak = 0
  let evidence = values.size + reading.asks.length
  let isLeading = true
  for (const [at, token] of tokens.entries()) {
    if (token.kind === "break") continue
    if (values.has(at)) score += WEIGHT.value
    else if (reading.used.has(at)) score += WEIGHT.cue
    const isVerb = isOneOf(words.strong, token) && !opening.has(at)
    if (isVerb && !values.has(at)) {
      score += isLeading && at < LEAD_TOKENS ? WEIGHT.leadingVerb : WEIGHT.verb
      evidence++
    }
    if (!isFiller(token) && !opening.has(at)) isLeading = false
    if (isOneOf(words.weak, token) && !values.has(at)) weak += WEIGHT.weak
    if (values.has(at)) continue
    const rarity = isVerb || isFiller(token) || isOneOf(words.weak, token) ? 0 : rarityOf(token.word, entries)
    if (words.trusted.has(token.word)) score += WEIGHT.trusted * rarity
    else if (words.examples.has(token.word)) score += WEIGHT.example * rarity
    else if (words.description.has(token.word)) score += WEIGHT.description * rarity
    const isNamed = reading.named.has(at) && (!things.has(token.word) || known.has(at))
    const tells = isTelling(tokens, at, things) && !opening.has(at) && !reading.used.has(at)
    if (reading.used.has(at) || (!tells && (isNamed || isOneOf(words.trusted, token)))) {
      if (!isFiller(token)) evidence++
    } else if (tells || reading.loose.has(at)) unused.push(at)
    else if (grammar.tool.effect === "reads" && at === 0 && isAskingFor(tokens)) continue
    else if (!(known.has(at) && isHandled(token)) && !opening.has(at) && !isTalk(tokens, at))
      (isOneOf(DECORATION, token) ? ignored : unused).push(at)
  }
  score += Math.min(weak, WEIGHT.weakMost) + unused.length * WEIGHT.unused
  if (known.size > 0) score += words.makesNew ? WEIGHT.newYetKnown : handlesThings ? WEIGHT.knownThing : 0
  return {
    entry,
    reading,
    score,
    unused,
    plural: entry.grammar.tool.effect === "reads" ? [] : pluralsOf(reading, tokens),
    ignored,
    isContrary: words.makesNew && known.size > 0,
    hasEvidence: evidence > 0,
  }
}

/** Values said in the plural where the field holds one and no word of its own is a plural ("stainless steels"). */
function pluralsOf(reading: ToolReading, tokens: readonly Token[]): number[] {
  return reading.findings.flatMap(({ slot, tokens: places }) => {
    const form = slot.forms.find((it) => it.kind === "listed")
    if (form?.kind !== "listed" || form.many) return []
    const own = new Set(form.values.flatMap((it) => it.phrases.flat()).flatMap((it) => (it.plural ? [it.word] : [])))
    return places.filter((at) => tokens[at]?.plural && !own.has(tokens[at].word))
  })
}

/** A filler, save where it opens a question ("is it …?"), and "one" used as an article. */
function isTalk(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at]
  if (!token) return true
  const next = tokens[at + 1]
  const isArticle = next !== undefined && next.kind !== "break" && !isOneOf(NO_NOUN, next)
  return isFiller(token) || (token.kind === "number" && token.raw.toLowerCase() === "one" && isArticle)
}

/** Tells or asks how things are instead of ordering: "is a gold ring …", "we have a gold ring", "a ring has …". */
function isTelling(tokens: readonly Token[], at: number, things: ReadonlySet<string>): boolean {
  const [before, token] = [tokens[at - 1], tokens[at]]
  if (isOneOf(QUESTION_STARTS, token) && (!before || (before.kind === "break" && tokens.some((it) => it.raw === "?"))))
    return true
  const isSubject = isOneOf(PERSONS, before) || isOneOf(DECORATION, before) || things.has(before?.word ?? "")
  return isOneOf(STATIVES, token) && isSubject
}

/** Tokens that speak of a thing that is there already: "it", "this", or the noun in "the ring", "my design". */
function knownThings(tokens: readonly Token[], things: ReadonlySet<string>, reading: ToolReading): Set<number> {
  const known = new Set<number>()
  const cues = reading.slots.flatMap((slot) => slot.cues.filter((cue) => cue.length > 1))
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1]
    if (token.word === "the" && isOneOf(MAKING, tokens[at - 1])) known.add(at)
    // "the ring size" speaks of a size.
    const isCue = cues.some((cue) => standsAt(tokens, at + 1, cue) === "exact")
    const noun = next?.word === "same" ? at + 2 : at + 1
    const isThing = tokens[noun]?.kind === "word" && things.has(tokens[noun].word)
    if (isOneOf(REFERENCES, token) && isThing && !isCue) {
      for (let to = at + 1; to <= noun; to++) known.add(to)
    } else if (token.word === "that" && isOneOf(RELATIVE, next)) continue
    else if (PRONOUNS.has(token.raw.toLowerCase()) && token.raw !== token.raw.toUpperCase()) known.add(at)
  }
  return known
}

/** 1 for a word that only one tool knows, towards 0 for one that all know. */
function rarityOf(word: string, entries: readonly Entry[]): number {
  const count = entries.filter(
    ({ words }) => words.trusted.has(word) || words.examples.has(word) || words.description.has(word),
  ).length
  return count === 0 || entries.length < 2 ? 1 : Math.log((entries.length + 1) / count) / Math.log(entries.length + 1)
}
