import { z } from "zod"
import type { LlmLink } from "#src/platform/llm/create.ts"
import type { LlmEndpoint } from "#src/platform/llm/settings.ts"
import type { Check } from "#src/studio.ts"

const LIMIT_MS = 900
const MAX_BYTES = 2 * 1024 * 1024

/** What a server tells of its models; vLLM and LM Studio add the context they really keep. */
const listShape = z.object({
  data: z.array(
    z.looseObject({
      id: z.string(),
      max_model_len: z.number().optional().catch(undefined),
      loaded_context_length: z.number().optional().catch(undefined),
    }),
  ),
})
type Listing = z.infer<typeof listShape>["data"]

/** One line per model: whether its server answers, knows the model, and keeps the context that is assumed. Never throws. */
export async function llmChecks(links: readonly LlmLink[], signal: AbortSignal): Promise<Check[]> {
  if (links.length === 0)
    return [
      {
        name: "language model",
        state: "absent",
        detail: "none configured: command mode",
        hint: "Set ATELIER_LLM_FAST, for example to local/MODEL with ATELIER_LLM_ENDPOINTS=local=http://127.0.0.1:1234/v1.",
      },
    ]
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
  const asked = new Map<LlmEndpoint, Promise<Listing>>()
  return Promise.all(
    links.map(async (link): Promise<Check> => {
      const { endpoint, model } = link.target
      const name = `language model ${endpoint.name}/${model}`
      const listing = asked.get(endpoint) ?? modelsOf(endpoint, limit)
      asked.set(endpoint, listing)
      try {
        return { name, ...judge(link, await listing) }
      } catch (error) {
        const late = limit.aborted ? "no answer within a second" : inWords(error)
        return { name, state: "failing", detail: `${endpoint.url}: ${late}`, hint: hintFor(endpoint) }
      }
    }),
  )
}

function judge({ target, contextTokens, breaker }: LlmLink, listing: Listing): Omit<Check, "name"> {
  // Ollama lists "llama3:latest" for what everybody calls "llama3".
  const found = listing.find((one) => one.id === target.model || one.id === `${target.model}:latest`)
  // The clouds also answer to short names of dated models, and to models that they do not list.
  if (!found && target.endpoint.provider === "openai-compatible")
    return {
      state: "failing",
      detail: `the server does not offer it, only: ${
        listing
          .slice(0, 8)
          .map((one) => one.id.slice(0, 80))
          .join(", ") || "nothing"
      }`,
      hint: "Load the model in the server, or correct its name in ATELIER_LLM_FAST, ATELIER_LLM_DRAFT or ATELIER_LLM_JUDGE.",
    }
  const real = found?.loaded_context_length ?? found?.max_model_len
  if (contextTokens < target.contextTokens || (real !== undefined && real < contextTokens))
    return {
      state: "failing",
      detail: `it keeps ${Math.min(contextTokens, real ?? Infinity)} tokens, not ${target.contextTokens}`,
      hint: "Give the server a longer context (Ollama: num_ctx or OLLAMA_CONTEXT_LENGTH), or lower ATELIER_LLM_CONTEXT.",
    }
  if (breaker.state() !== "closed")
    return {
      state: "failing",
      detail: "it failed several times in a row and rests",
      hint: "It is tried again by itself.",
    }
  return { state: "ok", detail: `reachable, ${contextTokens} tokens of context` }
}

async function modelsOf(endpoint: LlmEndpoint, signal: AbortSignal): Promise<Listing> {
  const key = endpoint.key ?? "not-needed"
  const headers: Record<string, string> =
    endpoint.provider === "anthropic"
      ? { "x-api-key": key, "anthropic-version": "2023-06-01" }
      : { authorization: `Bearer ${key}` }
  const response = await fetch(`${endpoint.url}/models`, { headers, signal, redirect: "error" })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(response.status === 401 ? "it refuses the key" : `it answers ${response.status}`)
  }
  return listShape.parse(JSON.parse(await limitedText(response))).data
}

async function limitedText(response: Response): Promise<string> {
  let text = ""
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MAX_BYTES) throw new Error("its list of models is too long")
  }
  return text
}

function inWords(error: unknown): string {
  if (error instanceof z.ZodError || error instanceof SyntaxError) return "it does not answer like a model server"
  if (!(error instanceof Error)) return "it cannot be reached"
  if (error.cause instanceof Error && "code" in error.cause) return `it cannot be reached (${String(error.cause.code)})`
  return error instanceof TypeError ? "it cannot be reached" : error.message
}

function hintFor(endpoint: LlmEndpoint): string {
  return endpoint.provider === "openai-compatible"
    ? "Start the server, or correct its address in ATELIER_LLM_ENDPOINTS. Without it, the studio understands plain commands."
    : "Check the key and the network. Without it, the studio understands plain commands."
}
