import { readNumber } from "#src/conversation/interpreter/numbers.ts"

const COUNTS: Readonly<Record<string, number>> = {
  "": 1,
  a: 1,
  one: 1,
  "a full": 1,
  "one full": 1,
  half: 0.5,
  "half a": 0.5,
  "a half": 0.5,
  "one half": 0.5,
  "a quarter": 0.25,
  quarter: 0.25,
  two: 2,
  three: 3,
  four: 4,
  "one and a half": 1.5,
  "a couple of": 2,
}
const COUNT = String.raw`(one and a half|a couple of|one half|one full|a full|a half|half a|a quarter|quarter|half|one|two|three|four|an?|\d{1,2}(?:[.,]\d{1,2})?|½|1\/2)`
const AFTER = new RegExp(String.raw`(?:\b${COUNT}\s+)?\bsizes?\s+(up|down|bigger|larger|smaller)\b`, "i")
const BEFORE = new RegExp(String.raw`\b(?:go\s+|size\s+)?(up|down)\s+(?:by\s+)?${COUNT}\s+sizes?\b`, "i")
/** "size up a quarter", "drop it half a size". */
const SIZED = new RegExp(
  String.raw`^\s*(?:go\s+|take it\s+|bring it\s+)?(?:size|resize)\s+(?:it\s+)?(up|down)\s+(?:by\s+)?${COUNT}(?:\s+(?:of\s+a\s+)?sizes?)?\s*$`,
  "i",
)
const DROPPED = new RegExp(
  String.raw`\b(drop|lower|take|bring|raise|bump)\s+(?:it\s+|this\s+)?(?:(up|down)\s+)?(?:by\s+)?${COUNT}\s+sizes?\b`,
  "i",
)

export interface SizeStep {
  /** Signed number of sizes. */
  by: number
  /** The words it was read from. */
  said: string
  /** The sentence without them. */
  rest: string
}

/** "half a size smaller", "two sizes up", "go down a size"; undefined when the sentence speaks of no such step. */
export function readSizeStep(text: string): SizeStep | undefined {
  const sized = SIZED.exec(text)
  const dropped = sized ? null : droppedIn(text)
  const after = sized || dropped ? null : AFTER.exec(text)
  const match = sized ?? dropped?.match ?? after ?? BEFORE.exec(text)
  if (!match) return undefined
  const [count = "", direction = ""] = dropped
    ? [match[3], dropped.direction]
    : after
      ? [after[1], after[2]]
      : [match[2], match[1]]
  const word = count.toLowerCase().replaceAll(/\s+/g, " ")
  const many = COUNTS[word === "an" ? "a" : word] ?? readNumber(word)?.value
  if (many === undefined || many <= 0 || many > 8) return undefined
  const sign = /up|bigger|larger/i.test(direction) ? 1 : -1
  const rest = `${text.slice(0, match.index)} ${text.slice(match.index + match[0].length)}`
  return { by: sign * many, said: match[0].trim(), rest: rest.trim() }
}

function droppedIn(text: string): { match: RegExpExecArray; direction: string } | undefined {
  const match = DROPPED.exec(text)
  const verb = match?.[1]?.toLowerCase() ?? ""
  const direction = match?.[2] ?? { drop: "down", lower: "down", raise: "up", bump: "up" }[verb]
  return match && direction !== undefined ? { match, direction } : undefined
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/** "US 7" and a half → "US 7.5", "UK N" and a half → "UK N½"; undefined where a size more has no meaning ("17.3 mm"). */
export function stepMark(mark: string, by: number): string | undefined {
  const [, system, at] = /^(\D*?[A-Za-z]+)\s+(.+)$/.exec(mark) ?? []
  if (system === undefined || at === undefined) return undefined
  const letter = /^([A-Z])(½?)$/.exec(at)
  if (letter) {
    const place = LETTERS.indexOf(letter[1] ?? "") + (letter[2] ? 0.5 : 0) + by
    const whole = LETTERS[Math.floor(place)]
    return whole === undefined || place % 0.5 !== 0 ? undefined : `${system} ${whole}${place % 1 === 0 ? "" : "½"}`
  }
  const number = readNumber(at)
  if (!number || number.length !== at.length) return undefined
  return `${system} ${Number((number.value + by).toFixed(2))}`
}
