import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider"
import { createCollector, estimateOutput } from "#src/platform/llm/collect.ts"
import { isStopped } from "#src/platform/llm/failure.ts"
import { layer, streamOf, type Parts } from "#src/platform/llm/layer.ts"
import type { LlmEntry } from "#src/platform/llm/ledger.ts"
import { hasPictures } from "#src/platform/llm/sight.ts"
import { estimateInput, tokensOf, usageOf, type Tokens } from "#src/platform/llm/tokens.ts"

const NOTHING: Tokens = { input: 0, cachedInput: 0, output: 0, estimated: false }
/** Estimates of a prompt may be this much too low. */
const WORST_FACTOR = 1.5

export interface Meter {
  open(worst: Tokens): LlmEntry
  /** After every call that used something. */
  used(tokens: Tokens, microUsd: number | null): void
  /** What the server counted beside what was sent: tells whether it cuts prompts. */
  counted(sent: number, tokens: Tokens): void
}

/** Books a call: worst case before, what was used after. Expects `maxOutputTokens` to be set. */
export function withMeter(model: LanguageModelV4, meter: Meter): LanguageModelV4 {
  const begin = (options: LanguageModelV4CallOptions) => {
    const sent = estimateInput(options)
    const worst = {
      input: Math.ceil(sent * WORST_FACTOR),
      cachedInput: 0,
      output: options.maxOutputTokens ?? 0,
      estimated: true,
    }
    const entry = meter.open(worst)
    const close = (outcome: "done" | "failed" | "stopped", tokens: Tokens) => {
      const cost = entry.close(outcome, tokens)
      if (tokens.input + tokens.output > 0) meter.used(tokens, cost)
      // What a picture counts for differs too much between servers to tell whether one cuts prompts.
      if (!tokens.estimated && tokens.input > 0 && !hasPictures(options)) meter.counted(sent, tokens)
    }
    const fail = (error: unknown) => {
      // Whoever stops a call pays for the prompt: the server had it. A refused or failed one costs nothing.
      if (isStopped(error, options.abortSignal)) close("stopped", { ...NOTHING, input: sent, estimated: true })
      else close("failed", NOTHING)
    }
    return { sent, close, fail }
  }
  return layer(model, {
    generate: async (options, next) => {
      const { sent, close, fail } = begin(options)
      try {
        const result = await next(options)
        const tokens = tokensOf(result.usage, { input: sent, output: estimateOutput(result.content) })
        close("done", tokens)
        return { ...result, usage: usageOf(tokens, result.usage) }
      } catch (error) {
        fail(error)
        throw error
      }
    },
    stream: async (options, next) => {
      const { sent, close, fail } = begin(options)
      try {
        const result = await next(options)
        return { ...result, stream: streamOf(metered(result.stream, sent, close)) }
      } catch (error) {
        fail(error)
        throw error
      }
    },
  })
}

async function* metered(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  sent: number,
  close: (outcome: "done" | "failed" | "stopped", tokens: Tokens) => void,
): Parts {
  const collector = createCollector()
  let outcome: "done" | "failed" | "stopped" = "stopped"
  let final: Tokens | undefined
  try {
    for await (const part of stream) {
      collector.add(part)
      if (part.type === "error") outcome = "failed"
      if (part.type !== "finish") {
        yield part
        continue
      }
      const output = estimateOutput(collector.result().content)
      if (outcome !== "failed") outcome = part.finishReason.unified === "error" ? "failed" : "done"
      // A failure before the first word costs nothing, whatever the frame around it says.
      if (outcome === "done" || output > 0) final = tokensOf(part.usage, { input: sent, output })
      yield final ? { ...part, usage: usageOf(final, part.usage) } : part
    }
  } catch (error) {
    outcome = isStopped(error, undefined) ? "stopped" : "failed"
    throw error
  } finally {
    const output = estimateOutput(collector.result().content)
    const partial =
      output > 0 || outcome === "stopped" ? { input: sent, cachedInput: 0, output, estimated: true } : NOTHING
    close(outcome, final ?? partial)
  }
}
