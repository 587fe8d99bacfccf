import type { ApiError, CallAnswer, CallTool } from "../api/types.ts"

/** A call may wait 25 s for its job. */
const CALL_MS = 40_000

/** A refusal of the studio, or that it cannot be reached, in words for the person. */
export class Problem extends Error {
  readonly code: string
  readonly problem: string
  readonly hint: string
  constructor(code: string, problem: string, hint: string) {
    super(`${problem} ${hint}`.trim())
    this.code = code
    this.problem = problem
    this.hint = hint
  }
}

export async function read<T>(path: string): Promise<T> {
  return ask<T>(path, { method: "GET" })
}

export async function send<T>(path: string, body: unknown): Promise<T> {
  return ask<T>(path, {
    method: "POST",
    headers: { "content-type": "application/json", "x-atelier": "1" },
    body: JSON.stringify(body),
  })
}

/** Carries out one tool call as the person's own wish. */
export async function call(wanted: CallTool): Promise<CallAnswer> {
  return send<CallAnswer>("api/call", wanted)
}

async function ask<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, { ...init, credentials: "same-origin", signal: AbortSignal.timeout(CALL_MS) })
  } catch {
    throw unreachable()
  }
  const text = await response.text().catch(() => "")
  if (!response.ok) throw refusal(response.status, text)
  return JSON.parse(text) as T // our own studio, of the version that served this page
}

export function unreachable(): Problem {
  return new Problem("unreachable", "The studio is not reachable.", "What you typed is kept. Try again in a moment.")
}

/** What an answer with a status of refusal says. */
export function refusal(status: number, text: string): Problem {
  try {
    const { error } = JSON.parse(text) as ApiError // checked by the lines below
    const reference = error.reference === undefined ? "" : ` (reference ${error.reference})`
    return new Problem(error.code, error.problem, error.hint + reference)
  } catch {
    const code = status === 401 ? "unauthorized" : "internal"
    return new Problem(code, `The studio answered ${status}.`, "Try again in a moment.")
  }
}

/** Any error in words. */
export function inWords(error: unknown): { problem: string; hint: string; code: string } {
  if (error instanceof Problem) return error
  return { code: "internal", problem: "This page broke while doing that.", hint: "Reload it; nothing is lost." }
}
