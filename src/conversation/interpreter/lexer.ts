import { isKarat, unitOf } from "#src/conversation/interpreter/units.ts"
import type { Unit } from "#src/conversation/interpreter/units.ts"
import { readNumber, readNumberWords } from "#src/conversation/interpreter/numbers.ts"
import { stem } from "#src/conversation/interpreter/words.ts"

export interface Token {
  /** word: letters · number: has a value · quoted: text between quotes · break: comma, stop, bracket · symbol: any other sign. */
  kind: "word" | "number" | "quoted" | "break" | "symbol"
  raw: string
  /** What is compared: singular, lower case; for quoted text the text inside the quotes. */
  word: string
  value?: number
  unit?: Unit
  /** Said of several: "diamonds". */
  plural?: boolean
  /** Characters of the sentence. */
  start: number
  end: number
}

const QUOTES: Readonly<Record<string, string>> = {
  '"': '"',
  "“": "”",
  "„": "“",
  "«": "»",
  "`": "`",
  "'": "'",
  "‘": "’",
}
const BREAKS = new Set([",", ".", ";", ":", "=", "!", "?", "(", ")", "…", "–", "—", "\n", "*"])
const WORD = /^(?:\p{L}\+\d½?(?![\p{L}\p{N}])|\p{L}[\p{L}\p{M}\p{N}'’_¼½¾]*)/u
/** Ids as other programs make them (uuid, prefix_random) stay whole although they hold hyphens. */
const IDENTIFIER = /^(?=[\w-]*\d)(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{10,}|[A-Za-z]+[_][\w-]{3,})/i
/** Signs of a good mood, and the selector that makes a sign colourful. */
const FRIENDLY = new Set("😀 🙂 😊 🙏 ✨ ❤ 💍 👍 😄 😁 🥰 🎉 \u{FE0F}".split(" "))

/** Splits a sentence into tokens. Every visible character ends up in one, so that nothing can be dropped unseen. */
export function lex(sentence: string): Token[] {
  return joinUnits(joinNumberWords(scan(sentence)), sentence)
}

function scan(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const rest = text.slice(at)
    const space = /^(?:[^\S\n])+/.exec(rest)
    if (space) {
      at += space[0].length
      continue
    }
    const token = readQuoted(text, at) ?? readAmount(text, at) ?? readWord(text, at) ?? readSign(text, at)
    if (token.raw !== "-" && !FRIENDLY.has(token.raw)) tokens.push(token)
    at = token.end
  }
  return tokens
}

function readQuoted(text: string, at: number): Token | undefined {
  const open = text[at] ?? ""
  const close = QUOTES[open]
  if (!close || (at > 0 && /[\p{L}\p{N}]/u.test(text[at - 1] ?? ""))) return undefined
  const end = text.indexOf(close, at + 1)
  if (end < at + 2 || /[\p{L}\p{N}]/u.test(text[end + 1] ?? "")) return undefined
  return { kind: "quoted", raw: text.slice(at, end + 1), word: text.slice(at + 1, end).trim(), start: at, end: end + 1 }
}

function readAmount(text: string, at: number): Token | undefined {
  const before = text[at - 1] ?? " "
  const sign = /[-−+]/.test(text[at] ?? "")
  if (sign && !/[\s(,:=]/.test(before)) return undefined
  // "Gold,6 prongs" is a comma between two things, not 0.6.
  if (/[.,]/.test(text[at] ?? "") && /[\p{L}\p{N}]/u.test(before)) return undefined
  if (IDENTIFIER.test(text.slice(at))) return undefined
  const read = readNumber(text.slice(at))
  if (!read) return undefined
  const end = at + read.length
  const glued = /^[\p{L}°]+/u.exec(text.slice(end))?.[0] ?? ""
  if (glued && !unitOf(glued, true) && !isKarat(read.value, glued.toLowerCase(), [])) {
    const all = /^[\p{L}\p{N}.,/]*[\p{L}\p{N}]/u.exec(text.slice(at))?.[0] ?? text.slice(at, end + glued.length)
    return { kind: "word", raw: all, word: stem(all), start: at, end: at + all.length }
  }
  const raw = text.slice(at, end)
  return { kind: "number", raw, word: raw, value: read.value, start: at, end }
}

function readWord(text: string, at: number): Token | undefined {
  const rest = text.slice(at)
  const short = /^w\/(o\b)?(?=\s|[\p{L}\p{N}]|$)/iu.exec(rest)
  if (short)
    return { kind: "word", raw: short[0], word: short[1] ? "without" : "with", start: at, end: at + short[0].length }
  const whole = IDENTIFIER.exec(rest)?.[0] ?? WORD.exec(rest)?.[0]
  if (whole === undefined) return undefined
  // "size6.5" is one piece until `unglue` knows better.
  const decimals = /\p{L}\d+$/u.test(whole) ? (/^[.,]\d+(?![\d\p{L}])/u.exec(rest.slice(whole.length))?.[0] ?? "") : ""
  const raw = whole + decimals
  const word = IDENTIFIER.test(rest) ? raw : stem(raw)
  const token: Token = { kind: "word", raw, word, start: at, end: at + raw.length }
  return /s$/i.test(raw) && !/['’]s$/i.test(raw) && !word.endsWith("s") ? { ...token, plural: true } : token
}

/** "US7", "4prongs": a known word glued to a number, where the whole is no known word, becomes the two that were meant. */
export function unglue(tokens: readonly Token[], known: ReadonlySet<string>): Token[] {
  return tokens.flatMap((token) => {
    const leading =
      token.kind === "word" && !known.has(token.word) ? /^(\d{1,3}(?:[.,]\d{1,3})?)(\p{L}{3,})$/u.exec(token.raw) : null
    const [, number = "", noun = ""] = leading ?? []
    const value = readNumber(number)
    if (leading && value?.length === number.length && known.has(stem(noun))) {
      const middle = token.start + number.length
      return [
        { kind: "number" as const, raw: number, word: number, value: value.value, start: token.start, end: middle },
        { kind: "word" as const, raw: noun, word: stem(noun), start: middle, end: token.end },
      ]
    }
    const parts = token.kind === "word" && !known.has(token.word) ? /^(\p{L}{2,})(\d.*)$/u.exec(token.raw) : null
    const [, letters = "", digits = ""] = parts ?? []
    const read = readNumber(digits)
    if (!known.has(stem(letters)) || read?.length !== digits.length) return [token]
    const middle = token.start + letters.length
    return [
      { kind: "word", raw: letters, word: stem(letters), start: token.start, end: middle },
      { kind: "number", raw: digits, word: digits, value: read.value, start: middle, end: token.end },
    ]
  })
}

function readSign(text: string, at: number): Token {
  const raw = String.fromCodePoint(text.codePointAt(at) ?? 32)
  // A number that could not be read for certain ("1,500", "1.2.3") stays one visible piece.
  const digits = /^\d[\d.,/]*\d/.exec(text.slice(at))?.[0] ?? raw
  const kind = digits.length === raw.length && BREAKS.has(raw) ? "break" : "symbol"
  const word = raw === "&" || raw === "+" ? "and" : digits
  return { kind: word === "and" ? "word" : kind, raw: digits, word, start: at, end: at + digits.length }
}

/** "seven" carries its value and stays a word for phrases such as "six prong"; longer forms become one number. */
function joinNumberWords(tokens: readonly Token[]): Token[] {
  const joined: Token[] = []
  for (let at = 0; at < tokens.length;) {
    const token = tokens[at]
    if (!token) break
    const words = tokens.slice(at, at + 6).map((it) => (it.kind === "word" ? it.raw.toLowerCase() : ""))
    const read = token.kind === "word" ? readNumberWords(words) : undefined
    const next = read ? tokens[at + read.count] : undefined
    const isUnit = next?.kind === "word" && unitOf(next.raw, false) !== undefined
    const last = tokens[at + (read?.count ?? 1) - 1] ?? token
    if (read && (!read.isPart || isUnit)) {
      const single = read.count === 1
      joined.push({
        ...token,
        kind: "number",
        raw: single ? token.raw : words.slice(0, read.count).join(" "),
        value: read.value,
        end: last.end,
      })
      at += read.count
    } else if (
      (token.word === "a" || token.word === "an") &&
      tokens[at + 1]?.kind === "word" &&
      /^(carat|ct)$/.test(tokens[at + 1]?.word ?? "")
    ) {
      joined.push({ ...token, kind: "number", value: 1 })
      at++
    } else {
      const half = token.kind === "number" ? halfAfter(tokens, at) : undefined
      joined.push(half ?? token)
      at += half ? half.count : 1
    }
  }
  return joined
}

/** "7 and a half". */
function halfAfter(tokens: readonly Token[], at: number): (Token & { count: number }) | undefined {
  const token = tokens[at]
  const words = ["one", ...tokens.slice(at + 1, at + 4).map((it) => it.raw.toLowerCase())]
  const read = readNumberWords(words)
  const last = tokens[at + 3]
  if (!token || !last || read?.count !== 4 || token.value === undefined || !Number.isInteger(token.value))
    return undefined
  return {
    ...token,
    raw: `${token.raw} ${words.slice(1).join(" ")}`,
    value: token.value + read.value - 1,
    end: last.end,
    count: 4,
  }
}

/** "2 mm", "2mm", "two-millimetre" become one number with a unit; "14 karat" and "18ct gold" become the word "14k". */
function joinUnits(tokens: readonly Token[], text: string): Token[] {
  const joined: Token[] = []
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]
    if (!token) break
    const next = tokens[at + 1]
    const isWord = next?.kind === "word" || next?.kind === "symbol"
    if (token.kind !== "number" || token.value === undefined || !next || !isWord) {
      joined.push(token)
      continue
    }
    const after = tokens.slice(at + 2, at + 4).map((it) => it.word)
    const raw = text.slice(token.start, next.end)
    const unit = unitOf(next.raw, next.start === token.end)
    if (isKarat(token.value, next.raw.toLowerCase(), after)) {
      joined.push({ kind: "word", raw, word: `${token.value}k`, start: token.start, end: next.end })
      at++
    } else if (unit) {
      joined.push({ ...token, raw, unit, end: next.end })
      at++
    } else joined.push(token)
  }
  return joined
}
