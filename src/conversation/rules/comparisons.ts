import type { Token } from "#src/conversation/interpreter/lexer.ts"
import type { Measure } from "#src/conversation/rules/measures.ts"

export interface Comparison {
  /** "a bit wider", "shave 0.2 mm off". */
  said: string
  /** It is an order by itself, not how something should be. */
  isOrder?: true
  /** What it can speak of: one is clear, none or several have to be asked. */
  fitting: Measure[]
  change: {
    sign: 1 | -1
    degree: "small" | "plain" | "large"
    /** In the unit of the measure. */
    amount?: number
    /** Percent. */
    share?: number
    factor?: number
    /** The value itself: "thicker, 2 mm". */
    to?: number
  }
}

const UP = 1
const DOWN = -1
/** Comparatives of the measures that fields are named after; "size" is the extent of whatever noun stands beside it. */
const COMPARATIVES = new Map<string, { measure: string; sign: 1 | -1 }>([
  ...words("wider broader", "width", UP),
  ...words("narrower slimmer", "width", DOWN),
  ...words("thicker stouter", "thickness", UP),
  ...words("thinner", "thickness", DOWN),
  ...words("longer", "length", UP),
  ...words("taller higher", "height", UP),
  ...words("lower", "height", DOWN),
  ...words("deeper", "depth", UP),
  ...words("shallower", "depth", DOWN),
  ...words("bigger larger", "size", UP),
  ...words("smaller", "size", DOWN),
  // Of how much there is of it: width and thickness alike, where no measure is named.
  ...words("chunkier beefier heftier fatter bulkier sturdier", "bulk", UP),
  ...words("skinnier daintier finer slighter", "bulk", DOWN),
  ...words("more", "count", UP),
  ...words("fewer less", "count", DOWN),
])
const ADJECTIVES: Readonly<Record<string, string>> = {
  wide: "width",
  thick: "thickness",
  long: "length",
  high: "height",
  deep: "depth",
  big: "size",
  large: "size",
  width: "width",
  thickness: "thickness",
  length: "length",
  height: "height",
  depth: "depth",
  size: "size",
}
const DEGREES: Readonly<Record<string, "small" | "large" | "none">> = {
  bit: "small",
  little: "small",
  slightly: "small",
  touch: "small",
  tad: "small",
  somewhat: "small",
  hair: "small",
  smidge: "small",
  notch: "small",
  much: "large",
  lot: "large",
  far: "large",
  way: "large",
  considerably: "large",
  significantly: "large",
  even: "none",
  a: "none",
  just: "none",
}
/** What a thing is called against what its fields are named after. */
const EXTENTS = new Set(["diameter", "size"])

function words(list: string, measure: string, sign: 1 | -1): [string, { measure: string; sign: 1 | -1 }][] {
  return list.split(" ").map((word) => [word, { measure, sign }])
}

/** The relative words of a sentence with all the words that belong to them. */
export function findComparisons(
  tokens: readonly Token[],
  measures: readonly Measure[],
  parameters: Readonly<Record<string, string | number>>,
): { comparisons: Comparison[]; consumed: Set<number> } {
  const consumed = new Set<number>()
  const comparisons: Comparison[] = []
  const nouns = tokens.map((token) => nounOf(token, measures, parameters))
  for (const at of tokens.keys()) {
    const found = comparedAt(tokens, at) ?? multipliedAt(tokens, at)
    if (!found) continue
    const own = new Set(found.places)
    const noun = nounAfter(tokens, nouns, found.end) ?? nounBefore(nouns, found.start)
    if (noun) own.add(noun.at)
    const about = fittingMeasures(found, noun?.word, measures)
    const target = targetAfter(tokens, Math.max(found.end, noun?.at ?? 0), noun?.word, about, measures)
    for (const place of target?.places ?? []) own.add(place)
    const fitting = target ? [target.measure] : about
    const amount = amountFor(found.amount, fitting)
    if (amount === undefined) continue
    // "more" and "less" of what cannot be counted belong to other words.
    if (found.measure === "count" && fitting.length === 0) continue
    for (const place of own) consumed.add(place)
    comparisons.push({
      said: found.places.map((place) => tokens[place]?.raw ?? "").join(" "),
      fitting,
      change: {
        sign: found.sign,
        degree: found.degree,
        ...amount,
        ...(found.factor && { factor: found.factor }),
        ...(target && { to: target.to }),
      },
    })
  }
  return { comparisons, consumed }
}

interface Found {
  measure: string
  sign: 1 | -1
  degree: "small" | "plain" | "large"
  amount: Token | undefined
  factor?: number
  places: number[]
  start: number
  end: number
}

/** "a bit wider", "0.5 mm wider", "wider by 10 %". */
function comparedAt(tokens: readonly Token[], at: number): Found | undefined {
  const word = COMPARATIVES.get(tokens[at]?.word ?? "")
  if (!word) return undefined
  // "More width" is wider.
  const named = word.measure === "count" ? ADJECTIVES[tokens[at + 1]?.word ?? ""] : undefined
  const compared = named === undefined ? word : { ...word, measure: named }
  let degree: Found["degree"] = "plain"
  let amount: Token | undefined
  let start = at
  for (let before = at - 1; before >= 0; before--) {
    const token = tokens[before]
    const said = DEGREES[token?.word ?? ""]
    if (token?.kind === "number" && !amount) amount = token
    else if (said) degree = said === "none" ? degree : said
    else break
    start = before
  }
  // The article of "a wider band" is no part of what is said.
  const first = tokens[start]
  if (first?.kind === "word" && first.word === "a" && start + 1 === at) start = at
  let end = named === undefined ? at : at + 1
  const by = tokens[end + 1]?.word === "by" ? tokens[end + 2] : undefined
  if (by?.kind === "number" && !amount) [amount, end] = [by, end + 2]
  const places = Array.from({ length: end - start + 1 }, (_, offset) => start + offset)
  return { ...compared, degree, amount, places, start, end }
}

/** "twice as wide", "double the width", "half as thick". */
function multipliedAt(tokens: readonly Token[], at: number): Found | undefined {
  const word = tokens[at]?.word ?? ""
  const factor = { twice: 2, double: 2, half: 0.5 }[word]
  const link = tokens[at + 1]?.word
  const measure = ADJECTIVES[tokens[at + 2]?.word ?? ""]
  if (!factor || (link !== "as" && link !== "the") || !measure) return undefined
  return {
    measure,
    factor,
    sign: factor > 1 ? 1 : -1,
    degree: "plain",
    amount: undefined,
    places: [at, at + 1, at + 2],
    start: at,
    end: at + 2,
  }
}

/** The word of a field that a token names; the value a field has now ("the ruby") stands for the field. */
function nounOf(
  token: Token,
  measures: readonly Measure[],
  parameters: Readonly<Record<string, string | number>>,
): string | undefined {
  if (token.kind !== "word" || COMPARATIVES.has(token.word) || ADJECTIVES[token.word]) return undefined
  const field = Object.entries(parameters).find(([, value]) => value === token.word)?.[0]
  if (field && measures.some((it) => it.words.has(field))) return field
  return measures.some((it) => it.words.has(token.word)) ? token.word : undefined
}

function nounAfter(tokens: readonly Token[], nouns: readonly (string | undefined)[], end: number) {
  const at = tokens[end + 1]?.word === "the" ? end + 2 : end + 1
  const word = nouns[at]
  return word === undefined ? undefined : { word, at }
}

function nounBefore(nouns: readonly (string | undefined)[], start: number) {
  for (let at = start - 1; at >= 0; at--) {
    const word = nouns[at]
    if (word !== undefined) return { word, at }
  }
  return undefined
}

function fittingMeasures(
  { measure, amount }: Found,
  noun: string | undefined,
  measures: readonly Measure[],
): Measure[] {
  if (amount?.unit?.kind === "carat") return measures.filter((it) => it.unit === "ct")
  if (measure === "count")
    return noun ? measures.filter((it) => it.name.has(noun) && (it.allowed || it.unit === "ct")) : []
  const lengths = measures.filter((it) => it.unit === "mm")
  if (measure === "bulk" && noun === undefined)
    return lengths.filter((it) => it.name.has("width") || it.name.has("thickness"))
  if (noun === undefined) return measure === "size" ? [] : lengths.filter((it) => it.name.has(measure))
  const about = lengths.filter((it) => it.words.has(noun))
  const isMeant = (it: Measure) =>
    measure === "size" ? [...EXTENTS].some((word) => it.words.has(word)) : it.words.has(measure)
  const exact = about.filter(isMeant)
  return exact.length > 0 ? exact : about
}

const BEFORE_TARGET = new Set("like to at about around say maybe so please pls try".split(" "))

/** "a little thicker, 2 mm", "a bigger stone, like 2 carats": the number that is meant, of the same thing. */
function targetAfter(
  tokens: readonly Token[],
  end: number,
  noun: string | undefined,
  about: readonly Measure[],
  measures: readonly Measure[],
): { to: number; measure: Measure; places: number[] } | undefined {
  let at = end + 1
  while (tokens[at]?.kind === "break" || BEFORE_TARGET.has(tokens[at]?.word ?? "")) at++
  const token = tokens[at]
  if (token?.kind !== "number" || token.value === undefined || at === end + 1) return undefined
  const only = about.length === 1 ? about[0] : undefined
  if (!token.unit && (!only || only.allowed)) return undefined
  const after = tokens[at + 1]
  if (after && after.kind !== "break" && !BEFORE_TARGET.has(after.word) && after.word !== "and") return undefined
  const unit = token.unit ? { length: "mm", carat: "ct" }[token.unit.kind as string] : only?.unit
  const same = about.filter((it) => it.unit === unit)
  const named =
    same.length > 0 || noun === undefined ? same : measures.filter((it) => it.unit === unit && it.words.has(noun))
  const [measure, ...others] = named
  if (!measure || others.length > 0) return undefined
  const places = Array.from({ length: at - end }, (_, offset) => end + 1 + offset)
  return { to: token.value * (token.unit?.factor ?? 1), measure, places }
}

/** The number in the unit of what it changes; undefined when it counts something else. */
function amountFor(
  token: Token | undefined,
  fitting: readonly Measure[],
): { amount?: number; share?: number } | undefined {
  if (!token || token.value === undefined) return {}
  if (token.value <= 0) return undefined
  if (token.unit?.kind === "share") return { share: token.value }
  if (token.unit?.kind === "length" || token.unit?.kind === "carat") return { amount: token.value * token.unit.factor }
  return token.unit === undefined && fitting.every((it) => it.allowed) ? { amount: token.value } : undefined
}
