import { open } from "node:fs/promises"
import { Readable } from "node:stream"
import { z } from "zod"
import { BackendError, explain, UserError } from "#src/errors.ts"
import type { ErrorCode, RetryClass } from "#src/errors.ts"
import type { ArtifactStore } from "#src/platform/artifacts/artifacts.ts"
import { readWorkAddress } from "#src/platform/artifacts/worker-link.ts"
import type { WorkTicket } from "#src/platform/artifacts/worker-link.ts"
import { readUpload } from "#src/platform/artifacts/worker-upload.ts"
import type { Clock } from "#src/studio.ts"

export interface WorkerAccessParts {
  secret: Uint8Array
  clock: Clock
  artifacts: Pick<ArtifactStore, "get" | "path" | "writerFor" | "requireRoom">
  /** Whose job it is when exactly this attempt is offered or running; undefined when it is over. */
  openAttempt(ticket: WorkTicket): string | undefined
}

/** What a worker reads when it is refused: with `retry`, it is about the attempt; without, about the file. */
export interface Refusal {
  code: ErrorCode
  problem: string
  hint: string
  retry?: RetryClass
}

/**
 * GET …/files/<id>, and POST and PUT …/artifacts under the address of an attempt (worker-link.ts), as web-standard request and
 * response. POST says what is coming and is answered before the bytes are sent; PUT sends them after one line that says the same.
 */
export async function serveWorker(request: Request, parts: WorkerAccessParts): Promise<Response> {
  const address = readWorkAddress(parts.secret, new URL(request.url), parts.clock.now())
  if (address.state !== "ok") return refuse(address.state === "absent" ? 404 : 403, REFUSED[address.state])
  const accountId = parts.openAttempt(address.ticket)
  if (accountId === undefined) return refuse(409, OVER)
  try {
    if (address.wants !== "artifacts") return await give(request, accountId, address.wants.file, parts)
    if (request.method === "POST") return await announce(request, accountId, parts)
    if (request.method === "PUT") return await take(request, accountId, address.ticket, parts)
    return refuse(405, { ...INVALID, problem: "Files are announced with POST and sent with PUT." })
  } catch (error) {
    if (error instanceof UserError) return refuse(STATUS[error.code] ?? 400, explain(error))
    if (error instanceof BackendError) return refuse(503, { ...explain(error), retry: error.retry })
    if (error instanceof z.ZodError) return refuse(400, { ...INVALID, problem: z.prettifyError(error).slice(0, 500) })
    throw error
  }
}

const INVALID: Refusal = {
  code: "forbidden",
  problem: "The link of this attempt is incomplete or was changed, or another studio made it.",
  hint: "Give the worker the REDIS_URL and ATELIER_REDIS_PREFIX of its studio.",
  retry: "fatal",
}
const REFUSED: Record<"expired" | "invalid" | "absent", Refusal> = {
  expired: {
    code: "forbidden",
    problem: "The link of this attempt has expired.",
    hint: "The next attempt gets a new one.",
    retry: "transient",
  },
  invalid: INVALID,
  absent: { ...INVALID, code: "not_found", problem: "There is nothing at this address." },
}
const OVER: Refusal = {
  code: "conflict",
  problem: "This attempt is over: the job has ended, or another worker has it.",
  hint: "Nothing more has to be done for it.",
  retry: "fatal",
}
const STATUS: Partial<Record<ErrorCode, number>> = {
  not_found: 404,
  too_large: 413,
  quota: 429,
  storage_full: 507,
}

async function give(request: Request, accountId: string, id: string, parts: WorkerAccessParts): Promise<Response> {
  if (request.method !== "GET") return refuse(405, { ...INVALID, problem: "Files are read with GET." })
  const artifact = parts.artifacts.get(id)
  if (artifact?.accountId !== accountId)
    throw new UserError(`There is no file "${id}".`, "It may have been cleaned up; make it again.", "not_found")
  const file = await open(parts.artifacts.path(id), "r")
  // Node's and the browser's stream types differ in name only.
  return new Response(Readable.toWeb(file.createReadStream()) as ReadableStream, {
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(artifact.bytes),
      etag: `"${artifact.sha256}"`,
      "cache-control": "no-store",
    },
  })
}

async function announce(request: Request, accountId: string, parts: WorkerAccessParts): Promise<Response> {
  const { head } = await readUpload(request.body)
  parts.artifacts.requireRoom(accountId, head)
  return new Response(null, { status: 204 })
}

async function take(
  request: Request,
  accountId: string,
  ticket: WorkTicket,
  parts: WorkerAccessParts,
): Promise<Response> {
  const { head, bytes } = await readUpload(request.body)
  parts.artifacts.requireRoom(accountId, head)
  const artifact = await parts.artifacts.writerFor(accountId).put(bytes, head)
  // A long upload may outlive its attempt: nothing refers to such a file, and it is swept away.
  return parts.openAttempt(ticket) === undefined ? refuse(409, OVER) : Response.json(artifact)
}

function refuse(status: number, refusal: Refusal): Response {
  // The rest of the body is not read: the connection is of no more use.
  return Response.json(refusal, { status, headers: { "cache-control": "no-store", connection: "close" } })
}
