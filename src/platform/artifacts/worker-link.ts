import { linkExpiry, signLink, verifyLink } from "#src/platform/artifacts/links.ts"

/** One attempt of a job, as the job rows know it. */
export interface WorkTicket {
  jobId: string
  attempt: number
  token: number
}

/** What a request under the address of an attempt is about. */
export type WorkRequest =
  | { state: "ok"; ticket: WorkTicket; wants: { file: string } | "artifacts" }
  | { state: "expired" | "invalid" | "absent" }

const HOUR_S = 3_600
/** An attempt may wait that long in a queue before its time limit begins to count. */
const WAITS_HOURS = 24
const PATH = /\/work\/([A-Za-z0-9_-]{1,64})\/(\d{1,9})\/(?:(artifacts)|files\/([A-Za-z0-9_-]{1,64}))$/

/**
 * The address that lets a worker read the files of the job's account and store files for it, for as long as this attempt is
 * open: `…/work/<job>/<attempt>?t=…&e=…&s=…`, to which the worker adds `/files/<id>` or `/artifacts`. The signature covers the
 * token, so the address of one attempt is of no use for another.
 */
export function workLink(
  secret: Uint8Array,
  baseUrl: string,
  ticket: WorkTicket,
  { nowMs, timeLimitS }: { nowMs: number; timeLimitS: number },
): string {
  const expiry = linkExpiry(nowMs, WAITS_HOURS + Math.ceil(timeLimitS / HOUR_S))
  const { jobId, attempt, token } = ticket
  return `${baseUrl}/work/${jobId}/${attempt}?t=${token}&e=${expiry}&s=${signLink(secret, signedPath(ticket), expiry)}`
}

/** The address of one thing under that of an attempt. */
export function workAddress(access: string, what: { file: string } | "artifacts"): URL {
  const url = new URL(access)
  url.pathname += what === "artifacts" ? "/artifacts" : `/files/${encodeURIComponent(what.file)}`
  return url
}

/** Checks the signature; whether the attempt is still open is for the job rows to say. */
export function readWorkAddress(secret: Uint8Array, url: URL, nowMs: number): WorkRequest {
  const [, jobId, attempt, artifacts, file] = PATH.exec(url.pathname) ?? []
  const token = url.searchParams.get("t") ?? ""
  if (jobId === undefined) return { state: "absent" }
  if (!/^\d{1,15}$/.test(token)) return { state: "invalid" }
  const ticket = { jobId, attempt: Number(attempt), token: Number(token) }
  const given = { expiry: url.searchParams.get("e"), signature: url.searchParams.get("s") }
  const state = verifyLink(secret, signedPath(ticket), given, nowMs)
  if (state !== "ok") return { state }
  return { state, ticket, wants: artifacts === undefined ? { file: file ?? "" } : "artifacts" }
}

function signedPath({ jobId, attempt, token }: WorkTicket): string {
  return `/work/${jobId}/${attempt}/${token}`
}
