import type { LanguageModelV4 } from "@ai-sdk/provider"
import type { LlmEndpoint, LlmTarget } from "#src/platform/llm/settings.ts"

/** The provider's own model object. Its library is loaded with the first call, so that a studio without models never does. */
export function providerModel(target: LlmTarget): LanguageModelV4 {
  let loading: Promise<LanguageModelV4> | undefined
  const load = () => (loading ??= create(target.endpoint, target.model))
  return {
    specificationVersion: "v4",
    provider: target.endpoint.name,
    modelId: target.model,
    // Files are sent as bytes: no server is asked to fetch an address.
    supportedUrls: {},
    doGenerate: async (options) => (await load()).doGenerate(options),
    doStream: async (options) => (await load()).doStream(options),
  }
}

async function create(endpoint: LlmEndpoint, model: string): Promise<LanguageModelV4> {
  const { name, url: baseURL } = endpoint
  // LM Studio refuses an empty key, and nobody else minds one that is not needed.
  const apiKey = endpoint.key ?? "not-needed"
  if (endpoint.provider === "anthropic") {
    const { createAnthropic } = await import("@ai-sdk/anthropic")
    return createAnthropic({ baseURL, apiKey })(model)
  }
  if (endpoint.provider === "openai") {
    const { createOpenAI } = await import("@ai-sdk/openai")
    // Chat completions, because the newer interface keeps conversations on the provider's servers by default.
    return createOpenAI({ baseURL, apiKey }).chat(model)
  }
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible")
  const supportsStructuredOutputs = endpoint.jsonSchema
  return createOpenAICompatible({ name, baseURL, apiKey, includeUsage: true, supportsStructuredOutputs }).chatModel(
    model,
  )
}
