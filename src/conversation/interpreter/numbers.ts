/** Numbers as people write them: digits, decimal comma, fractions, simple number words. */

const SIGNS: Readonly<Record<string, number>> = {
  "¼": 1 / 4,
  "½": 1 / 2,
  "¾": 3 / 4,
  "⅓": 1 / 3,
  "⅔": 2 / 3,
  "⅛": 1 / 8,
  "⅜": 3 / 8,
  "⅝": 5 / 8,
  "⅞": 7 / 8,
}
const SIGN_CLASS = Object.keys(SIGNS).join("")

/** Anchored at the start of the text: optional sign, then mixed fraction, fraction, fraction sign or decimal number. */
const PATTERN = new RegExp(
  `^([-−+]?)(?:(\\d{1,6})(?:\\s+|-)(\\d{1,3})/(\\d{1,3})(?![\\d/])|(\\d{1,3})/(\\d{1,3})(?![\\d/])|(\\d{0,6})\\s?([${SIGN_CLASS}])|(\\d{1,15}(?:[.,]\\d{1,12})?|[.,]\\d{1,12}))`,
)

export interface NumberText {
  value: number
  /** Characters read. */
  length: number
}

/**
 * Reads the number a text starts with; undefined when it starts with none, or with one that can be read in two ways
 * ("1,500" is one and a half thousand to some and one and a half to others).
 */
export function readNumber(text: string): NumberText | undefined {
  const match = PATTERN.exec(text)
  if (!match) return undefined
  const [all, sign, whole, over, under, overAlone, underAlone, wholeSign, fractionSign, decimal] = match
  const negative = sign === "-" || sign === "−" ? -1 : 1
  const divided = (a: string | undefined, b: string | undefined) => Number(a) / Number(b)
  const value =
    decimal !== undefined
      ? Number(decimal.replace(",", "."))
      : fractionSign !== undefined
        ? Number(wholeSign || 0) + (SIGNS[fractionSign] ?? Number.NaN)
        : whole === undefined
          ? divided(overAlone, underAlone)
          : Number(whole) + divided(over, under)
  if (!Number.isFinite(value)) return undefined
  if (/^[1-9]\d{0,2},\d{3}$/.test(decimal ?? "")) return undefined
  if (/^[.,]\d/.test(text.slice(all.length)) || /^\s?\/\s?\d/.test(text.slice(all.length))) return undefined
  return { value: value * negative, length: all.length }
}

const ONES =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  )
const TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
const PARTS: Readonly<Record<string, number>> = {
  half: 0.5,
  quarter: 0.25,
  third: 1 / 3,
  eighth: 1 / 8,
  tenth: 1 / 10,
  sixteenth: 1 / 16,
}

/** "seven" → 7, "forty" → 40; undefined for other words. */
export function numberWord(word: string): number | undefined {
  const one = ONES.indexOf(word)
  if (one >= 0) return one
  const ten = word === "" ? -1 : TENS.indexOf(word)
  return ten >= 2 ? ten * 10 : undefined
}

/** "half" → 0.5, "quarters" → 0.25. */
function partWord(word: string): number | undefined {
  return PARTS[word.replace(/s$/, "")]
}

/**
 * Number words at the start of a list of words: "twenty five", "one and a half", "three quarters of a", "half a".
 * `parts` alone count as a number only when the caller sees a unit after them.
 */
export function readNumberWords(
  words: readonly string[],
): { value: number; count: number; isPart: boolean } | undefined {
  const first = words[0] ?? ""
  const part = partWord(first)
  if (part !== undefined) return { value: part, count: 1 + articlesAt(words, 1), isPart: true }
  if ((first === "a" || first === "an") && partWord(words[1] ?? "") !== undefined)
    return { value: partWord(words[1] ?? "") ?? 0, count: 2 + articlesAt(words, 2), isPart: true }
  let value = numberWord(first)
  if (value === undefined) return undefined
  let count = 1
  const decimals = words[1] === "point" ? decimalsAt(words, 2) : ""
  if (decimals) return { value: Number(`${value}.${decimals}`), count: 2 + decimals.length, isPart: false }
  const second = numberWord(words[1] ?? "")
  if (value >= 20 && second !== undefined && second > 0 && second < 10) [value, count] = [value + second, 2]
  const times = partWord(words[count] ?? "")
  if (times !== undefined && value < 10)
    return { value: value * times, count: count + 1 + articlesAt(words, count + 1), isPart: true }
  const tail = words.slice(count, count + 3)
  const joined = tail[0] === "and" ? tail.slice(1) : []
  if (joined[0] === "a" && partWord(joined[1] ?? "") !== undefined)
    return { value: value + (partWord(joined[1] ?? "") ?? 0), count: count + 3, isPart: false }
  if (joined[0] !== undefined && partWord(joined[0]) !== undefined)
    return { value: value + (partWord(joined[0]) ?? 0), count: count + 2, isPart: false }
  return { value, count, isPart: false }
}

/** "two five" → "25". */
function decimalsAt(words: readonly string[], at: number): string {
  const digit = ONES.indexOf(words[at] ?? "")
  return digit >= 0 && digit <= 9 ? `${digit}${decimalsAt(words, at + 1)}` : ""
}

/** Length of "a", "an", "of a", "of an" at this place. */
function articlesAt(words: readonly string[], at: number): number {
  const isArticle = (word: string | undefined) => word === "a" || word === "an"
  if (isArticle(words[at])) return 1
  return words[at] === "of" && isArticle(words[at + 1]) ? 2 : 0
}
