import { availableParallelism } from "node:os"
import { resolve } from "node:path"
import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { readEnvFile } from "#src/platform/env-file.ts"
import { llmConfig, type LlmConfig } from "#src/platform/llm/settings.ts"
import { PRICE, pricesOf, type Prices } from "#src/platform/quota/credits.ts"

/** A whole number, written in digits. */
const count = (least: number, most: number) => {
  const allowed = `a whole number from ${least} to ${most}`
  return z
    .string()
    .regex(/^\d{1,9}$/, allowed)
    .transform(Number)
    .pipe(z.number().min(least, allowed).max(most, allowed))
}
const choice = <const T extends readonly [string, ...string[]]>(words: T) => z.enum(words, `one of ${words.join(", ")}`)
/** Up to 50 words between commas, each of one kind. */
const list = (word: RegExp, allowed: string) =>
  z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .transform((words) => words.filter((it) => it !== ""))
    .pipe(z.array(z.string().regex(word, allowed)).max(50, "at most 50 of them"))

/** An amount of money in dollars, with cents or smaller parts. */
const amount = (most: number) => {
  const allowed = `a number from 0 to ${most}, such as 5 or 2.50`
  return z
    .string()
    .regex(/^\d{1,9}(\.\d{1,6})?$/, allowed)
    .transform(Number)
    .pipe(z.number().max(most, allowed))
}
/** A chain of language models. */
const chain = () =>
  list(
    /^([a-z][a-z0-9-]{0,30}\/[\w.:@/+-]{1,200}|commands)$/,
    "models as END_POINT/MODEL between commas, such as local/qwen3-8b,openai/gpt-5-mini",
  ).prefault("")

const HOST = "a host name or address without port, such as 127.0.0.1, :: or studio.example.org"
const ORIGINS = "origins between commas, such as https://studio.example.org"
const PUBLIC_URL = "an http or https address without user, query and fragment, such as https://studio.example.org"

/** http(s), nothing that would be lost or leak when links are made from it. */
function isPlainUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return (
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}${url.search}${url.hash}` === ""
  )
}

const REDIS_URL = "an address such as redis://127.0.0.1:6379 or rediss://user:password@redis.example.org:6380/0"

/** The address of a Redis: a host, perhaps a port, user, password and the number of a database. */
function isRedisUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return (
    url !== undefined &&
    /^rediss?:$/.test(url.protocol) &&
    url.hostname !== "" &&
    /^(\/\d{0,4})?$/.test(url.pathname) &&
    `${url.search}${url.hash}` === ""
  )
}

/**
 * Every variable the studio reads, each with its default as it would stand in .env; the messages say what is allowed.
 * `.env.example` lists exactly these; a test compares the two.
 */
export const variables = {
  ATELIER_DATA: z
    .string()
    .max(4096, "a path of at most 4096 characters")
    .default("./data")
    .transform((path) => resolve(path)),
  ATELIER_HOST: z
    .string()
    .max(255, HOST)
    .regex(/^([A-Za-z0-9.-]+|[0-9A-Fa-f:.]+)$/, HOST)
    .default("127.0.0.1"),
  ATELIER_PORT: count(0, 65_535).prefault("7420"),
  ATELIER_PUBLIC_URL: z
    .string()
    .max(2048, PUBLIC_URL)
    .refine(isPlainUrl, PUBLIC_URL)
    .transform((url) => url.replace(/\/+$/, ""))
    .optional(),
  ATELIER_AUTH: choice(["auto", "on"]).default("auto"),
  ATELIER_ALLOWED_ORIGINS: list(/^https?:\/\/[A-Za-z0-9.:[\]-]+$/, ORIGINS).prefault(""),
  ATELIER_FAMILIES: list(
    /^[a-z][a-z0-9]*$/,
    "names of tool families between commas, such as design,export,media,studio",
  ).prefault("design,export,media,studio"),
  ATELIER_LOCALE: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Z]{2})?$/, "a language tag such as en-US or de-DE")
    .optional(),
  ATELIER_WORKERS: count(0, 64).prefault(String(Math.max(1, Math.min(4, Math.floor(availableParallelism() / 2))))),
  REDIS_URL: z.string().max(2048, REDIS_URL).refine(isRedisUrl, { error: REDIS_URL }).optional(),
  ATELIER_REDIS_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, "1 to 64 letters, digits, dots, dashes and underscores")
    .default("atelier"),
  ATELIER_AFFINITY_S: count(0, 3_600).prefault("120"),
  ATELIER_RENDER_THREADS: count(1, 64).prefault(String(Math.min(4, availableParallelism()))),
  BLENDER_PATH: z.string().max(4096, "a path of at most 4096 characters").optional(),
  ATELIER_LINK_HOURS: count(1, 8_760).prefault("168"),
  ATELIER_MAX_FILE_MB: count(1, 4_096).prefault("256"),
  ATELIER_QUOTA_JOBS_PER_DAY: count(0, 1_000_000).prefault("500"),
  ATELIER_QUOTA_STORAGE_MB: count(0, 10_000_000).prefault("10240"),
  ATELIER_QUOTA_PRICES: list(
    PRICE,
    "UNIT=CREDITS between commas, of jobs, cpu_seconds, gpu_seconds and llm_tokens, such as gpu_seconds=1,cpu_seconds=0.1",
  ).prefault(""),
  ATELIER_KEEP_DAYS: count(1, 3_650).prefault("30"),
  ATELIER_LLM_FAST: chain(),
  ATELIER_LLM_DRAFT: chain(),
  ATELIER_LLM_JUDGE: chain(),
  ATELIER_LLM_ENDPOINTS: list(
    /^[a-z][a-z0-9-]{0,30}=https?:\/\/[^\s?#@]{1,500}$/,
    "NAME=ADDRESS between commas, without user and query, such as local=http://127.0.0.1:1234/v1",
  ).prefault(""),
  ATELIER_LLM_KEYS: list(/^[a-z][a-z0-9-]{0,30}=\S{1,500}$/, "NAME=KEY between commas").prefault(""),
  OPENAI_API_KEY: z.string().max(500, "a key of at most 500 characters").optional(),
  ANTHROPIC_API_KEY: z.string().max(500, "a key of at most 500 characters").optional(),
  ATELIER_LLM_CONTEXT: list(
    /^[a-z][a-z0-9-]{0,30}(\/[\w.:@/+-]{1,200})?=[1-9]\d{3,7}$/,
    "END_POINT=TOKENS or END_POINT/MODEL=TOKENS between commas, 1000 tokens or more, such as local=32768",
  ).prefault(""),
  ATELIER_LLM_JSON_SCHEMA: list(/^[a-z][a-z0-9-]{0,30}$/, "names of end points between commas, such as local").prefault(
    "",
  ),
  ATELIER_LLM_VISION: list(
    /^[a-z][a-z0-9-]{0,30}(\/[\w.:@/+-]{1,200})?$/,
    "END_POINT or END_POINT/MODEL between commas, such as local/qwen2.5-vl-7b, or none",
  ).prefault(""),
  ATELIER_LLM_PRICES: list(
    /^[a-z][a-z0-9-]{0,30}(\/[\w.:@/+-]{1,200})?=\d{1,6}(\.\d{1,6})?:\d{1,6}(\.\d{1,6})?$/,
    "END_POINT/MODEL=PROMPT:ANSWER between commas, in dollars per million tokens, such as openai/gpt-9=1.25:10",
  ).prefault(""),
  ATELIER_LLM_DAILY_USD: amount(1_000_000).optional(),
  ATELIER_LLM_MAX_OUTPUT: count(256, 1_000_000).prefault("8192"),
  ATELIER_LLM_MAX_STEPS: count(1, 100).prefault("12"),
  ATELIER_LLM_TIMEOUT_S: count(1, 3_600).prefault("180"),
  ATELIER_LLM_SILENCE_S: count(1, 3_600).prefault("60"),
  ATELIER_LLM_TOOL_S: count(1, 3_600).prefault("60"),
  ATELIER_QUOTA_LLM_TOKENS_PER_DAY: count(0, 999_999_999).prefault("5000000"),
  ATELIER_LOG: choice(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  ATELIER_API_KEY: z.string().max(200, "a key of at most 200 characters").optional(),
} as const

const schema = z.object(variables)

export interface Config {
  /** Absolute path of the data directory (database, blobs, keys, temporary files). */
  dataDir: string
  host: string
  /** 0 = any free port. */
  port: number
  /** How the outside reaches the studio; default http://host:port. */
  publicUrl: string | undefined
  /** auto = keys are needed when bound to anything but loopback. */
  auth: "auto" | "on"
  allowedOrigins: string[]
  families: string[]
  /** The operator's own locale for local surfaces; decides the ring-size system of a bare number. */
  locale: string | undefined
  /** Worker processes of this machine; 0 = this process only accepts. */
  workers: number
  /** The Redis that carries jobs to workers of other machines; without it, jobs are carried inside the database. */
  redisUrl: string | undefined
  /** Before all names in Redis: studios with names of their own can share one. */
  redisPrefix: string
  /** Seconds of work by which a job may pass a fairer one to run where its model is loaded. */
  affinityS: number
  renderThreads: number
  /** The Blender to use; without it, the one on PATH, if any. */
  blenderPath: string | undefined
  linkHours: number
  maxFileBytes: number
  quotaJobsPerDay: number
  quotaStorageBytes: number
  /** Credits per unit; undefined = the usual prices, where somebody is limited in credits. */
  quotaPrices: Prices | undefined
  keepDays: number
  /** Language models; without any, the studio understands plain commands. */
  llm: LlmConfig
  logLevel: "trace" | "debug" | "info" | "warn" | "error" | "silent"
  apiKey: string | undefined
}

/** Reads .env (if any) under the real environment. Throws UserError that names the variable, what was read and what is allowed. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env, envFile = ".env"): Config {
  const merged = { ...readEnvFile(envFile), ...env }
  refuseUnknown(Object.keys(merged))
  const given: Record<string, string> = {}
  for (const name of Object.keys(variables)) {
    const value = merged[name]?.trim()
    if (value) given[name] = value
  }
  const parsed = schema.safeParse(given)
  if (!parsed.success)
    throw new UserError(
      faultsInWords(parsed.error, given),
      `Correct it in the environment or in ${envFile}; .env.example explains every setting.`,
    )
  const it = parsed.data
  return {
    dataDir: it.ATELIER_DATA,
    host: it.ATELIER_HOST,
    port: it.ATELIER_PORT,
    publicUrl: it.ATELIER_PUBLIC_URL,
    auth: it.ATELIER_AUTH,
    allowedOrigins: it.ATELIER_ALLOWED_ORIGINS,
    families: it.ATELIER_FAMILIES,
    locale: it.ATELIER_LOCALE,
    workers: it.ATELIER_WORKERS,
    redisUrl: it.REDIS_URL,
    redisPrefix: it.ATELIER_REDIS_PREFIX,
    affinityS: it.ATELIER_AFFINITY_S,
    renderThreads: it.ATELIER_RENDER_THREADS,
    blenderPath: it.BLENDER_PATH,
    linkHours: it.ATELIER_LINK_HOURS,
    maxFileBytes: it.ATELIER_MAX_FILE_MB * 1024 * 1024,
    quotaJobsPerDay: it.ATELIER_QUOTA_JOBS_PER_DAY,
    quotaStorageBytes: it.ATELIER_QUOTA_STORAGE_MB * 1024 * 1024,
    quotaPrices: pricesOf(it.ATELIER_QUOTA_PRICES),
    keepDays: it.ATELIER_KEEP_DAYS,
    llm: llmOf(it),
    logLevel: it.ATELIER_LOG,
    apiKey: it.ATELIER_API_KEY,
  }
}

function llmOf(it: z.output<typeof schema>): LlmConfig {
  return llmConfig({
    fast: it.ATELIER_LLM_FAST,
    draft: it.ATELIER_LLM_DRAFT,
    judge: it.ATELIER_LLM_JUDGE,
    endpoints: it.ATELIER_LLM_ENDPOINTS,
    keys: it.ATELIER_LLM_KEYS,
    openaiKey: it.OPENAI_API_KEY,
    anthropicKey: it.ANTHROPIC_API_KEY,
    context: it.ATELIER_LLM_CONTEXT,
    jsonSchema: it.ATELIER_LLM_JSON_SCHEMA,
    vision: it.ATELIER_LLM_VISION,
    prices: it.ATELIER_LLM_PRICES,
    limits: {
      outputTokens: it.ATELIER_LLM_MAX_OUTPUT,
      steps: it.ATELIER_LLM_MAX_STEPS,
      totalS: it.ATELIER_LLM_TIMEOUT_S,
      chunkS: it.ATELIER_LLM_SILENCE_S,
      toolS: it.ATELIER_LLM_TOOL_S,
      dailyUsd: it.ATELIER_LLM_DAILY_USD,
      tokensPerDay: it.ATELIER_QUOTA_LLM_TOKENS_PER_DAY,
    },
  })
}

/** A misspelled setting would be silently without effect, so anything that looks like one of ours must be one. */
function refuseUnknown(names: string[]): void {
  const unknown = names.find((name) => /^\W*atelier[\W_]/i.test(name) && !Object.hasOwn(variables, name))
  if (unknown === undefined) return
  const closest = nearest(unknown.slice(0, 60).toUpperCase(), Object.keys(variables))
  throw new UserError(
    `${printable(unknown)} is not a setting of the studio.`,
    closest ? `Did you mean ${closest}?` : "See .env.example for all of them.",
  )
}

/** One sentence for every setting that is wrong; secrets are named but never shown. */
function faultsInWords(error: z.ZodError, given: Record<string, string>): string {
  const allowed = new Map(error.issues.map((issue) => [String(issue.path[0]), issue.message]))
  const faults = [...allowed].map(([name, message]) => {
    const hidden = /KEY|TOKEN|SECRET|PASSWORD|REDIS_URL/.test(name)
    return `${name} is ${hidden ? "(hidden)" : JSON.stringify(printable(given[name] ?? ""))}, but must be ${message}.`
  })
  return faults.join(" ")
}

/** Short, without control characters, and without the password of an address. */
function printable(text: string): string {
  const plain = text.replaceAll(/\/\/[^/@\s]*@/g, "//(hidden)@").replaceAll(/\p{C}/gu, "?")
  return plain.length > 80 ? `${plain.slice(0, 80)}…` : plain
}

/** The closest of `names` within an edit distance of 3, for "did you mean". */
function nearest(word: string, names: string[]): string | undefined {
  const scored = names
    .map((name) => ({ name, distance: editDistance(word, name) }))
    .sort((a, b) => a.distance - b.distance)
  return scored[0] && scored[0].distance <= 3 ? scored[0].name : undefined
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      )
    row = next
  }
  return row[b.length] ?? 0
}
