import { APICallError } from "@ai-sdk/provider"
import { BackendError, Question, UserError } from "#src/errors.ts"
import { hideSecrets } from "#src/platform/log.ts"

/** Whether the caller ended the call: then nothing else may be tried. */
export function isStopped(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true || (error instanceof Error && error.name === "AbortError")
}

/** Whether an error says something about the model's health, rather than about this request. */
export function isAilment(error: unknown): boolean {
  if (error instanceof UserError) return false
  return !(APICallError.isInstance(error) && [400, 413, 422].includes(error.statusCode ?? 0))
}

export function isRetryable(error: unknown): boolean {
  return APICallError.isInstance(error) && error.isRetryable
}

/**
 * An error of a model call in the words of the house. Takes what `ai` throws (also its RetryError, which wraps the last try)
 * as well as our own, and keeps none of it as a cause, since it carries the whole prompt. A stop stays a stop, and anything
 * that is neither comes back unchanged: it is a bug.
 */
export function llmError(error: unknown, model = "The language model"): unknown {
  if (error instanceof UserError || error instanceof BackendError || error instanceof Question) return error
  const last = lastOf(error)
  if (last !== error) return llmError(last, model)
  if (!APICallError.isInstance(error)) return fromParts(error, model)
  const { statusCode: status } = error
  const said = hideSecrets(error.message.replaceAll(/\p{C}/gu, " ")).slice(0, 300)
  if (status === 401 || status === 403)
    return new BackendError(model, "it refused the key; the operator must correct it", "fatal")
  if (status === 404) return new BackendError(model, `it does not know this model or address (${said})`, "fatal")
  if (status === 429) return new BackendError(model, "it is busy (429)", "capacity")
  if (status === undefined) return new BackendError(model, `it cannot be reached (${said})`, "transient")
  return new BackendError(model, `${said} (${status})`, status >= 500 ? "transient" : "input")
}

/** RetryError of `ai`, known by its shape: this room loads without the SDK. */
function lastOf(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "AI_RetryError" || !("lastError" in error)) return error
  return error.lastError ?? error
}

/** Errors that come as data inside a stream: `{ message: "overloaded" }` or a text. */
function fromParts(error: unknown, model: string): unknown {
  if (error instanceof Error) {
    const named =
      error.name === "AI_InvalidResponseDataError" ||
      error.name === "AI_TypeValidationError" ||
      error.name === "AI_JSONParseError"
    return named ? new BackendError(model, "its answer could not be read", "transient") : error
  }
  const message = typeof error === "object" && error !== null && "message" in error ? error.message : error
  const said = typeof message === "string" ? hideSecrets(message).slice(0, 300) : "it broke off with an error"
  return new BackendError(model, said, "transient")
}

/** Refuses an answer that was cut off: half a text must never be stored as a whole one. */
export function requireWhole<R extends { finishReason: string }>(result: R, model: string): R {
  if (result.finishReason === "stop" || result.finishReason === "tool-calls") return result
  const why =
    result.finishReason === "length"
      ? "the answer was cut off at its longest allowed length"
      : `the answer is incomplete (${result.finishReason})`
  throw new BackendError(model, why, "input")
}
