import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"
import type { Version } from "#workers/backends/hunyuan3d/order.ts"
import type { Refusal } from "#workers/backends/shared/failure.ts"
import { ask, askJson, parseJson } from "#workers/backends/shared/http.ts"
import { keyOf } from "#workers/backends/shared/key.ts"

export interface Wire {
  server: ServerRef
  signal: AbortSignal
}

const health = z.object({ worker_id: z.string().min(1).max(100) })
const status = z.object({
  status: z.string().max(100),
  model_base64: z.string().optional(),
  message: z.string().max(10_000).optional(),
})
export type Status = z.output<typeof status>

/** Both servers answer every failure with 404 and one text, whatever happened. */
function refuse({ server, status: code, body }: Refusal): BackendError | undefined {
  const isTheirs = typeof body === "object" && body !== null && "error_code" in body
  if (code !== 404 || !isTheirs) return undefined
  return new BackendError(
    server.name,
    "it failed and does not say why: a picture that it cannot read, too little memory, or a fault of its own; its log knows",
    "transient",
  )
}

/** The worker's id of a 2.1 server; undefined for version 2, which has no such answer. */
export async function workerId({ server, signal }: Wire, timeoutMs: number): Promise<string | undefined> {
  const answer = await ask({ server, signal, path: "health", key: keyOf(server), timeoutMs, expected: [404] })
  return answer.status === 404 ? undefined : parseJson(health, server, answer.bytes).worker_id
}

/** Makes the model and answers with the file. Nothing else is answered by the server meanwhile. */
export async function generate(
  { server, signal }: Wire,
  body: object,
  { timeoutMs, maxBytes }: { timeoutMs: number; maxBytes: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const request = { server, signal, path: "generate", key: keyOf(server), body: { json: body }, refuse }
  return (await ask({ ...request, timeoutMs, maxBytes })).bytes
}

/** Starts a thread that makes the model, and gives its name. When this answer is lost, so is the run. */
export async function send({ server, signal }: Wire, body: object, timeoutMs: number): Promise<string> {
  const named = z.object({ uid: z.string().regex(/^[\w-]{1,100}$/) })
  const request = { server, signal, path: "send", key: keyOf(server), body: { json: body }, refuse }
  return (await askJson(named, { ...request, timeoutMs })).uid
}

const POLL_MS = 60_000
/** JavaScript's longest text. */
const MAX_TEXT = 500 * 1024 ** 2

/** Where a run stands; with the finished file in it, twice in some copies of 2.1 (the bare shape as well). */
export async function statusOf({ server, signal }: Wire, uid: string, maxBytes: number): Promise<Status> {
  const { bytes } = await ask({
    server,
    signal,
    path: `status/${uid}`,
    key: keyOf(server),
    timeoutMs: POLL_MS,
    maxBytes: Math.min(maxBytes * 3 + 1024 ** 2, MAX_TEXT),
    expected: [500], // with a status of "error"
  })
  return parseJson(status, server, bytes)
}

/** The version that the operator named, or the one that the server shows. */
export async function versionOf(wire: Wire, named: Version | "auto", timeoutMs: number): Promise<Version> {
  if (named !== "auto") return named
  return (await workerId(wire, timeoutMs)) === undefined ? "2" : "2.1"
}
