/** Units people write after a number, as multiples of the unit that tools declare in `.meta({ unit })`. */
export interface Unit {
  /** What is measured; a number fits a field only when both measure the same. */
  kind: "length" | "carat" | "time" | "mass" | "share" | "pixel" | "angle"
  /** In mm, ct, s, g, %, px, degrees. */
  factor: number
}

const unit = (kind: Unit["kind"], factor: number, names: string): [string, Unit][] =>
  names.split(" ").map((name) => [name, { kind, factor }])

const UNITS = new Map<string, Unit>([
  ...unit("length", 1, "mm millimetre millimeter millimetres millimeters"),
  ...unit("length", 10, "cm centimetre centimeter centimetres centimeters"),
  ...unit("length", 1000, "m metre meter metres meters"),
  ...unit("length", 25.4, 'inch inches " ″'),
  ...unit("length", 0.001, "micron microns micrometre micrometres micrometer micrometers µm μm"),
  // "Two point five mil", as it is said at the bench; nobody orders a ring in thousandths of an inch.
  ...unit("length", 1, "mil mils mill"),
  ...unit("carat", 1, "ct cts carat carats crt"),
  ...unit("time", 1, "s sec secs second seconds"),
  ...unit("time", 60, "min mins minute minutes"),
  ...unit("time", 3600, "h hour hours"),
  ...unit("mass", 1, "g gram grams gramme grammes"),
  ...unit("mass", 1000, "kg kilo kilos"),
  ...unit("share", 1, "% percent pct"),
  ...unit("pixel", 1, "px pixel pixels"),
  ...unit("angle", 1, "° deg degree degrees"),
])

/** One letter is a unit only when it touches the number: "5s", but not "size 7 m". */
export function unitOf(word: string, touching: boolean): Unit | undefined {
  if (!touching && word.length === 1 && word !== "%" && word !== "°") return undefined
  return UNITS.get(word.toLowerCase())
}

const KARAT = new Set(["k", "kt", "karat", "karats"])
const FINENESS = new Set([8, 9, 10, 14, 15, 18, 20, 21, 22, 23, 24])
/** A number that tells the fineness of gold, so that "18 carat" may not be a weight. */
export const isFineness = (value: number): boolean => FINENESS.has(value)
const GOLD_TINT = new Set(["yellow", "white", "rose", "red", "pink", "green"])

/**
 * Karat of gold against carats of stone: "14 karat" is always gold; "18 ct" and "18 carat" are gold when the number is a
 * fineness in use and gold is named right after it (British usage), else the weight of a stone.
 */
export function isKarat(value: number, unitWord: string, after: readonly string[]): boolean {
  if (KARAT.has(unitWord)) return Number.isInteger(value) && value > 0 && value < 1000
  if (unitOf(unitWord, true)?.kind !== "carat" || !FINENESS.has(value)) return false
  return after[0] === "gold" || (GOLD_TINT.has(after[0] ?? "") && after[1] === "gold")
}
