import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"
import { serverEvents } from "#workers/backends/gradio/events.ts"
import { serverWords, type Refusal } from "#workers/backends/shared/failure.ts"
import { ask, askJson, askStream } from "#workers/backends/shared/http.ts"
import { keyOf } from "#workers/backends/shared/key.ts"

export interface Wire {
  server: ServerRef
  signal: AbortSignal
}

const config = z.object({
  version: z.string().max(40),
  /** "/gradio_api" from version 5 on. */
  api_prefix: z
    .string()
    .regex(/^(\/[\w-]{1,40}){0,3}$/)
    .nullish()
    .transform((prefix) => prefix ?? ""),
  /** Drawn when the app starts. */
  app_id: z.union([z.number(), z.string().max(100)]).nullish(),
  dependencies: z
    .array(
      z.object({
        api_name: z.union([z.string().max(200), z.literal(false), z.null()]).optional(),
        inputs: z.array(z.unknown()),
      }),
    )
    .max(5_000),
})
export type AppConfig = z.output<typeof config>

const MAX_CONFIG_BYTES = 32 * 1024 ** 2

/** What the app says of itself; the same address in all versions. */
export async function configOf({ server, signal }: Wire, timeoutMs: number): Promise<AppConfig> {
  return askJson(config, { server, signal, path: "config", key: keyOf(server), timeoutMs, maxBytes: MAX_CONFIG_BYTES })
}

/** Runs waiting in the app's queue; undefined when it does not tell. */
export async function queueSize(
  { server, signal }: Wire,
  prefix: string,
  timeoutMs: number,
): Promise<number | undefined> {
  const shape = z.object({ queue_size: z.number().int().min(0) })
  const asked = askJson(shape, { server, signal, path: `${prefix}/queue/status`, key: keyOf(server), timeoutMs })
  return asked.then(
    (it) => it.queue_size,
    () => undefined,
  )
}

/** The path that the app gave an uploaded file. */
export async function upload(
  { server, signal }: Wire,
  prefix: string,
  file: { name: string; type: string; bytes: Uint8Array },
): Promise<string> {
  const form = new FormData()
  form.append("files", new Blob([new Uint8Array(file.bytes)], { type: file.type }), file.name)
  const [path] = await askJson(z.array(z.string().min(1).max(2_000)).min(1).max(1), {
    server,
    signal,
    path: `${prefix}/upload`,
    key: keyOf(server),
    body: { form },
    timeoutMs: UPLOAD_MS,
    silenceMs: SILENCE_MS,
  })
  return path ?? ""
}

const UPLOAD_MS = 300_000
const SILENCE_MS = 60_000
const CALL_MS = 60_000

/** How the app is told of a file that is there. */
export function fileValue(path: string, name: string, type: string): object {
  return { path, orig_name: name, mime_type: type, meta: { _type: "gradio.FileData" } }
}

/** A full queue is 503 with its size; the words are Gradio's own. */
function refuse({ server, status, words }: Refusal): BackendError | undefined {
  if (status !== 503 || !words.startsWith("Queue is full")) return undefined
  return new BackendError(server.name, "its queue is full", "transient")
}

/**
 * Calls a function and waits for what it gives. With a session, calls share what the app keeps, and the stream goes by the
 * session's name: that is what the address is looked up by in every version. A stream that breaks off is lost together with
 * the run: Gradio gives up a run that nobody listens to, and its stream cannot be opened twice.
 */
export async function callFunction(
  { server, signal }: Wire,
  { prefix, fn, data, session, timeoutMs, silenceMs, onEvent }: Call,
): Promise<unknown[]> {
  const path = `${prefix}/call/${fn}`
  const key = keyOf(server)
  const { event_id: event } = await askJson(z.object({ event_id: z.string().regex(/^[\w-]{1,100}$/) }), {
    server,
    signal,
    path,
    key,
    body: { json: { data, ...(session === undefined ? {} : { session_hash: session }) } },
    timeoutMs: CALL_MS,
    refuse,
  })
  const request = { server, signal, path: `${path}/${session ?? event}`, key, timeoutMs, silenceMs }
  return askStream(request, (chunks) => outcome(server, chunks, onEvent))
}

interface Call {
  prefix: string
  fn: string
  data: unknown[]
  session?: string
  timeoutMs: number
  silenceMs: number
  onEvent(event: "generating" | "heartbeat"): void
}

async function outcome(
  server: ServerRef,
  chunks: AsyncIterable<Uint8Array>,
  onEvent: Call["onEvent"],
): Promise<unknown[]> {
  for await (const { event, data } of guarded(server, chunks)) {
    if (event === "heartbeat" || event === "generating") onEvent(event)
    if (event === "error") throw failure(server, parsed(data))
    if (event !== "complete") continue
    const found = z.array(z.unknown()).max(64).safeParse(parsed(data))
    if (found.success) return found.data
    throw new BackendError(server.name, "its answer is not of the expected form", "transient")
  }
  throw new BackendError(server.name, "its stream ended without a result, and the run is lost with it", "transient")
}

async function* guarded(server: ServerRef, chunks: AsyncIterable<Uint8Array>): ReturnType<typeof serverEvents> {
  try {
    yield* serverEvents(chunks)
  } catch (error) {
    if (error instanceof RangeError)
      throw new BackendError(server.name, `its stream is refused: ${error.message}`, "fatal")
    throw error
  }
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}

/**
 * null up to version 5; later {error, …}, where `title` marks what the app tells the person on purpose (gr.Error); a text when
 * Gradio itself gives up ("404: Session not found.", "Server stopped unexpectedly.").
 */
function failure(server: ServerRef, data: unknown): BackendError {
  if (typeof data === "string") {
    const isLost = data.startsWith("404")
    const problem = isLost ? "it does not know the run any more" : `it gave up: ${serverWords(data)}`
    return new BackendError(server.name, problem, "transient")
  }
  const { error, title } = (data ?? {}) as { error?: unknown; title?: unknown } // any field may be missing
  const words = typeof error === "string" ? serverWords(error) : ""
  if (!words) return new BackendError(server.name, "the app failed and does not say why; its log knows", "transient")
  if (/out of memory|quota/i.test(words)) return new BackendError(server.name, `the app failed: ${words}`, "capacity")
  return new BackendError(server.name, `the app failed: ${words}`, title === undefined ? "transient" : "input")
}

/**
 * Fetches a file that the app made, by its path below the app's own address. The address that comes with it is not used: it
 * is whatever the app takes itself to be called (behind a proxy, another machine), and in version 4 simply wrong.
 */
export async function fetchFile(
  { server, signal }: Wire,
  prefix: string,
  path: string,
  { maxBytes }: { maxBytes: number },
): Promise<Uint8Array<ArrayBuffer>> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path))
    throw new BackendError(server.name, "its result lies on another server, and is not fetched from there", "fatal")
  const place = path.split("/").map(encodeURIComponent).join("/")
  const request = { server, signal, path: `${prefix}/file=${place}`, key: keyOf(server) }
  return (await ask({ ...request, maxBytes, timeoutMs: UPLOAD_MS, silenceMs: SILENCE_MS })).bytes
}
