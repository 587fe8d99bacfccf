import {
  APICallError,
  type LanguageModelV4,
  type LanguageModelV4CallOptions,
  type LanguageModelV4StreamPart,
} from "@ai-sdk/provider"
import { BackendError } from "#src/errors.ts"
import { isContent, layer, streamOf, type Parts } from "#src/platform/llm/layer.ts"
import type { LlmLimits } from "#src/platform/llm/settings.ts"

/**
 * Ends calls that take too long in all or fall silent, and names broken connections. Before the first content a broken
 * connection is an error that the SDK may try again; after it, a BackendError, because half an answer is out already.
 */
export function withTimeouts(model: LanguageModelV4, limits: Pick<LlmLimits, "totalS" | "chunkS">): LanguageModelV4 {
  const name = `${model.provider}/${model.modelId}`
  return layer(model, {
    generate: async (options, next) => {
      const watch = watchOver(name, options, limits)
      try {
        return await next({ ...options, abortSignal: watch.signal })
      } catch (error) {
        throw watch.translate(error, false)
      } finally {
        watch.end()
      }
    },
    stream: async (options, next) => {
      const watch = watchOver(name, options, limits)
      try {
        watch.expect()
        const result = await next({ ...options, abortSignal: watch.signal })
        return { ...result, stream: streamOf(watched(result.stream, watch)) }
      } catch (error) {
        watch.end()
        throw watch.translate(error, false)
      }
    },
  })
}

async function* watched(stream: ReadableStream<LanguageModelV4StreamPart>, watch: Watch): Parts {
  const reader = stream.getReader()
  let begun = false
  try {
    for (;;) {
      watch.expect()
      const { done, value } = await reader.read()
      watch.received()
      if (done) return
      begun ||= isContent(value)
      yield value
    }
  } catch (error) {
    throw watch.translate(error, begun)
  } finally {
    watch.end()
    // Already failed or ended streams refuse to be cancelled, which changes nothing.
    reader.cancel().catch(() => undefined)
  }
}

interface Watch {
  signal: AbortSignal
  /** The server owes a sign of life from now on. */
  expect(): void
  received(): void
  end(): void
  translate(error: unknown, begun: boolean): unknown
}

function watchOver(
  name: string,
  options: LanguageModelV4CallOptions,
  limits: Pick<LlmLimits, "totalS" | "chunkS">,
): Watch {
  const own = new AbortController()
  let late: string | undefined
  const expire = (problem: string) => {
    late = problem
    own.abort()
  }
  const total = setTimeout(() => expire(`did not finish within ${limits.totalS} s`), limits.totalS * 1000)
  let silence: NodeJS.Timeout | undefined
  const received = () => clearTimeout(silence)
  return {
    signal: options.abortSignal ? AbortSignal.any([options.abortSignal, own.signal]) : own.signal,
    expect: () => {
      received()
      silence = setTimeout(() => expire(`sent nothing for ${limits.chunkS} s`), limits.chunkS * 1000)
    },
    received,
    end: () => {
      clearTimeout(total)
      received()
    },
    translate: (error, begun) => {
      if (options.abortSignal?.aborted) return error
      if (late !== undefined) return new BackendError(name, late, "transient")
      if (begun) return new BackendError(name, "the connection broke in the middle of the answer", "transient")
      return isBroken(error) ? brokenConnection() : error
    },
  }
}

/** A connection that ended within a good answer: the SDK has no name for it, or calls it an unreadable success. */
function isBroken(error: unknown): boolean {
  if (APICallError.isInstance(error)) return error.statusCode === 200 && isBroken(error.cause)
  return error instanceof TypeError && error.message === "terminated"
}

/** Without the original, which carries the whole prompt. */
function brokenConnection(): APICallError {
  const message = "the connection broke before the answer"
  // How long the SDK waits: its usual 2 s are meant for servers that are busy.
  const responseHeaders = { "retry-after-ms": "500" }
  return new APICallError({ message, url: "", requestBodyValues: {}, responseHeaders, isRetryable: true })
}
