import type { Logger } from "pino"
import type { Progress } from "#src/job.ts"
import { cancelledFailure, failureOf, isBug } from "#src/platform/queue/failure.ts"
import type { Failure } from "#src/platform/queue/failure.ts"
import { LaneStop } from "#src/platform/queue/lane.ts"

/** What came out of an attempt, with the JSON that is stored of it; "handed_back" = it did not end and may run elsewhere. */
export type Outcome =
  | { state: "completed"; result: unknown; text: string }
  | { state: "failed"; text: string }
  | "handed_back"

export const PROGRESS_EVERY_MS = 250
const MAX_RESULT_CHARS = 4 * 1024 * 1024
const MAX_PROGRESS_CHARS = 500

/** Runs a handler to its end and says what that means for the attempt. Never throws. */
export async function outcomeOf(
  run: () => Promise<unknown>,
  jobId: string,
  signal: AbortSignal,
  log: Logger,
): Promise<Outcome> {
  try {
    const result = (await run()) ?? null
    const text = JSON.stringify(result)
    if (text.length > MAX_RESULT_CHARS)
      throw new Error(`result of ${text.length} characters, limit ${MAX_RESULT_CHARS}`)
    return { state: "completed", result, text }
  } catch (error) {
    const stop: unknown = signal.reason
    if (stop instanceof LaneStop && stop.why !== "cancelled") return "handed_back"
    if (stop instanceof LaneStop) return failed(cancelledFailure)
    if (isBug(error)) log.error({ err: error, job: jobId }, "a job handler broke")
    return failed(failureOf(error, jobId))
  }
}

function failed(failure: Failure): Outcome {
  return { state: "failed", text: JSON.stringify(failure) }
}

/** Progress as it is stored. */
export function progressText(progress: Progress): string {
  return JSON.stringify({ ...progress, text: progress.text.slice(0, MAX_PROGRESS_CHARS) })
}
