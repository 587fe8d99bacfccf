import type { Progress } from "#src/job.ts"
import type { Failure } from "#src/platform/queue/failure.ts"

/** One attempt of a job, put into a lane. The lane knows it by `jobId:attempt`; offering the same again changes nothing. */
export interface LaneOffer {
  jobId: string
  attempt: number
  /** Drawn for this attempt; comes back with the result, so that a result of another history is told apart. */
  token: number
  /** JSON. */
  payload: unknown
  /** What an earlier attempt kept, to go on from. */
  handle?: unknown
  /** Milliseconds since the epoch; earliest start. */
  notBefore?: number
}

/** What a handler gets of an offer. */
export interface LaneJob {
  jobId: string
  attempt: number
  payload: unknown
  /** What was kept last: by an earlier attempt, or by this one before its worker handed it back. */
  handle?: unknown
}

/**
 * Runs one attempt. The signal's reason is a LaneStop. What it returns must be JSON; what it throws becomes a Failure.
 * Progress may be told as often as it likes: the driver passes on at most four a second, the last one always.
 * `keep` stores what a back end calls this run (JSON, at most 64 KiB) and resolves when that is durable; the last one counts.
 * It rejects when the attempt belongs to another worker by now: then the run on the back end has to be given up.
 */
export type LaneHandler = (
  job: LaneJob,
  signal: AbortSignal,
  progress: (progress: Progress) => void,
  keep: (handle: unknown) => Promise<void>,
) => Promise<unknown>

const MAX_HANDLE_CHARS = 64 * 1024

/** A handle as it is stored. Throws when it is too long, which only a broken back end makes it. */
export function handleText(handle: unknown): string {
  const text = JSON.stringify(handle ?? null)
  if (text.length > MAX_HANDLE_CHARS)
    throw new Error(`a handle of ${text.length} characters; at most ${MAX_HANDLE_CHARS} are kept`)
  return text
}

/** Why a running attempt is asked to stop. */
export class LaneStop extends Error {
  readonly why: "cancelled" | "handed_back" | "lease_lost"
  constructor(why: LaneStop["why"], message: string) {
    super(message)
    this.name = "AbortError"
    this.why = why
  }
}

/**
 * What every call rejects with while the transport is away or does not take it. Nothing is lost by it: the rows above say what
 * is to be done, and whoever called looks again in its next round.
 */
export class LaneDown extends Error {
  constructor(problem: string) {
    super(problem)
    this.name = "LaneDown"
  }
}

export interface LaneEntry {
  jobId: string
  attempt: number
  token: number
  /** stalled = its worker is gone or silent for longer than its lease; the attempt is over and cannot be committed any more. */
  state: "queued" | "active" | "completed" | "failed" | "stalled"
  progress?: Progress
  /** What the handler kept last; also of attempts that ended or stalled, so that another one can go on from there. */
  handle?: unknown
  /** When completed. */
  result?: unknown
  /** When failed. */
  failure?: Failure
  startedAt?: number
  endedAt?: number
}

/** The whole lane at one moment: short, because jobs are offered only while a slot is free. */
export interface LaneView {
  /** Attempts that live workers can run at the same time. */
  slots: number
  entries: LaneEntry[]
}

/** A hint that looking is worthwhile; `inspect` is the truth. May come more than once. */
export interface LaneEvent {
  kind: "progress" | "completed" | "failed" | "stalled"
  jobId: string
  attempt: number
}

export interface Consumer {
  /**
   * Takes nothing new, lets running attempts finish for `graceMs`, then hands the rest back to the lane without
   * counting the attempt.
   */
  stop(options?: { graceMs?: number }): Promise<void>
}

/**
 * Transport of attempts to workers and of their results back. A driver knows nothing of priorities, fairness, retries,
 * quotas: those live once, above, with the job rows. Finished entries stay until they are withdrawn. Its calls take at most
 * about a second, and reject with LaneDown while the transport is away.
 */
export interface LaneTransport {
  offer(lane: string, offer: LaneOffer): Promise<void>
  /** Takes a queued or finished attempt out; one that is running stays and is reported as "active". */
  withdraw(jobId: string, attempt: number): Promise<"removed" | "active" | "absent">
  /** Runs up to `slots` attempts at once; silent for longer than `leaseMs`, they count as stalled. */
  consume(lane: string, handler: LaneHandler, options: { slots: number; leaseMs: number }): Promise<Consumer>
  /** Aborts the running attempt's signal, in whatever process it runs. */
  signalCancel(jobId: string, reason: string): Promise<void>
  subscribe(listener: (event: LaneEvent) => void): () => void
  inspect(lane: string): Promise<LaneView>
  /** One line on whether the transport works, and what to do where something could be better. Never rejects. */
  health(): Promise<{ ok: boolean; detail: string; hint?: string }>
  close(): Promise<void>
}
