import { Question, UserError } from "#src/errors.ts"
import { readFraction, writeFraction } from "#src/design/size-text.ts"

/** How ring sizes are counted. `iso` is the circumference (also EU, DE, FR), `it` the circumference less 40 (also ES, NL, CH). */
export const sizeSystems = ["us", "uk", "iso", "it", "jp", "diameter"] as const
export type SizeSystem = (typeof sizeSystems)[number]

export interface RingSize {
  system: SizeSystem
  /** As the system writes it: "7 1/4", "N½", "54". */
  text: string
  /** Inner diameter of the bore, mm. */
  diameterMm: number
}

interface Scale {
  title: string
  /** Words that name the system in a sentence. */
  words: readonly string[]
  least: number
  most: number
  step: number
  /** Said when a size is out of range or between steps. */
  range: string
  /** Position on the scale → inner diameter, mm. */
  diameter(at: number): number
  position(diameterMm: number): number
  read(text: string): number | undefined
  write(at: number): string
}

const UK_LAST_LETTER = 25
const halfLetter = /^([a-z])(?:\s*\+\s*(\d))?\s*(½|1\/2|[.,]5)?$/i

/**
 * Sources: Wikipedia "Ring size", ISO 8653:2016; US d = 11.63 + 0.8128 n mm, UK c = 37.5 + 1.25 i mm (A = 0), IT c − 40,
 * JP d = (n + 38)/3 mm.
 */
const scales: Record<SizeSystem, Scale> = {
  us: {
    title: "US",
    words: ["us", "usa", "american", "america", "ca", "canada", "canadian", "mx", "mexico", "mexican"],
    least: 0,
    most: 16,
    step: 0.25,
    range: "US sizes go from 0 to 16 in quarters (11.63 to 24.63 mm across), e.g. 7 or 7 1/4",
    diameter: (at) => 11.63 + 0.8128 * at,
    position: (diameterMm) => (diameterMm - 11.63) / 0.8128,
    read: readFraction,
    write: writeFraction,
  },
  uk: {
    title: "UK",
    words: ["uk", "gb", "british", "ie", "irish", "ireland", "au", "australian", "australia", "nz", "new zealand"],
    least: 0,
    most: 31,
    step: 0.5,
    range: "UK sizes go from A to Z, then Z+1 to Z+6, with halves (11.94 to 24.27 mm across), e.g. N or N½",
    diameter: (at) => (37.5 + 1.25 * at) / Math.PI,
    position: (diameterMm) => (diameterMm * Math.PI - 37.5) / 1.25,
    read: readLetter,
    write: writeLetter,
  },
  iso: {
    title: "ISO",
    words: ["iso", "eu", "european", "de", "german", "germany", "fr", "french", "france", "at", "be", "circumference"],
    least: 36,
    most: 78,
    step: 0.1,
    range: "ISO sizes are the inner circumference, 36 to 78 mm, e.g. 54",
    diameter: (at) => at / Math.PI,
    position: (diameterMm) => diameterMm * Math.PI,
    read: readFraction,
    write: (at) => String(at),
  },
  it: {
    title: "Italian",
    words: ["it", "italian", "italy", "es", "spanish", "spain", "nl", "dutch", "ch", "swiss", "switzerland"],
    least: 1,
    most: 38,
    step: 0.5,
    range: "Italian, Spanish, Dutch and Swiss sizes go from 1 to 38 with halves (13.05 to 24.83 mm across), e.g. 14",
    diameter: (at) => (at + 40) / Math.PI,
    position: (diameterMm) => diameterMm * Math.PI - 40,
    read: readFraction,
    write: (at) => String(at),
  },
  jp: {
    title: "Japanese",
    words: ["jp", "japanese", "japan"],
    least: 1,
    most: 36,
    step: 0.5,
    range: "Japanese sizes go from 1 to 36 with halves (13 to 24.67 mm across), e.g. 13",
    diameter: (at) => (at + 38) / 3,
    position: (diameterMm) => 3 * diameterMm - 38,
    read: readFraction,
    write: (at) => String(at),
  },
  diameter: {
    title: "inner diameter",
    words: ["diameter", "inner diameter", "inside diameter", "mm across"],
    least: 11.5,
    most: 25,
    step: 0.01,
    range: "The inner diameter may be 11.5 to 25 mm, e.g. 17.3",
    diameter: (at) => at,
    position: (diameterMm) => diameterMm,
    read: readFraction,
    write: (at) => String(at),
  },
}

/** Words people use for each system, for readers of sentences. */
export const sizeSystemWords: Record<SizeSystem, readonly string[]> = mapSystems((system) => scales[system].words)

/**
 * Reads a ring size. The system comes from the words in the text ("UK N½", "17.3 mm"), else from `system`, else from letters
 * (UK), else from the locale, else from there being only one that fits. Throws UserError with the allowed range, or a Question
 * on `size_system` when several systems could be meant.
 */
export function readRingSize(text: string, options: { system?: SizeSystem; locale?: string } = {}): RingSize {
  const spoken = takeSystemWords(text)
  const system = options.system ?? spoken.system
  if (options.system && spoken.system && options.system !== spoken.system)
    throw new UserError(
      `The size "${shown(text)}" names the ${scales[spoken.system].title} system, but ${scales[options.system].title} was asked for.`,
      "Give only one of the two.",
    )
  if (system) return readIn(system, spoken.rest, text)
  if (halfLetter.test(spoken.rest)) return readIn("uk", spoken.rest, text)
  const able = sizeSystems.filter((it) => positionIn(it, spoken.rest) !== undefined)
  const local = systemOfLocale(options.locale)
  if (local && able.includes(local)) return readIn(local, spoken.rest, text)
  if (able.length === 1 && able[0]) return readIn(able[0], spoken.rest, text)
  if (able.length === 0)
    throw new UserError(
      `"${shown(text)}" is not a ring size of any system.`,
      `${scales.us.range}; ${scales.uk.range}; ${scales.iso.range}.`,
    )
  throw new Question(
    `Which ring size system is "${shown(text)}"?`,
    "size_system",
    able.map((it) => ({ value: it, label: sizeInWords(readIn(it, spoken.rest, text)) })),
  )
}

/** The size that a text without system words means in one system; undefined when it is none. */
export function tryRingSize(text: string, system: SizeSystem): RingSize | undefined {
  const spoken = takeSystemWords(text)
  if (spoken.system && spoken.system !== system) return undefined
  const at = positionIn(system, spoken.rest)
  return at === undefined ? undefined : sizeAt(system, at)
}

/** The size of `system` that is nearest to an inner diameter, with that size's own diameter. Undefined outside its range. */
export function nearestSize(system: SizeSystem, diameterMm: number): RingSize | undefined {
  const scale = scales[system]
  const at = onStep(scale, scale.position(diameterMm))
  if (!(at >= scale.least && at <= scale.most)) return undefined
  return sizeAt(system, at)
}

/** The nearest size in every system that reaches this diameter. */
export function nearestSizes(diameterMm: number): RingSize[] {
  return sizeSystems.map((system) => nearestSize(system, diameterMm)).filter((size) => size !== undefined)
}

/** "US 7, 17.32 mm across". */
export function sizeInWords(size: RingSize): string {
  const across = `${size.diameterMm.toFixed(2)} mm across`
  return size.system === "diameter" ? across : `${scales[size.system].title} ${size.text}, ${across}`
}

/** "US 7", "17.3 mm". */
export function sizeName(size: Pick<RingSize, "system" | "text">): string {
  return size.system === "diameter" ? `${size.text} mm` : `${scales[size.system].title} ${size.text}`
}

const systemByPlace: readonly [SizeSystem, regions: string, languages: string][] = [
  ["us", "US CA MX", ""],
  ["uk", "GB IE AU NZ", ""],
  ["iso", "DE FR AT BE DK SE NO FI", "de fr da sv nb nn no fi"],
  ["it", "IT ES NL CH", "it es nl"],
  ["jp", "JP", "ja"],
]

/** The system usual where a BCP 47 locale is spoken: its region decides, then its language; English alone decides nothing. */
export function systemOfLocale(locale: string | undefined): SizeSystem | undefined {
  const [language = "", ...rest] = (locale ?? "").split(/[-_]/)
  const region = rest.find((part) => /^[a-z]{2}$/i.test(part))?.toUpperCase()
  const byRegion = systemByPlace.find(([, regions]) => region && regions.split(" ").includes(region))
  const byLanguage = systemByPlace.find(([, , languages]) => languages.split(" ").includes(language.toLowerCase()))
  return (byRegion ?? (language ? byLanguage : undefined))?.[0]
}

function sizeAt(system: SizeSystem, at: number): RingSize {
  return { system, text: scales[system].write(at), diameterMm: scales[system].diameter(at) }
}

function readIn(system: SizeSystem, rest: string, text: string): RingSize {
  const scale = scales[system]
  const at = positionIn(system, rest)
  if (at !== undefined) return sizeAt(system, at)
  const read = scale.read(rest)
  const inside = read !== undefined && read >= scale.least && read <= scale.most
  const closest = inside ? ` The closest is ${scale.write(onStep(scale, read))}.` : ""
  throw new UserError(`"${shown(text)}" is not a size on the ${scale.title} scale.`, `${scale.range}.${closest}`)
}

function positionIn(system: SizeSystem, rest: string): number | undefined {
  const scale = scales[system]
  const read = scale.read(rest)
  if (read === undefined || read < scale.least || read > scale.most) return undefined
  const at = onStep(scale, read)
  return Math.abs(at - read) < 1e-6 ? at : undefined
}

function onStep(scale: Scale, position: number): number {
  return Number((Math.round(position / scale.step) * scale.step).toFixed(2))
}

/** Splits "UK N½", "54 EU", "17.3 mm" into the system named and the rest. Millimetres from 30 up can only be a circumference. */
function takeSystemWords(text: string): { system?: SizeSystem; rest: string } {
  let rest = text
    .trim()
    .toLowerCase()
    .replace(/\bsize\b|\bring\b/g, " ")
  let system: SizeSystem | undefined
  for (const candidate of sizeSystems)
    for (const word of [...scales[candidate].words].sort((a, b) => b.length - a.length)) {
      const without = rest.replace(new RegExp(`(?<![a-z])${word}(?![a-z])`), " ")
      if (without === rest) continue
      rest = without
      system ??= candidate
    }
  if (/mm\b/.test(rest)) {
    rest = rest.replace(/mm\b/, " ")
    system ??= (readFraction(rest.trim()) ?? 0) < 30 ? "diameter" : "iso"
  }
  rest = rest.replace(/\s+/g, " ").trim()
  return system ? { system, rest } : { rest }
}

function readLetter(text: string): number | undefined {
  const match = halfLetter.exec(text)
  if (!match?.[1]) return undefined
  const index = match[1].toUpperCase().charCodeAt(0) - 65
  const beyond = Number(match[2] ?? 0)
  if (beyond > 0 && index !== UK_LAST_LETTER) return undefined
  return index + beyond + (match[3] ? 0.5 : 0)
}

function writeLetter(at: number): string {
  const whole = Math.floor(at)
  const letter = whole <= UK_LAST_LETTER ? String.fromCharCode(65 + whole) : `Z+${whole - UK_LAST_LETTER}`
  return at > whole ? `${letter}½` : letter
}

function mapSystems<T>(value: (system: SizeSystem) => T): Record<SizeSystem, T> {
  return Object.fromEntries(sizeSystems.map((system) => [system, value(system)])) as Record<SizeSystem, T> // every system is a key
}

function shown(text: string): string {
  return text.slice(0, 40)
}
