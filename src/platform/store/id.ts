import { randomBytes } from "node:crypto"

// Crockford's base 32: no i, l, o, u, so that an id read aloud or copied by hand stays the same.
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

/** "art_7k2m9…": a prefix that says what it is and 80 random bits. */
export function newId(prefix: string): string {
  let text = ""
  // 256 is a multiple of 32, so the remainder is unbiased.
  for (const byte of randomBytes(16)) text += ALPHABET.charAt(byte % 32)
  return `${prefix}_${text}`
}
