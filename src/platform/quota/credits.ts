import type { Amounts, Unit } from "#src/platform/quota/units.ts"
import { units } from "#src/platform/quota/units.ts"

/** Credits per unit. */
export type Prices = Partial<Record<Exclude<Unit, "credits" | "storage_bytes">, number>>

/** A GPU second is the measure; a CPU is some ten times cheaper, and a thousand tokens are about a second of a GPU. */
export const DEFAULT_PRICES: Prices = { gpu_seconds: 1, cpu_seconds: 0.1, llm_tokens: 0.001 }

export const PRICE = /^(jobs|cpu_seconds|gpu_seconds|llm_tokens)=\d{1,6}(\.\d{1,6})?$/

/** A price list as settings give it, such as "gpu_seconds=1": what it does not name costs nothing. Undefined when empty. */
export function pricesOf(words: readonly string[]): Prices | undefined {
  if (words.length === 0) return undefined
  return Object.fromEntries(words.map((word) => word.split("=")).map(([unit, price]) => [unit, Number(price)]))
}

/** Adds the credits of these amounts, rounded up to whole ones for each job or call. */
export function withCredits(amounts: Amounts, prices: Prices): Amounts {
  const exact = units.reduce(
    (sum, unit) =>
      sum + (unit === "credits" || unit === "storage_bytes" ? 0 : (amounts[unit] ?? 0) * (prices[unit] ?? 0)),
    0,
  )
  // 30 × 0.1 is 3.0000000000000004.
  return { ...amounts, credits: Math.ceil(Number(exact.toFixed(6))) }
}
