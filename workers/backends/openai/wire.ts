import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"
import type { Link } from "#workers/backend.ts"
import { openaiSettings } from "#workers/backends/openai/order.ts"
import type { Refusal } from "#workers/backends/shared/failure.ts"
import { ask, type Answer, type Ask } from "#workers/backends/shared/http.ts"
import { keyOf } from "#workers/backends/shared/key.ts"
import { patiently } from "#workers/backends/shared/patience.ts"

export interface Wire {
  server: ServerRef
  signal: AbortSignal
}

type Request = Omit<Ask, "server" | "signal" | "key" | "refuse">

/** "images/generations" below the server's address; "v1/" is added where the address has no path of its own. */
function place({ url }: ServerRef, path: string): string {
  return new URL(url).pathname === "/" ? `v1/${path}` : path
}

/** One request with key and classes of failure. */
export function send({ server, signal }: Wire, request: Request): Promise<Answer> {
  const path = typeof request.path === "string" ? place(server, request.path) : request.path
  return ask({ ...request, server, signal, path, key: keyOf(server), refuse })
}

/** The same, asked again while the server is busy, as long as the operator allows. */
export function order(link: Link, request: Request): Promise<Answer> {
  const { patienceS } = openaiSettings.parse(link.server.settings)
  return patiently(link, patienceS * 1000, () => send(link, request))
}

const errorBody = z.object({
  error: z.object({ code: z.unknown(), type: z.unknown() }).partial(),
})
/** Codes and types, by OpenAI's documentation and its answers. */
const BILLING = /billing_hard_limit|insufficient_quota|billing_not_active|quota_exceeded/
const CONTENT = /content_policy|moderation_blocked|content_filter|image_generation_user_error|sentinel_block/

/** What is told in `error.code` and `error.type` beyond the status. */
function refuse({ server, status, body, words }: Refusal): BackendError | undefined {
  const { code, type } = errorBody.safeParse(body).data?.error ?? {}
  const names = [code, type].filter((it) => typeof it === "string").join(" ")
  const said = words ? `: ${words}` : ""
  if (BILLING.test(names)) return new BackendError(server.name, `its account has reached its limit${said}`, "capacity")
  if (CONTENT.test(names)) return new BackendError(server.name, contentProblem(words), "input")
  // The model may well be on another server.
  if (status === 404 && /model/.test(names + words))
    return new BackendError(server.name, `it does not have the model${said}`, "capacity")
  // Words of 401 repeat a part of the key; those of 403 say what is not allowed.
  if (status === 403 && words) return new BackendError(server.name, `it does not allow this${said}`, "fatal")
  return undefined
}

/** Its own words are what helps a person to write it differently. */
export function contentProblem(words: string): string {
  return `it refuses the content${words ? `: ${words}` : ""}`
}

export function isAboutContent(code: string): boolean {
  return CONTENT.test(code)
}
