import { isOneOf } from "#src/conversation/interpreter/finding.ts"
import { lex } from "#src/conversation/interpreter/lexer.ts"
import { DECORATION, FILLERS } from "#src/conversation/interpreter/words.ts"

const MAX_CLAUSES = 5
/** Ends of sentences, "then", and an "and" before another order. */
const SEAMS =
  /(?<=[.!?;])\s+|\n+|,?\s+(?:and\s+)?then\s+(?=\p{L}+\s)|,?\s+and\s+(?=(?:export|save|download|show|undo|make|change|set)\s)/iu
const QUOTED = /["“”«»`]/
const PRAISE = new Set(
  `love like looks look great good nice perfect excellent super cool right sweet thank thanks ty tysm thx omg ooh oh ah
   wow yay hmm hm um lol haha fine done yes yeah yep sure exactly btw tbh that's lets there here hey heyy yo hi hello go it that's thats
   morning evening afternoon cheers that better happy thrilled feels looking she he said`.split(/\s+/),
)

/** The orders of a message one after another: sentences, lines, and what "then" separates. Undefined when it is only one. */
export function clausesOf(text: string): string[] | undefined {
  if (QUOTED.test(text)) return undefined
  const parts = text
    .split(SEAMS)
    .map((it) => it.replace(/[;\s]+$/, "").trim())
    .filter((it) => /[\p{L}\p{N}]/u.test(it))
  return parts.length > 1 && parts.length <= MAX_CLAUSES ? parts : undefined
}

/** "thanks that looks great!": nothing but kind words. */
export function isKindness(clause: string): boolean {
  const tokens = lex(clause)
  return (
    !clause.includes("?") &&
    tokens.every(
      (token) =>
        token.kind === "break" ||
        isOneOf(FILLERS, token) ||
        isOneOf(DECORATION, token) ||
        PRAISE.has(token.raw.toLowerCase().replaceAll("’", "'")),
    )
  )
}
