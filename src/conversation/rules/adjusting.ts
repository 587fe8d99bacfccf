import type { Token } from "#src/conversation/interpreter/lexer.ts"
import type { Comparison } from "#src/conversation/rules/comparisons.ts"
import type { Measure } from "#src/conversation/rules/measures.ts"

/** Verbs that hold their measure. */
const MEASURED: Readonly<Record<string, { measure: string; sign: 1 | -1 }>> = {
  widen: { measure: "width", sign: 1 },
  broaden: { measure: "width", sign: 1 },
  narrow: { measure: "width", sign: -1 },
  slim: { measure: "width", sign: -1 },
  thicken: { measure: "thickness", sign: 1 },
  thin: { measure: "thickness", sign: -1 },
  beef: { measure: "thickness", sign: 1 },
  lengthen: { measure: "length", sign: 1 },
  shorten: { measure: "length", sign: -1 },
  deepen: { measure: "depth", sign: 1 },
  enlarge: { measure: "size", sign: 1 },
  shrink: { measure: "size", sign: -1 },
}
/** Verbs that say only which way; what changes is named beside them. */
const DIRECTED: Readonly<Record<string, 1 | -1>> = { increase: 1, reduce: -1, decrease: -1 }
/** These move things as well ("raise the stone"), so they need a measure by its own name, or carats, and how far. */
const MOVING: Readonly<Record<string, 1 | -1>> = {
  raise: 1,
  boost: 1,
  bump: 1,
  up: 1,
  lower: -1,
  drop: -1,
  cut: -1,
  trim: -1,
}
const EXTENTS = new Set("width thickness diameter size length height depth weight carat".split(" "))
/** Also said of how a thing is: "a thin band" orders no change. */
const ADJECTIVES = new Set(["thin", "slim", "narrow"])
/** Verbs of counting and of amounts: "add two prongs", "take 0.2 mm off the thickness". */
const COUNTED: Readonly<Record<string, 1 | -1>> = { add: 1, remove: -1, lose: -1, take: -1, shave: -1 }
const OFF = new Set(["off", "from", "to", "on"])
const PARTICLES = new Set(["up", "down", "out", "away", "off"])
const DEGREES: Readonly<Record<string, "small" | "large">> = {
  bit: "small",
  little: "small",
  touch: "small",
  tad: "small",
  slightly: "small",
  hair: "small",
  smidge: "small",
  lot: "large",
}
const ARTICLES = new Set(["the", "its", "my", "this", "that", "it"])
const MAX_NAME = 3

const ownOf = <T>(table: Readonly<Record<string, T>>, word: string): T | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined

/**
 * "widen the band to 3 mm", "increase the stone size by 0.5 mm", "thin the band out a bit", "take away two prongs": an order that
 * begins with a verb of change. `places` are the words it took.
 */
export function adjustmentIn(
  tokens: readonly Token[],
  measures: readonly Measure[],
): (Comparison & { places: Set<number> }) | undefined {
  const verb = tokens[0]?.word ?? ""
  const counted = ownOf(COUNTED, verb)
  if (counted !== undefined) return countIn(tokens, measures, counted)
  const measured = ownOf(MEASURED, verb)
  const sign = measured?.sign ?? ownOf(DIRECTED, verb) ?? ownOf(MOVING, verb)
  if (sign === undefined) return undefined
  const walk = newWalk(tokens)
  walk.skip(PARTICLES)
  const hasArticle = walk.skip(ARTICLES)
  const name = walk.name(measures)
  walk.skip(PARTICLES)
  if (name.length === 0 && !(measured && hasArticle)) return undefined
  const fitting = fittingFor(measured?.measure, name, measures)
  const amount = amountAt(walk, fitting)
  if (!amount || (name.length > 0 && amount.fitting.length === 0)) return undefined
  const isNumbered = Object.keys(amount.change).length > 0
  if (ADJECTIVES.has(verb) && !hasArticle && !isNumbered) return undefined
  const isByName = name.some((word) => EXTENTS.has(word)) || amount.fitting.every((it) => it.unit === "ct")
  if (ownOf(MOVING, verb) !== undefined && !(isByName && isNumbered)) return undefined
  return {
    said: saidOf(tokens, walk.places),
    isOrder: true as const,
    fitting: amount.fitting,
    change: { sign, degree: amount.degree, ...amount.change },
    places: walk.places,
  }
}

/** "add two prongs": the number counts, and the field lists what there can be. */
function countIn(tokens: readonly Token[], measures: readonly Measure[], sign: 1 | -1) {
  const walk = newWalk(tokens)
  const hasParticle = walk.skip(PARTICLES)
  const number = walk.next()
  if (number?.kind !== "number" || number.value === undefined || number.value <= 0) return undefined
  if (number.unit) return amountIn(walk, tokens, number, measures, sign)
  if (!hasParticle && tokens[0]?.word === "take") return undefined
  walk.skip(new Set(["more", "extra", "of", "the"]))
  const name = walk.name(measures)
  const fitting = measures.filter((it) => it.allowed && name.length > 0 && name.every((word) => it.name.has(word)))
  if (fitting.length === 0) return undefined
  return {
    said: saidOf(tokens, walk.places),
    isOrder: true as const,
    fitting,
    change: { sign, degree: "plain" as const, amount: number.value },
    places: walk.places,
  }
}

/** "add 0.3 mm to the band width", "shave 0.2 mm off the band". */
function amountIn(walk: Walk, tokens: readonly Token[], number: Token, measures: readonly Measure[], sign: 1 | -1) {
  const unit = { length: "mm", carat: "ct" }[number.unit?.kind as string]
  if (unit === undefined || !walk.skip(OFF)) return undefined
  walk.skip(ARTICLES)
  const name = walk.name(measures)
  const fitting = fittingFor(undefined, name, measures).filter((it) => it.unit === unit)
  if (name.length === 0 || fitting.length === 0) return undefined
  const amount = (number.value ?? 0) * (number.unit?.factor ?? 1)
  return {
    said: saidOf(tokens, walk.places),
    isOrder: true as const,
    fitting,
    change: { sign, degree: "plain" as const, amount },
    places: walk.places,
  }
}

/** The measures that a verb and a name can mean; those named in full before those that only go by the name. */
function fittingFor(measure: string | undefined, name: readonly string[], measures: readonly Measure[]): Measure[] {
  const said = name.join(" ")
  const about = measures.filter((it) => !it.allowed && (it.called.has(said) || name.every((word) => it.name.has(word))))
  if (measure === undefined) {
    const full = about.filter((it) => name.every((word) => it.name.has(word)))
    return full.length > 0 && full.length < about.length && (name.length > 1 || name.every((word) => EXTENTS.has(word)))
      ? full
      : about
  }
  const lengths = about.filter((it) => it.unit === "mm")
  const isMeant = (it: Measure) =>
    measure === "size" ? it.words.has("diameter") || it.words.has("size") : it.name.has(measure)
  const exact = lengths.filter(isMeant)
  // A thing with one measure only is thickened or widened in that one: "beef up the prongs".
  return exact.length > 0 || name.length === 0 ? exact : lengths
}

interface Amount {
  fitting: Measure[]
  degree: Comparison["change"]["degree"]
  change: Partial<Comparison["change"]>
}

/** "by 0.3 mm", "to 2 mm", "a bit", or nothing; undefined when a number cannot be told apart. */
function amountAt(walk: Walk, fitting: Measure[]): Amount | undefined {
  const link = walk.peek()?.word
  if (link === "by" || link === "to") {
    walk.next()
    walk.skip(new Set(["about", "around", "a", "an"]))
    const number = walk.next()
    if (number?.kind !== "number" || number.value === undefined || number.value <= 0) return undefined
    const unit = { length: "mm", carat: "ct" }[number.unit?.kind as string]
    if (link === "by" && number.unit?.kind === "share")
      return { fitting, degree: "plain", change: { share: number.value } }
    if (number.unit && unit === undefined) return undefined
    const own = unit === undefined ? fitting : fitting.filter((it) => it.unit === unit)
    // Without a unit a number of decimals, or the value that it is to have, is meant as the field counts.
    if (unit === undefined && link === "by" && Number.isInteger(number.value)) return undefined
    if (own.length !== 1) return undefined
    const value = number.value * (number.unit?.factor ?? 1)
    return { fitting: own, degree: "plain", change: link === "to" ? { to: value } : { amount: value } }
  }
  walk.skip(new Set(["a", "just", "by"]))
  const degree = DEGREES[walk.peek()?.word ?? ""]
  if (degree) walk.next()
  return { fitting, degree: degree ?? "plain", change: {} }
}

interface Walk {
  places: Set<number>
  peek(): Token | undefined
  next(): Token | undefined
  /** Passes words of the list; true when there were any. */
  skip(words: ReadonlySet<string>): boolean
  /** The words that name measures. */
  name(measures: readonly Measure[]): string[]
}

function newWalk(tokens: readonly Token[]): Walk {
  let at = 1
  const places = new Set([0])
  const next = () => {
    places.add(at)
    return tokens[at++]
  }
  return {
    places,
    peek: () => tokens[at],
    next,
    skip: (words) => {
      const start = at
      for (let token = tokens[at]; token?.kind === "word" && words.has(token.word); token = tokens[at]) next()
      return at > start
    },
    name: (measures) => {
      const found: string[] = []
      for (let token = tokens[at]; token?.kind === "word" && found.length < MAX_NAME; token = tokens[at]) {
        const { word } = token
        if (!measures.some((it) => it.words.has(word))) break
        found.push(word)
        next()
      }
      return found
    },
  }
}

const saidOf = (tokens: readonly Token[], places: ReadonlySet<number>): string =>
  [...places].map((place) => tokens[place]?.raw ?? "").join(" ")
