import { z } from "zod"
import { BackendError, explain, UserError } from "#src/errors.ts"
import type { RetryClass } from "#src/errors.ts"
import { LaneStop } from "#src/platform/queue/lane.ts"

const codes = [
  "bad_input",
  "not_found",
  "forbidden",
  "unauthorized",
  "quota",
  "conflict",
  "too_large",
  "cancelled",
  "storage_full",
  "backend",
  "internal",
] as const

/** An error on its way between processes: what a person reads, and whether trying again makes sense. */
export const failureSchema = z.object({
  retry: z.enum(["input", "capacity", "transient", "fatal"]),
  code: z.enum(codes),
  problem: z.string(),
  hint: z.string(),
  /** What the attempt began may still be going on: its handle is kept for the next one. */
  goesOn: z.literal(true).exactOptional(),
})
export type Failure = z.infer<typeof failureSchema>

/** Further runs an attempt that failed in this way may get, below the contract's own number of attempts. */
const RETRIES: Record<RetryClass | "lost", number> = { input: 0, capacity: 2, transient: 3, fatal: 0, lost: Infinity }

const MAX_TEXT = 2_000

/** What `error` means for the job. Errors that are not UserError or BackendError are bugs: told by reference, not tried again. */
export function failureOf(error: unknown, reference: string): Failure {
  if (error instanceof TimeLimit) return timeLimitFailure(error.seconds)
  const { code, problem, hint } = explain(error, reference)
  const goesOn = error instanceof BackendError && error.goesOn ? { goesOn: true as const } : {}
  return { retry: retryOf(error), code, problem: problem.slice(0, MAX_TEXT), hint: hint.slice(0, MAX_TEXT), ...goesOn }
}

function retryOf(error: unknown): RetryClass {
  if (error instanceof BackendError) return error.retry
  // A full disk is not the request's fault and may pass.
  if (error instanceof UserError) return error.code === "storage_full" ? "transient" : "input"
  return "fatal"
}

/** True for errors nobody planned: they belong in the log with their stack. */
export function isBug(error: unknown): boolean {
  return !(
    error instanceof UserError ||
    error instanceof BackendError ||
    error instanceof LaneStop ||
    error instanceof TimeLimit
  )
}

/** `attempt` runs have been started; may another one follow? "lost" = the worker vanished, which says nothing of the work. */
export function mayRetry(retry: RetryClass | "lost", attempt: number, maxAttempts: number): boolean {
  return attempt < maxAttempts && attempt <= RETRIES[retry]
}

export const lostFailure: Failure = {
  retry: "transient",
  code: "backend",
  problem: "The worker stopped in the middle of the work.",
  hint: "Nothing was charged. Try again; if it happens again, tell the operator: the request may need more memory.",
}

export const cancelledFailure: Failure = {
  retry: "fatal",
  code: "cancelled",
  problem: "The job was cancelled.",
  hint: "Only the time that it ran was charged.",
}

/** A run took longer than its contract allows; the reason of the handler's signal. */
export class TimeLimit extends Error {
  readonly seconds: number
  constructor(seconds: number) {
    super(`stopped after ${seconds} s, its time limit`)
    this.name = "AbortError"
    this.seconds = seconds
  }
}

export function timeLimitFailure(seconds: number): Failure {
  return {
    retry: "fatal",
    code: "backend",
    problem: `The work was stopped after ${seconds} s, its time limit.`,
    hint: "Nothing was charged. Ask for something smaller or simpler.",
  }
}
