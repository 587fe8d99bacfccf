import { randomUUID } from "node:crypto"
import type { Logger } from "pino"
import type { ApiError } from "#bots/web/api/types.ts"
import { BackendError, explain, Question, UserError, type ErrorCode } from "#src/errors.ts"

const STATUS: Record<ErrorCode, number> = {
  bad_input: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  quota: 429,
  cancelled: 499,
  internal: 500,
  backend: 502,
  storage_full: 507,
}

/** JSON that only the asking page may keep. */
export function json(body: unknown, status = 200): Response {
  return Response.json(body, { status, headers: { "cache-control": "no-store" } })
}

/** An error as people read it; what is a bug goes to the log and is named by a reference. */
export function refusal(error: unknown, log: Logger, headers: Record<string, string> = {}): Response {
  const reference = randomUUID().slice(0, 8)
  const explained = explain(error, reference)
  const isBug = explained.code === "internal"
  if (isBug) log.error({ err: error, reference }, "a request of the page broke")
  const body: ApiError = { error: isBug ? { ...explained, reference } : explained }
  return Response.json(body, {
    status: STATUS[explained.code],
    headers: { "cache-control": "no-store", ...retryAfter(error), ...headers },
  })
}

/** Whether an error is told to people as it is. */
export function isKnown(error: unknown): boolean {
  return error instanceof UserError || error instanceof BackendError || error instanceof Question
}

/** Too many requests; time alone helps. */
export class TooFast extends UserError {
  readonly waitMs: number
  constructor(problem: string, waitMs: number) {
    super(problem, `Wait ${Math.ceil(waitMs / 1000)} s and try again.`, "quota")
    this.name = "TooFast"
    this.waitMs = waitMs
  }
}

function retryAfter(error: unknown): Record<string, string> {
  return error instanceof TooFast ? { "retry-after": String(Math.ceil(error.waitMs / 1000)) } : {}
}
