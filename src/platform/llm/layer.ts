import { ReadableStream as NodeStream } from "node:stream/web"
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
} from "@ai-sdk/provider"

export type Parts = AsyncIterable<LanguageModelV4StreamPart>

/** What a layer does around the model below it; whatever it leaves out passes through. */
export interface Around {
  generate?: (
    options: LanguageModelV4CallOptions,
    next: (options: LanguageModelV4CallOptions) => PromiseLike<LanguageModelV4GenerateResult>,
  ) => Promise<LanguageModelV4GenerateResult>
  stream?: (
    options: LanguageModelV4CallOptions,
    next: (options: LanguageModelV4CallOptions) => PromiseLike<LanguageModelV4StreamResult>,
  ) => Promise<LanguageModelV4StreamResult>
}

/** A model with one more concern around it. */
export function layer(model: LanguageModelV4, around: Around): LanguageModelV4 {
  const { generate, stream } = around
  return {
    specificationVersion: "v4",
    provider: model.provider,
    modelId: model.modelId,
    supportedUrls: model.supportedUrls,
    doGenerate: (options) =>
      generate ? generate(options, (changed) => model.doGenerate(changed)) : model.doGenerate(options),
    doStream: (options) => (stream ? stream(options, (changed) => model.doStream(changed)) : model.doStream(options)),
  }
}

/** The stream of `parts`; cancelling it ends the generator behind them. */
export function streamOf(parts: Parts): ReadableStream<LanguageModelV4StreamPart> {
  // The same class under another declaration: only Node's knows `from`.
  return NodeStream.from(parts) as unknown as ReadableStream<LanguageModelV4StreamPart>
}

/** Whether a person can see or feel this part: from here on no other model may take over. */
export function isContent(part: LanguageModelV4StreamPart): boolean {
  switch (part.type) {
    case "text-delta":
    case "reasoning-delta":
      return part.delta !== ""
    case "text-start":
    case "text-end":
    case "reasoning-start":
    case "reasoning-end":
    case "stream-start":
    case "response-metadata":
    case "raw":
    case "ping":
    case "error":
    case "finish":
      return false
    default:
      return true
  }
}
