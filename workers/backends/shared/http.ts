import { request as httpRequest, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http"
import { request as httpsRequest } from "node:https"
import type { z } from "zod"
import { BackendError, type RetryClass } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"
import { nextStep } from "#src/platform/trace.ts"
import { encodeBody, type Body } from "#workers/backends/shared/encode.ts"
import {
  MAX_REFUSAL_BYTES,
  NoAnswer,
  readRefusal,
  refusalError,
  serverWords,
  type Refusal,
} from "#workers/backends/shared/failure.ts"

/** One request to a server. No redirection is followed. */
export interface Ask {
  server: ServerRef
  signal: AbortSignal
  /** Below the server's address ("v1/images"); or a whole address that `trustedUrl` has let through. */
  path: string | URL
  /** Default: GET without a body, else POST. */
  method?: "GET" | "HEAD" | "POST" | "PUT" | "DELETE"
  body?: Body
  headers?: Record<string, string>
  /** Sent as bearer token. Never appears in an error. */
  key?: string | undefined
  /** For the request with its whole answer. */
  timeoutMs: number
  /** No byte for that long in either direction, connecting included; default `timeoutMs`. */
  silenceMs?: number
  /** Most bytes of the answer; default 4 MB. */
  maxBytes?: number
  /** Statuses from 300 on that are answers here; the others become errors. */
  expected?: readonly number[]
  /** What a status means on this kind of server, where that is not the usual. */
  refuse?(refusal: Refusal): BackendError | undefined
  /** How to go on when the request was sent and its answer was lost. Default "transient"; "fatal" where a second one is paid again. */
  onLost?: RetryClass
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  bytes: Uint8Array<ArrayBuffer>
}

const MAX_ANSWER_BYTES = 4 * 1024 ** 2

/** The whole answer. Throws BackendError, or the reason of `signal` when that was aborted. */
export async function ask(it: Ask): Promise<Answer> {
  return exchange(it, async (response) => ({
    status: response.statusCode ?? 0,
    headers: response.headers,
    bytes: await collect(it, response, it.maxBytes ?? MAX_ANSWER_BYTES),
  }))
}

/** An answer in JSON of the given shape. */
export async function askJson<T extends z.ZodType>(schema: T, it: Ask): Promise<z.output<T>> {
  return parseJson(schema, it.server, (await ask(it)).bytes)
}

/** The answer as it comes in; `read` takes it to its end within the limits of the request. */
export async function askStream<T>(it: Ask, read: (chunks: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T> {
  return exchange(it, (response) => read(response as AsyncIterable<Uint8Array>)) // buffers, as no encoding is set
}

/** Throws BackendError "transient": what is no JSON mostly comes from a proxy in front of a server that is away. */
export function parseJson<T extends z.ZodType>(schema: T, server: ServerRef, bytes: Uint8Array): z.output<T> {
  let data: unknown
  try {
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch {
    throw new BackendError(server.name, "it answered something that is no JSON: check its address", "transient")
  }
  const parsed = schema.safeParse(data)
  if (parsed.success) return parsed.data
  const field = serverWords(parsed.error.issues[0]?.path.join(".") ?? "")
  throw new BackendError(server.name, `its answer is not of the expected form${field && ` (${field})`}`, "transient")
}

/** An address below the server's own, whether that ends with a slash or not. */
export function addressOf(server: ServerRef, path: string | URL): URL {
  if (path instanceof URL) return path
  return new URL(path.replace(/^\/+/, ""), `${server.url.replace(/\/+$/, "")}/`)
}

/**
 * An address that a server named, when it may be fetched: on the server's own origin, or https on one of `hosts`
 * ("assets.example.com"). Undefined otherwise: no server makes the studio look at others.
 */
export function trustedUrl(server: ServerRef, text: string, hosts: readonly string[] = []): URL | undefined {
  const url = URL.parse(text, addressOf(server, "").href)
  if (!url || url.username || url.password) return undefined
  if (url.origin === new URL(server.url).origin) return url
  return url.protocol === "https:" && url.port === "" && hosts.includes(url.hostname) ? url : undefined
}

/**
 * node:http rather than fetch, which gives up after 300 s without an answer: some servers take longer to make one. No
 * connection is kept alive, because one that the server is just closing looks like a lost answer.
 */
async function exchange<T>(it: Ask, read: (response: IncomingMessage) => Promise<T>): Promise<T> {
  const { url, headers, bytes } = await prepared(it)
  it.signal.throwIfAborted()
  const limit = AbortSignal.timeout(it.timeoutMs)
  const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
    method: it.method ?? (bytes ? "POST" : "GET"),
    headers,
    agent: false,
    signal: AbortSignal.any([it.signal, limit]),
  })
  request.on("error", () => undefined) // what comes after the end of the exchange is of no interest
  let silent = false
  request.setTimeout(it.silenceMs ?? it.timeoutMs, () => {
    silent = true
    request.destroy()
  })
  try {
    const response = await responseTo(request, bytes)
    const status = response.statusCode ?? 0
    if (status >= 300 && !it.expected?.includes(status)) throw await refused(it, response)
    return await read(response)
  } catch (error) {
    if (it.signal.aborted) throw it.signal.reason
    if (error instanceof BackendError) throw error
    throw lost(it, request, silent || limit.aborted ? undefined : error)
  } finally {
    request.destroy()
  }
}

async function prepared(it: Ask): Promise<{ url: URL; headers: Record<string, string | number>; bytes?: Uint8Array }> {
  const url = addressOf(it.server, it.path)
  if (!/^https?:$/.test(url.protocol))
    throw new BackendError(it.server.name, `${serverWords(it.server.url)} is no http address`, "fatal")
  const headers: Record<string, string | number> = {
    accept: "*/*",
    "accept-encoding": "identity",
    "user-agent": "atelier",
    ...(it.server.trace === undefined ? {} : { traceparent: nextStep(it.server.trace) }),
    ...it.headers,
  }
  if (it.key !== undefined) headers["authorization"] = `Bearer ${it.key}`
  if (!it.body) return { url, headers }
  const { bytes, type } = await encodeBody(it.body)
  return { url, headers: { ...headers, "content-type": type, "content-length": bytes.byteLength }, bytes }
}

async function responseTo(request: ClientRequest, bytes: Uint8Array | undefined): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  request.once("response", resolve)
  request.once("error", reject)
  request.once("close", () => reject(new Error("closed"))) // after an answer this changes nothing
  request.end(bytes)
  return promise
}

async function refused(it: Ask, response: IncomingMessage): Promise<BackendError> {
  const bytes = await collect(it, response, MAX_REFUSAL_BYTES).catch(() => new Uint8Array()) // the status says enough
  const answer = { status: response.statusCode ?? 0, headers: response.headers, bytes }
  const refusal = readRefusal(it.server, answer, it.key)
  return it.refuse?.(refusal) ?? refusalError(refusal)
}

async function collect(it: Ask, response: IncomingMessage, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.byteLength
    if (length > maxBytes)
      throw new BackendError(it.server.name, `its answer is larger than ${inMb(maxBytes)} MB: ask for less`, "input")
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

/** No answer, or a part of one. `error` is absent when a time limit ended it. */
function lost(it: Ask, request: ClientRequest, error: unknown): NoAnswer {
  const { name } = it.server
  const why = error === undefined ? "" : ` (${codeOf(error)})`
  const found = { timedOut: error === undefined, reached: request.writableFinished, cause: error }
  // Node hands the request to the system as a whole: before that, the server has seen nothing of it.
  if (!found.reached) return new NoAnswer(name, `it cannot be reached${why || " in time"}`, "transient", found)
  const problem = found.timedOut
    ? "it did not answer in time"
    : `the connection broke before its answer was complete${why}`
  const retry = it.onLost ?? "transient"
  const warning = retry === "fatal" ? "; the order may be running there, so it is not sent a second time" : ""
  return new NoAnswer(name, problem + warning, retry, found)
}

function codeOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown } // either may be missing
  return serverWords(typeof code === "string" ? code : typeof message === "string" ? message : "unknown").slice(0, 80)
}

const inMb = (bytes: number) => Math.max(0.001, Math.round(bytes / 1024) / 1024).toFixed(bytes < 1024 ** 2 ? 3 : 0)
