import type { LanguageModelV4 } from "@ai-sdk/provider"
import type { Caller } from "#src/studio.ts"

/** What a model is wanted for: quick understanding and tool calls, long texts, judging. */
export type LlmRole = "fast" | "draft" | "judge"

/** One configured model of a role, as `doctor` and `studio_status` show it. */
export interface LlmModel {
  role: LlmRole
  /** Name of the end point in the configuration. */
  endpoint: string
  provider: "openai-compatible" | "openai" | "anthropic"
  model: string
  /** Tokens of prompt and answer together that the server really keeps. */
  contextTokens: number
  breaker: "closed" | "open" | "half-open"
  /** Takes pictures. */
  sees: boolean
}

/** What one or more calls used. Tokens are estimated where the server said nothing. */
export interface LlmUsage {
  model: string
  cached: boolean
  inputTokens: number
  outputTokens: number
  estimated: boolean
  /** Null when no price is known. */
  microUsd: number | null
  /** The model takes pictures: what came along was shown to it. */
  sees: boolean
}

export interface LlmCall {
  caller: Caller
  /** Told after every call that cost something or came from the cache. */
  onUsage?: (usage: LlmUsage) => void
  /** Reuse a stored answer for this long; only where a repeated answer is as good as a new one. Absent = no cache. */
  cacheS?: number
}

/** The one door to language models. */
export interface Llm {
  models(): LlmModel[]
  /**
   * The chain of models of a role as one model for the `ai` SDK: falls through to the next only before the first content,
   * skips models whose breaker is open, holds worst-case quota before and settles after, redacts secrets.
   * Undefined when none is configured for the role.
   */
  model(role: LlmRole, call: LlmCall): LanguageModelV4 | undefined
  /** Smallest context of the chain, for budgeting a prompt; 0 when no model is configured for the role. */
  contextTokens(role: LlmRole): number
  /** Whether some model of the chain takes pictures; the others are sent the words beside them only. */
  sees(role: LlmRole): boolean
  close(): void
}
