import { z } from "zod"
import type { ServerRef } from "#src/job.ts"
import type { Body } from "#workers/backends/shared/encode.ts"
import { ask, parseJson, type Answer } from "#workers/backends/shared/http.ts"
import { keyOf } from "#workers/backends/shared/key.ts"

/** What the parts of this back end need to speak to a server. */
export interface Wire {
  server: ServerRef
  signal: AbortSignal
}

export interface Request {
  method?: "HEAD"
  body?: Body
  /** Default 15 seconds: a server that loads a model answers late. */
  timeoutMs?: number
  maxBytes?: number
  /** Statuses other than 2xx that the caller reads itself. */
  expected?: readonly number[]
}

const TIMEOUT_MS = 15_000
/** A history entry holds the whole graph, with pictures in it at worst. */
const MAX_JSON_BYTES = 64 * 1024 ** 2

/** One request. Throws BackendError, or the reason of the signal. */
export function send({ server, signal }: Wire, path: string, request: Request = {}): Promise<Answer> {
  return ask({
    server,
    signal,
    path,
    key: keyOf(server),
    timeoutMs: request.timeoutMs ?? TIMEOUT_MS,
    maxBytes: request.maxBytes ?? MAX_JSON_BYTES,
    ...(request.method && { method: request.method }),
    ...(request.body && { body: request.body }),
    ...(request.expected && { expected: request.expected }),
  })
}

/** The answer in the given shape; undefined for a status of `expected`. */
export async function read<T extends z.ZodType>(
  schema: T,
  wire: Wire,
  path: string,
  request: Request = {},
): Promise<z.output<T> | undefined> {
  const { status, bytes } = await send(wire, path, request)
  return status >= 300 ? undefined : parseJson(schema, wire.server, withoutNan(bytes))
}

/** Python writes NaN and Infinity where JSON has nothing: custom nodes do that in their ranges and outputs. */
export function withoutNan(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString("utf8")
  return /NaN|Infinity/.test(text) ? Buffer.from(nullForNan(text)) : bytes
}

/** Outside of strings only where they stand as a value. */
export function nullForNan(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (it) => (it.startsWith('"') ? it : "null"))
}
