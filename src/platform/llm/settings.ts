import { UserError } from "#src/errors.ts"
import type { LlmModel, LlmRole } from "#src/platform/llm/llm.ts"
import { knownModel } from "#src/platform/llm/prices.ts"
import { seesByItself } from "#src/platform/llm/sight.ts"

/** A server that answers model calls. */
export interface LlmEndpoint {
  name: string
  provider: LlmModel["provider"]
  /** Base address including the version, "http://127.0.0.1:1234/v1". */
  url: string
  /** Undefined where the server asks for none. */
  key: string | undefined
  /** Whether it obeys a JSON schema in the request; otherwise the schema is written into the prompt. */
  jsonSchema: boolean
}

/** One model of a chain. */
export interface LlmTarget {
  endpoint: LlmEndpoint
  model: string
  contextTokens: number
  /** Null when no price is known; nothing is booked then. */
  price: LlmPrice | null
  /** Takes pictures. */
  sees: boolean
}

/** Micro-dollars per token are the same number as dollars per million tokens. */
export interface LlmPrice {
  input: number
  /** Prompt tokens that the provider had in its own cache. */
  cachedInput: number
  output: number
}

export interface LlmLimits {
  /** Longest answer of one call, in tokens. */
  outputTokens: number
  /** Model calls in one turn. */
  steps: number
  /** Seconds for one call, until its last word. */
  totalS: number
  /** Seconds without a sign of life from the server. */
  chunkS: number
  /** Seconds for a tool that a model calls. */
  toolS: number
  /** Dollars in one UTC day for the whole studio; undefined = no cap. */
  dailyUsd: number | undefined
  /** Tokens one account may use in a day. */
  tokensPerDay: number
}

export interface LlmConfig {
  /** In the order in which they are tried; empty = command mode. */
  roles: Record<LlmRole, LlmTarget[]>
  /** The operator wants command mode to take over when no model of the chain "fast" answers. */
  commandsLast: boolean
  limits: LlmLimits
}

/** The settings as words, checked one by one already: what is left is whether they fit together. */
export interface LlmWords {
  endpoints: string[]
  fast: string[]
  draft: string[]
  judge: string[]
  context: string[]
  prices: string[]
  jsonSchema: string[]
  vision: string[]
  keys: string[]
  openaiKey: string | undefined
  anthropicKey: string | undefined
  limits: LlmLimits
}

/** The word in a chain that stands for command mode. */
export const COMMANDS = "commands"
/** The word that takes sight from all models. */
const NONE = "none"
/** Assumed for servers of the operator's own: their true limit is a setting that the protocol does not tell. */
export const DEFAULT_CONTEXT = 16_384

const CLOUD = {
  openai: "https://api.openai.com/v1",
  anthropic: "https://api.anthropic.com/v1",
} as const

/** Throws UserError where a chain names an end point that is not defined, or one that needs a key and has none. */
export function llmConfig(words: LlmWords): LlmConfig {
  const endpoints = endpointsOf(words)
  const context = pairs(words.context)
  const prices = pairs(words.prices)
  const targets = (variable: string, chain: string[]) =>
    chain
      .filter((word) => word !== COMMANDS)
      .map((word) => targetOf(variable, word, { endpoints, context, prices, vision: words.vision }))
  const fast = targets("ATELIER_LLM_FAST", words.fast)
  const draft = targets("ATELIER_LLM_DRAFT", words.draft)
  const judge = targets("ATELIER_LLM_JUDGE", words.judge)
  const at = words.fast.indexOf(COMMANDS)
  if (at !== -1 && at !== words.fast.length - 1)
    throw new UserError(`ATELIER_LLM_FAST has "${COMMANDS}" before the end.`, "It always understands, so put it last.")
  return {
    roles: { fast, draft: draft.length > 0 ? draft : fast, judge: firstOf(judge, draft, fast) },
    commandsLast: at !== -1,
    limits: words.limits,
  }
}

function firstOf(...chains: LlmTarget[][]): LlmTarget[] {
  return chains.find((chain) => chain.length > 0) ?? []
}

function endpointsOf(words: LlmWords): Map<string, LlmEndpoint> {
  const keys = pairs(words.keys)
  const own = pairs(words.endpoints)
  const made = new Map<string, LlmEndpoint>()
  const add = (name: string, provider: LlmEndpoint["provider"], url: string, key: string | undefined) => {
    const jsonSchema = provider !== "openai-compatible" || words.jsonSchema.includes(name)
    made.set(name, { name, provider, url: url.replace(/\/+$/, ""), key: keys.get(name) ?? key, jsonSchema })
  }
  // The two clouds are always there; an address of one's own for them is a proxy that speaks the same protocol.
  add("openai", "openai", own.get("openai") ?? CLOUD.openai, words.openaiKey)
  add("anthropic", "anthropic", own.get("anthropic") ?? CLOUD.anthropic, words.anthropicKey)
  for (const [name, url] of own) if (!made.has(name)) add(name, "openai-compatible", url, undefined)
  return made
}

interface Known {
  endpoints: Map<string, LlmEndpoint>
  context: Map<string, string>
  prices: Map<string, string>
  vision: readonly string[]
}

function targetOf(variable: string, word: string, { endpoints, context, prices, vision }: Known): LlmTarget {
  const slash = word.indexOf("/")
  const name = word.slice(0, slash)
  const model = word.slice(slash + 1)
  const endpoint = endpoints.get(name)
  if (!endpoint)
    throw new UserError(
      `${variable} names the end point "${name}", which is not defined.`,
      `There are: ${[...endpoints.keys()].join(", ")}. Add others in ATELIER_LLM_ENDPOINTS as ${name}=http://host:port/v1.`,
    )
  if (endpoint.provider !== "openai-compatible" && !endpoint.key)
    throw new UserError(
      `${variable} uses ${name}, but there is no key for it.`,
      `Set ${name.toUpperCase()}_API_KEY, or add ${name}=… to ATELIER_LLM_KEYS.`,
    )
  const known = endpoint.provider === "openai-compatible" ? undefined : knownModel(model)
  const size = context.get(word) ?? context.get(name)
  return {
    endpoint,
    model,
    contextTokens: size === undefined ? (known?.contextTokens ?? DEFAULT_CONTEXT) : Number(size),
    price: priceOf(prices.get(word) ?? prices.get(name)) ?? known?.price ?? null,
    sees:
      !vision.includes(NONE) &&
      (vision.includes(word) || vision.includes(name) || seesByItself(endpoint.provider, model)),
  }
}

/** "0.5:1.5" = dollars per million tokens of prompt and of answer. */
function priceOf(text: string | undefined): LlmPrice | undefined {
  if (text === undefined) return undefined
  const [input = 0, output = 0] = text.split(":").map(Number)
  return { input, cachedInput: input, output }
}

/** "a=1" → a, 1; the value may hold further signs of equality. */
function pairs(words: string[]): Map<string, string> {
  return new Map(words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]))
}
