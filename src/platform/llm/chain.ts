import type { LanguageModelV4, LanguageModelV4StreamPart, LanguageModelV4StreamResult } from "@ai-sdk/provider"
import type { Logger } from "pino"
import { BackendError } from "#src/errors.ts"
import type { Breaker } from "#src/platform/llm/breaker.ts"
import { isAilment, isRetryable, isStopped, llmError } from "#src/platform/llm/failure.ts"
import { isContent, layer, streamOf, type Parts } from "#src/platform/llm/layer.ts"

/** One model that tries the given ones in order. It goes on to the next only before the first content, never after a stop. */
export function chainOf(models: readonly [LanguageModelV4, ...LanguageModelV4[]], log: Logger): LanguageModelV4 {
  const attempt = async <T>(
    signal: AbortSignal | undefined,
    one: (model: LanguageModelV4) => PromiseLike<T>,
  ): Promise<T> => {
    signal?.throwIfAborted()
    const errors: unknown[] = []
    for (const model of models)
      try {
        return await one(model)
      } catch (error) {
        if (isStopped(error, signal)) throw error
        errors.push(error)
        const words = llmError(error)
        log.warn(
          {
            model: `${model.provider}/${model.modelId}`,
            problem: words instanceof Error ? words.message : String(words),
          },
          "a language model did not answer",
        )
      }
    throw mostTelling(errors)
  }
  return layer(models[0], {
    generate: (options) => attempt(options.abortSignal, (model) => model.doGenerate(options)),
    stream: (options) =>
      attempt(options.abortSignal, async (model) => begun(await model.doStream(options), options.abortSignal)),
  })
}

/** One that may pass by itself first, so that the SDK tries again; then whatever is not just a rest after other errors. */
function mostTelling(errors: readonly unknown[]): unknown {
  return errors.find(isRetryable) ?? errors.find((error) => !(error instanceof Resting)) ?? errors[0]
}

/** A stream of which the first content has arrived. Throws what goes wrong until then. */
async function begun(
  result: LanguageModelV4StreamResult,
  signal: AbortSignal | undefined,
): Promise<LanguageModelV4StreamResult> {
  const reader = result.stream.getReader()
  const first: LanguageModelV4StreamPart[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      if (value.type === "error" && !isStopped(value.error, signal)) throw value.error
      first.push(value)
      if (isContent(value) || value.type === "finish") break
    }
  } catch (error) {
    reader.cancel().catch(() => undefined)
    throw error
  }
  return { ...result, stream: streamOf(rest(first, reader)) }
}

async function* rest(
  first: readonly LanguageModelV4StreamPart[],
  reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart>,
): Parts {
  try {
    yield* first
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

/** A model that is left alone for a while after it failed several times. */
class Resting extends BackendError {}

/** Leaves a model alone that failed several times in a row. Errors of the request itself do not count. */
export function withBreaker(model: LanguageModelV4, breaker: Breaker): LanguageModelV4 {
  const enter = () => {
    const pass = breaker.enter()
    if (pass) return pass
    const seconds = Math.ceil(breaker.restMs() / 1000)
    const when = seconds > 0 ? `it is tried again in ${seconds} s` : "it is being tried again right now"
    throw new Resting(`${model.provider}/${model.modelId}`, `it failed several times in a row; ${when}`, "capacity")
  }
  return layer(model, {
    generate: async (options, next) => {
      const pass = enter()
      try {
        const result = await next(options)
        pass.succeeded()
        return result
      } catch (error) {
        if (isStopped(error, options.abortSignal) || !isAilment(error)) pass.neither()
        else pass.failed()
        throw error
      }
    },
    stream: async (options, next) => {
      const pass = enter()
      const told = (error: unknown) =>
        isStopped(error, options.abortSignal) || !isAilment(error) ? pass.neither() : pass.failed()
      try {
        const result = await next(options)
        return { ...result, stream: streamOf(judged(result.stream, { ...pass, told })) }
      } catch (error) {
        told(error)
        throw error
      }
    },
  })
}

async function* judged(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  pass: { succeeded(): void; neither(): void; told(error: unknown): void },
): Parts {
  let verdict = pass.neither
  try {
    for await (const part of stream) {
      if (part.type === "error") verdict = () => pass.told(part.error)
      else if (part.type === "finish" && part.finishReason.unified !== "error") verdict = pass.succeeded
      yield part
    }
  } catch (error) {
    verdict = () => pass.told(error)
    throw error
  } finally {
    verdict()
  }
}
