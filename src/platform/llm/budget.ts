import type { LanguageModelV4 } from "@ai-sdk/provider"
import { UserError } from "#src/errors.ts"
import { layer } from "#src/platform/llm/layer.ts"
import { estimateInput } from "#src/platform/llm/tokens.ts"

/** With less room than this no sensible answer fits. */
const LEAST_ANSWER_TOKENS = 256

/**
 * Keeps prompt and answer within what the server really keeps: some (Ollama) drop the beginning of a longer prompt without a
 * word. Throws UserError "too_large"; a chain then tries a model with more room.
 */
export function withBudget(model: LanguageModelV4, contextTokens: () => number, outputTokens: number): LanguageModelV4 {
  const fit = (options: Parameters<LanguageModelV4["doGenerate"]>[0]) => {
    const input = estimateInput(options)
    const room = contextTokens() - input
    if (room < LEAST_ANSWER_TOKENS)
      throw new UserError(
        `This needs about ${input} tokens, and ${model.provider}/${model.modelId} keeps ${contextTokens()}.`,
        "Start a new conversation or shorten the text; the operator can give the server a longer context and say so in ATELIER_LLM_CONTEXT.",
        "too_large",
      )
    return { ...options, maxOutputTokens: Math.min(options.maxOutputTokens ?? outputTokens, outputTokens, room) }
  }
  return layer(model, {
    generate: async (options, next) => next(fit(options)),
    stream: async (options, next) => next(fit(options)),
  })
}

/** Totals at which Ollama cuts when nobody told it a longer context. */
const SILENT_LIMITS = [2_048, 4_096, 8_192, 16_384, 32_768]

/**
 * The context that a server seems to have cut the prompt to, judged by its own count; undefined when all is well. It counted
 * less than half of what was sent, or exactly one of the usual limits although more than that was sent.
 */
export function truncatedTo(sent: number, counted: { input: number; output: number }): number | undefined {
  const total = counted.input + counted.output
  const exact = SILENT_LIMITS.find((limit) => total === limit || counted.input === limit || counted.input === limit - 1)
  if (exact !== undefined && sent > exact) return exact
  return sent > 1_500 && counted.input < sent / 2 ? Math.max(1_024, total) : undefined
}
