import type { LanguageModelV4CallOptions, LanguageModelV4Usage } from "@ai-sdk/provider"

/**
 * Tokens of a text without a tokenizer: 4 characters of Latin script, or 1 of any other, make about one. Vocabularies differ
 * by up to a third either way, so everything that comes from this is marked as an estimate.
 */
export function estimateTokens(text: string): number {
  let latin = 0
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x250) latin++
  return Math.ceil(latin / 4) + (text.length - latin)
}

/** A picture costs about this much, whatever its size: providers scale it down first. */
const PICTURE_TOKENS = 1_500
/** Role marks and separators of a message, or the frame around a tool. */
const FRAME_TOKENS = 8

/** Tokens of everything that is sent: messages, tools and the format of the answer. */
export function estimateInput(options: LanguageModelV4CallOptions): number {
  let tokens = 0
  for (const { content } of options.prompt) {
    tokens += FRAME_TOKENS
    if (typeof content === "string") tokens += estimateTokens(content)
    else for (const part of content) tokens += partTokens(part)
  }
  for (const tool of options.tools ?? []) tokens += FRAME_TOKENS + estimateTokens(JSON.stringify(tool))
  if (options.responseFormat?.type === "json")
    tokens += estimateTokens(JSON.stringify(options.responseFormat.schema ?? ""))
  return tokens
}

function partTokens(part: Exclude<LanguageModelV4CallOptions["prompt"][number]["content"], string>[number]): number {
  switch (part.type) {
    case "text":
    case "reasoning":
      return estimateTokens(part.text)
    case "tool-call":
      return FRAME_TOKENS + estimateTokens(JSON.stringify(part.input) ?? "")
    case "tool-result":
      return FRAME_TOKENS + estimateTokens(JSON.stringify(part.output))
    case "file":
      return PICTURE_TOKENS
    default:
      return FRAME_TOKENS
  }
}

export interface Tokens {
  input: number
  cachedInput: number
  output: number
  estimated: boolean
}

/** What the server counted, filled up with estimates where it said nothing. */
export function tokensOf(usage: LanguageModelV4Usage | undefined, estimate: { input: number; output: number }): Tokens {
  const input = usage?.inputTokens.total
  const output = usage?.outputTokens.total
  // A server that counts nothing sends zeros just as often as it leaves the field out.
  const counted = Boolean(input)
  return {
    input: counted ? (input ?? 0) : estimate.input,
    cachedInput: counted ? (usage?.inputTokens.cacheRead ?? 0) : 0,
    output: counted && output !== undefined ? output : estimate.output,
    estimated: !counted || output === undefined,
  }
}

/** The same numbers in the SDK's form, so that its sums are right; `raw` tells the estimate. */
export function usageOf(tokens: Tokens, usage: LanguageModelV4Usage | undefined): LanguageModelV4Usage {
  if (!tokens.estimated && usage) return usage
  const { input, output } = tokens
  return {
    inputTokens: { total: input, noCache: input, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: output, text: output, reasoning: undefined },
    raw: { estimated: true },
  }
}
