import type { LlmPrice } from "#src/platform/llm/settings.ts"

export interface KnownModel {
  /** The id or its beginning: "gpt-5-mini" also stands for "gpt-5-mini-2025-08-07". The longest match counts. */
  id: string
  contextTokens: number
  /** Dollars per million tokens. */
  price: LlmPrice
}

/** When the figures below were last compared with the lists of the providers. */
export const PRICES_AS_OF = "2025-11-30"

/**
 * List prices of openai.com/api/pricing and docs.claude.com/en/docs/about-claude/pricing, without batch or long-context
 * rates. ATELIER_LLM_PRICES overrides them, and prices models that are not here.
 */
export const knownModels: readonly KnownModel[] = [
  model("gpt-5.1", 400_000, 1.25, 0.125, 10),
  model("gpt-5", 400_000, 1.25, 0.125, 10),
  model("gpt-5-mini", 400_000, 0.25, 0.025, 2),
  model("gpt-5-nano", 400_000, 0.05, 0.005, 0.4),
  model("gpt-4.1", 1_047_576, 2, 0.5, 8),
  model("gpt-4.1-mini", 1_047_576, 0.4, 0.1, 1.6),
  model("gpt-4.1-nano", 1_047_576, 0.1, 0.025, 0.4),
  model("gpt-4o", 128_000, 2.5, 1.25, 10),
  model("gpt-4o-mini", 128_000, 0.15, 0.075, 0.6),
  model("o3", 200_000, 2, 0.5, 8),
  model("o4-mini", 200_000, 1.1, 0.275, 4.4),
  model("claude-opus-4-5", 200_000, 5, 0.5, 25),
  model("claude-opus-4", 200_000, 15, 1.5, 75),
  model("claude-sonnet-4", 200_000, 3, 0.3, 15),
  model("claude-haiku-4-5", 200_000, 1, 0.1, 5),
  model("claude-3-5-haiku", 200_000, 0.8, 0.08, 4),
]

function model(id: string, contextTokens: number, input: number, cachedInput: number, output: number): KnownModel {
  return { id, contextTokens, price: { input, cachedInput, output } }
}

/** What is known of a model id: an exact one, or a dated version ("-20250929", "-2025-08-07", "-latest", "-5-20250929"). */
export function knownModel(id: string): KnownModel | undefined {
  return knownModels
    .filter(
      (known) =>
        id === known.id || (id.startsWith(`${known.id}-`) && /^[\d-]*(?:latest)?$/.test(id.slice(known.id.length))),
    )
    .sort((a, b) => b.id.length - a.id.length)[0]
}

/** Micro-dollars, rounded up to whole ones. */
export function costOf(price: LlmPrice, tokens: { input: number; cachedInput: number; output: number }): number {
  const fresh = Math.max(0, tokens.input - tokens.cachedInput)
  return Math.ceil(fresh * price.input + tokens.cachedInput * price.cachedInput + tokens.output * price.output)
}
