import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider"
import { z } from "zod"
import { contentKey } from "#src/job.ts"
import { createCollector, replay, type Collected } from "#src/platform/llm/collect.ts"
import { layer, streamOf, type Parts } from "#src/platform/llm/layer.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

const MAX_ENTRIES = 2_000
const MAX_BYTES = 256 * 1024
const MAX_AGE_S = 7 * 86_400

/** Only text and calls, which survive JSON. */
const answerShape = z.object({
  content: z.array(
    z.discriminatedUnion("type", [
      z.object({ type: z.literal("text"), text: z.string() }),
      z.object({ type: z.literal("reasoning"), text: z.string() }),
      z.object({ type: z.literal("tool-call"), toolCallId: z.string(), toolName: z.string(), input: z.string() }),
    ]),
  ),
  reason: z.enum(["stop", "tool-calls"]),
  tokens: z.object({ input: z.number(), output: z.number() }),
})
export type CachedAnswer = z.infer<typeof answerShape>

/** Answers that may be given again, in the database. */
export interface LlmCache {
  get(key: string): CachedAnswer | undefined
  put(key: string, accountId: string, model: string, answer: CachedAnswer, seconds: number): void
  /** Forgets the answers of an account, or all; returns how many. */
  clear(accountId?: string): number
  /** Of this process. */
  stats(): { hits: number; misses: number }
}

export function createLlmCache(db: Db, clock: Clock): LlmCache {
  let hits = 0
  let misses = 0
  return {
    get: (key) => {
      const row = db.get(
        z.object({ answer: z.string() }),
        "SELECT answer FROM llm_cache WHERE key = :key AND expires_at > :now",
        { key, now: clock.now() },
      )
      if (row) hits++
      else misses++
      return row && answerShape.parse(JSON.parse(row.answer))
    },
    put: (key, accountId, model, answer, seconds) => {
      const text = JSON.stringify(answer)
      if (Buffer.byteLength(text) > MAX_BYTES) return
      const now = clock.now()
      db.tx(() => {
        db.run("DELETE FROM llm_cache WHERE expires_at <= :now", { now })
        db.run(
          `DELETE FROM llm_cache WHERE key IN (SELECT key FROM llm_cache ORDER BY expires_at DESC LIMIT -1 OFFSET :most)`,
          { most: MAX_ENTRIES - 1 },
        )
        db.run(
          `INSERT INTO llm_cache (key, account_id, model, answer, created_at, expires_at)
           VALUES (:key, :accountId, :model, :text, :now, :end)
           ON CONFLICT DO UPDATE SET answer = :text, created_at = :now, expires_at = :end`,
          { key, accountId, model, text, now, end: now + Math.min(seconds, MAX_AGE_S) * 1000 },
        )
      })
    },
    clear: (accountId) =>
      accountId === undefined
        ? db.run("DELETE FROM llm_cache")
        : db.run("DELETE FROM llm_cache WHERE account_id = :accountId", { accountId }),
    stats: () => ({ hits, misses }),
  }
}

export interface CacheUse {
  accountId: string
  seconds: number
  /** Told instead of the ledger when an answer is given again. */
  reused(tokens: { input: number; output: number }): void
}

/** Gives whole answers to the same question again, without a request. Half, failed and odd ones are never kept. */
export function withCache(model: LanguageModelV4, cache: LlmCache, use: CacheUse): LanguageModelV4 {
  const name = `${model.provider}/${model.modelId}`
  const find = (key: string) => {
    const found = cache.get(key)
    if (found) use.reused(found.tokens)
    return found
  }
  const keep = (key: string, { content, finish }: Collected) => {
    const reason = finish?.finishReason.unified
    const parsed = answerShape.safeParse({
      content,
      reason,
      tokens: { input: finish?.usage.inputTokens.total ?? 0, output: finish?.usage.outputTokens.total ?? 0 },
    })
    if (parsed.success && content.length > 0) cache.put(key, use.accountId, name, parsed.data, use.seconds)
  }
  return layer(model, {
    generate: async (options, next) => {
      const key = keyOf(name, use.accountId, options)
      if (key === undefined) return next(options)
      const found = find(key)
      if (found) return { content: found.content, ...finishOf(found), warnings: [] }
      const result = await next(options)
      keep(key, { content: result.content, finish: { usage: result.usage, finishReason: result.finishReason } })
      return result
    },
    stream: async (options, next) => {
      const key = keyOf(name, use.accountId, options)
      if (key === undefined) return next(options)
      const found = find(key)
      if (found) return { stream: streamOf(replay(found.content, finishOf(found))) }
      const result = await next(options)
      return { ...result, stream: streamOf(kept(result.stream, (collected) => keep(key, collected))) }
    },
  })
}

async function* kept(stream: ReadableStream<LanguageModelV4StreamPart>, keep: (collected: Collected) => void): Parts {
  const collector = createCollector()
  for await (const part of stream) {
    collector.add(part)
    yield part
  }
  keep(collector.result())
}

/** Repeated answers cost nothing, so their usage is zero. */
function finishOf(answer: CachedAnswer): NonNullable<Collected["finish"]> {
  return {
    finishReason: { unified: answer.reason, raw: answer.reason },
    usage: {
      inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 0, text: 0, reasoning: 0 },
      raw: { cached: true },
    },
  }
}

/** Everything that determines an answer. Undefined for prompts with files: hashing them costs more than it saves. */
function keyOf(name: string, accountId: string, options: LanguageModelV4CallOptions): string | undefined {
  const files = options.prompt.some(
    ({ content }) => typeof content !== "string" && content.some((part) => part.type === "file"),
  )
  if (files) return undefined
  const { abortSignal: _, headers: __, includeRawChunks: ___, ...determining } = options
  return contentKey("llm", name, accountId, determining)
}
