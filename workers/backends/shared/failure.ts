import type { IncomingHttpHeaders } from "node:http"
import { BackendError, type RetryClass } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"

/** An answer that says no. */
export interface Refusal {
  server: ServerRef
  status: number
  headers: IncomingHttpHeaders
  /** The body, when it is JSON; untrusted. */
  body: unknown
  /** What the server says of it: one line, short, without the key. Empty when it says nothing a person could use. */
  words: string
}

/** How much of an error is read. */
export const MAX_REFUSAL_BYTES = 64 * 1024
const MAX_WORDS = 300

/** Reads an error out of the forms that servers give it: OpenAI, FastAPI, and those that put one text somewhere. */
export function readRefusal(
  server: ServerRef,
  answer: { status: number; headers: IncomingHttpHeaders; bytes: Uint8Array },
  key?: string,
): Refusal {
  const text = new TextDecoder().decode(answer.bytes)
  const body = jsonOrUndefined(text)
  const raw = body === undefined ? plainWords(text) : wordsOf(body)
  return { server, status: answer.status, headers: answer.headers, body, words: serverWords(raw, key) }
}

/** The busy answer of a server: 429. */
export class TooManyRequests extends BackendError {
  /** When it may be asked again, if the server says so. */
  readonly afterMs: number | undefined
  constructor(backend: string, problem: string, afterMs: number | undefined) {
    super(backend, problem, "transient")
    this.afterMs = afterMs
  }
}

/** A request without its answer: the server is away, hangs, or broke off. */
export class NoAnswer extends BackendError {
  /** The whole request was on its way to it. */
  readonly reached: boolean
  readonly timedOut: boolean
  constructor(
    backend: string,
    problem: string,
    retry: RetryClass,
    found: { reached: boolean; timedOut: boolean; cause: unknown },
  ) {
    super(backend, problem, retry, { cause: found.cause })
    this.reached = found.reached
    this.timedOut = found.timedOut
  }
}

/** Text of a server as it may stand in an error: one line, no control characters, at most 300 characters, without the key. */
export function serverWords(text: string, key?: string): string {
  const open = key ? text.replaceAll(key, "(hidden)") : text
  const line = open
    .slice(0, MAX_WORDS * 10)
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim()
  return line.length > MAX_WORDS ? `${line.slice(0, MAX_WORDS)}…` : line
}

/** The class that a status has where the kind of server knows no better, in words for a person. */
export function refusalError({ server, status, words, headers }: Refusal): BackendError {
  const said = words ? `: ${words}` : ""
  const error = (problem: string, retry: RetryClass) => new BackendError(server.name, problem, retry)
  if (status >= 300 && status < 400)
    return error(`it sends requests to another address (status ${status}); give the server that address`, "fatal")
  switch (status) {
    case 401:
    case 403:
      return error(keyProblem(server, status), "fatal")
    case 402:
      return error(`its account has no credit left${said}`, "capacity")
    case 404:
    case 405:
      return error(`it has nothing at this address (status ${status})${said}`, "fatal")
    case 413:
      return error(`what was sent is too large for it${said}`, "input")
    case 408:
    case 425:
      return error(`it gave up waiting (status ${status})${said}`, "transient")
    case 429:
      return new TooManyRequests(server.name, `it takes no more requests just now${said}`, retryAfterMs(headers))
    case 501:
      return error(`it cannot do this${said}`, "fatal")
    case 507:
      return error(`it has no room left${said}`, "capacity")
  }
  if (status >= 500) return error(`it failed (status ${status})${said}`, "transient")
  return error(`it refused the order (status ${status})${said}`, "input")
}

/** What to do about a key, without it: the words of servers repeat parts of keys. */
function keyProblem({ keyEnv }: ServerRef, status: number): string {
  return keyEnv === undefined
    ? `it wants a key (status ${status}): name the environment variable that holds it`
    : `it does not accept the key in ${keyEnv} (status ${status}): check that variable where the workers run`
}

/** How long the server asks to be left alone, in milliseconds: `retry-after-ms`, or Retry-After as seconds or as a date. */
function retryAfterMs(headers: IncomingHttpHeaders): number | undefined {
  const [ms, after] = [headers["retry-after-ms"], headers["retry-after"]].map((it) => String(it ?? "").trim())
  if (ms && /^\d{1,9}$/.test(ms)) return Number(ms)
  if (after && /^\d{1,6}(\.\d{1,3})?$/.test(after)) return Number(after) * 1000
  const at = Date.parse(after ?? "")
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}

/** A page for browsers is mostly style, and a stack trace says what happened in its last line. */
function plainWords(text: string): string {
  if (/^\s*</.test(text)) return ""
  return text.startsWith("Traceback ") ? (text.trimEnd().split("\n").at(-1) ?? "") : text
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `error.message`, `error`, `message`, `detail` or `text`; FastAPI lists what is wrong with each field. */
function wordsOf(body: unknown): string {
  if (typeof body === "string") return body
  if (Array.isArray(body)) return body.slice(0, 5).map(fieldWords).join("; ")
  if (typeof body !== "object" || body === null) return ""
  for (const name of ["error", "message", "detail", "text", "msg"]) {
    const found = wordsOf((body as Record<string, unknown>)[name]) // an object, any field of which may be missing
    if (found) return found
  }
  return ""
}

function fieldWords(it: unknown): string {
  if (typeof it !== "object" || it === null) return typeof it === "string" ? it : ""
  const { loc, msg } = it as { loc?: unknown; msg?: unknown } // any field may be missing
  const place = Array.isArray(loc) ? loc.filter((part) => typeof part === "string" && part !== "body").join(".") : ""
  return typeof msg === "string" ? `${place ? `${place}: ` : ""}${msg}` : ""
}
