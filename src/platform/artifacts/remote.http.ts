import { createHash } from "node:crypto"
import { createWriteStream } from "node:fs"
import { rm } from "node:fs/promises"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { z } from "zod"
import { BackendError, UserError } from "#src/errors.ts"
import type { ErrorCode } from "#src/errors.ts"
import { tooLarge } from "#src/platform/artifacts/blobs.ts"
import { storedArtifact, uploadBody } from "#src/platform/artifacts/worker-upload.ts"
import type { UploadHead } from "#src/platform/artifacts/worker-upload.ts"
import type { Artifact } from "#src/studio.ts"

/** A file on its way out; `read` begins anew for every try. */
export interface Sending {
  head: UploadHead
  read(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

/** Tries in all, 0.25, 0.5, 1, 2, 4 s apart: a studio that starts anew is back by then. */
const TRIES = 6
const FIRST_PAUSE_MS = 250
/** Without a byte in either direction. */
const IDLE_MS = 60_000
const MAX_ANSWER_CHARS = 64 * 1024

/** Fetches a file to `path`. The studio says its length and sha256; what differs from it is fetched again. */
export async function fetchFile(
  url: URL,
  path: string,
  { signal, maxBytes }: { signal: AbortSignal; maxBytes: number },
): Promise<void> {
  await tryAgain(url, signal, async (idle) => {
    const response = await fetch(url, { signal: idle.signal, redirect: "error" })
    if (!response.ok || !response.body) throw await refusalOf(response)
    if (Number(response.headers.get("content-length")) > maxBytes) throw tooLarge(maxBytes)
    const hash = createHash("sha256")
    let bytes = 0
    async function* counted(source: AsyncIterable<Uint8Array>) {
      for await (const chunk of source) {
        idle.refresh()
        if ((bytes += chunk.length) > maxBytes) throw tooLarge(maxBytes)
        hash.update(chunk)
        yield chunk
      }
    }
    await rm(path, { force: true })
    // Node's and the browser's stream types differ in name only.
    const body = response.body as unknown as AsyncIterable<Uint8Array>
    await pipeline(body, counted, createWriteStream(path, { flags: "wx", mode: 0o600 }))
    if (response.headers.get("etag") !== `"${hash.digest("hex")}"`) throw new Error("the file did not arrive whole")
  })
}

/** Asks whether the studio takes the file, and sends it. Sending the same again stores nothing new. */
export async function sendFile(url: URL, { head, read }: Sending, signal: AbortSignal): Promise<Artifact> {
  return tryAgain(url, signal, async (idle) => {
    const asked = { method: "POST", body: `${JSON.stringify(head)}\n`, signal: idle.signal, redirect: "error" } as const
    const answer = await fetch(url, asked)
    if (!answer.ok) throw await refusalOf(answer)
    async function* chunks() {
      for await (const chunk of uploadBody(head, read)) {
        idle.refresh()
        yield chunk
      }
    }
    // Node's and the browser's stream types differ in name only.
    const body = Readable.toWeb(Readable.from(chunks())) as ReadableStream
    const sent = { method: "PUT", body, duplex: "half", signal: idle.signal, redirect: "error" } as const
    const response = await fetch(url, sent)
    if (!response.ok) throw await refusalOf(response)
    const stored: unknown = JSON.parse(await textOf(response))
    return storedArtifact.parse(stored)
  })
}

interface Idle {
  signal: AbortSignal
  refresh(): void
}

/** Until it works, the studio refuses it, or it is of no use. */
async function tryAgain<T>(url: URL, outer: AbortSignal, work: (idle: Idle) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    outer.throwIfAborted()
    const silent = new AbortController()
    const timer = setTimeout(() => silent.abort(new Error(`silent for ${IDLE_MS / 1000} s`)), IDLE_MS)
    try {
      const signal = AbortSignal.any([outer, silent.signal])
      return await work({ signal, refresh: () => void timer.refresh() })
    } catch (error) {
      outer.throwIfAborted()
      if (error instanceof Refused && !error.mayPass) throw error.cause
      if (error instanceof UserError) throw error
      if (tries === TRIES)
        throw new BackendError("the studio", `${url.host} cannot be used now: ${causeOf(error)}`, "transient")
      await sleep(FIRST_PAUSE_MS * 2 ** (tries - 1), undefined, { signal: outer }).catch(() => undefined)
    } finally {
      clearTimeout(timer)
    }
  }
}

const refusal = z.object({
  code: z.string(),
  problem: z.string().max(2_000),
  hint: z.string().max(2_000),
  retry: z.enum(["input", "capacity", "transient", "fatal"]).exactOptional(),
})
const CODES: readonly ErrorCode[] = ["not_found", "too_large", "quota", "storage_full", "bad_input"]

/** The cause is what it means for the attempt. */
class Refused extends Error {
  /** Whether the same request may work a little later: the trouble is in the studio, or in something before it. */
  readonly mayPass: boolean
  constructor(cause: Error, mayPass: boolean) {
    super(cause.message, { cause })
    this.mayPass = mayPass
  }
}

/** What the studio, or something before it, answered instead. */
async function refusalOf(response: Response): Promise<Refused> {
  const text = await textOf(response).catch(() => "")
  const said = refusal.safeParse(jsonOf(text)).data
  const answer = `answered with ${response.status} ${response.statusText}`.trim()
  if (!said) return new Refused(new BackendError("the studio", answer, "transient"), true)
  const { problem, hint, retry } = said
  if (retry !== undefined) return new Refused(new BackendError("the studio", problem, retry), response.status >= 500)
  const code = CODES.find((one) => one === said.code) ?? "bad_input"
  return new Refused(new UserError(problem, hint, code), false)
}

async function textOf(response: Response): Promise<string> {
  let text = ""
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MAX_ANSWER_CHARS) throw new Error("the answer is too long")
  }
  return text
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** fetch itself only says that it failed. */
function causeOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error
  const text = cause instanceof Error ? cause.message || cause.name : String(cause)
  return text.slice(0, 300)
}
