import { setTimeout as sleep } from "node:timers/promises"
import type { Job, JobJson } from "bullmq"
import type { Redis } from "ioredis"
import type { Logger } from "pino"
import type { Progress } from "#src/job.ts"
import { handleText, LaneStop } from "#src/platform/queue/lane.ts"
import type { LaneEvent, LaneHandler } from "#src/platform/queue/lane.ts"
import { problemOf } from "#src/platform/queue/lanes/bullmq.client.ts"
import type { Keys, OfferData } from "#src/platform/queue/lanes/bullmq.entry.ts"
import { runScript, writeScript } from "#src/platform/queue/lanes/bullmq.scripts.ts"
import { outcomeOf, PROGRESS_EVERY_MS, progressText } from "#src/platform/queue/lanes/outcome.ts"
import type { Outcome } from "#src/platform/queue/lanes/outcome.ts"
import type { Outage } from "#src/platform/queue/outage.ts"
import { throttle } from "#src/platform/queue/throttle.ts"

/** An attempt that this worker has claimed. */
export interface Held {
  id: string
  jobId: string
  attempt: number
  job: Job<OfferData>
  /** Of the lock: whoever holds it may write. */
  token: string
  controller: AbortController
  /** When the lock was renewed last, in ms of this process. */
  renewedAt: number
  /** JSON of what the handler kept. */
  kept?: string
}

export interface AttemptParts {
  redis: Redis
  keys: Keys
  lane: string
  handler: LaneHandler
  log: Logger
  trouble: Pick<Outage, "failed">
  tell(kind: LaneEvent["kind"], id: string): void
  /** Whether the worker takes what comes with a commit. */
  mayTakeNext(): boolean
}

/** The attempt that Redis hands out together with the answer to a commit. */
export interface Next {
  json: JobJson
  id: string
}

const WRITE_AGAIN_MS = 1_000

/** Runs the handler and commits what came out, under the lock of the claim. Never throws. */
export async function runAttempt(parts: AttemptParts, held: Held): Promise<Next | undefined> {
  const { handler, log, trouble, tell } = parts
  const { id, jobId, attempt, job, controller } = held
  tell("progress", id)
  const told = throttle<Progress>(PROGRESS_EVERY_MS, (progress) => {
    const written = write(parts, held, { progress: progressText(progress) })
    written.then(() => tell("progress", id)).catch((error: unknown) => trouble.failed(problemOf(error)))
  })
  const { payload, handle: earlier } = job.data
  const given = { jobId, attempt, payload, ...(earlier === undefined ? {} : { handle: earlier }) }
  const run = () => handler(given, controller.signal, told.push, (handle) => keep(parts, held, handle))
  const outcome = await outcomeOf(run, jobId, controller.signal, log)
  told.stop()
  const next = await commit(parts, held, outcome)
  tell(outcome === "handed_back" ? "progress" : outcome.state, id)
  return next
}

/** Puts an attempt back at the head of its queue, with what was kept last. Throws when it is another worker's by now. */
export async function handBack(parts: Pick<AttemptParts, "redis" | "keys" | "lane">, held: Held): Promise<void> {
  const { job, token, kept } = held
  const handle: { handle?: unknown } = kept === undefined ? {} : { handle: JSON.parse(kept) as unknown }
  const data = kept === undefined ? {} : { data: JSON.stringify({ ...job.data, ...handle }) }
  await write(parts, held, { progress: "", ...data })
  await job.moveToWait(token)
}

/** Fields of the entry; "" takes one away. False when the lock is gone. */
async function write(
  { redis, keys, lane }: Pick<AttemptParts, "redis" | "keys" | "lane">,
  { id, token }: Held,
  fields: Record<string, string>,
): Promise<boolean> {
  const args = [token, ...Object.entries(fields).flat()]
  return (await runScript(redis, writeScript, [keys.entry(lane, id)], args)) === 1
}

/** Tries until it is stored or the lease is over: a run that nobody can find again is paid for twice. */
async function keep(parts: AttemptParts, held: Held, handle: unknown): Promise<void> {
  const text = handleText(handle)
  for (;;) {
    try {
      if (!(await unlessLost(write(parts, held, { handle: text }), held))) break
      held.kept = text
      return
    } catch (error) {
      if (error instanceof LaneStop) throw error
      parts.trouble.failed(problemOf(error))
      await sleep(WRITE_AGAIN_MS)
    }
  }
  throw new LaneStop("lease_lost", "This attempt belongs to another worker.")
}

/** The result is all there is of the work: a Redis that is away or full is waited for as long as the lease holds. */
async function commit(parts: AttemptParts, held: Held, outcome: Outcome): Promise<Next | undefined> {
  for (;;) {
    try {
      return await unlessLost(move(parts, held, outcome), held)
    } catch (error) {
      if (error instanceof LaneStop || isRefusal(error)) {
        const { jobId, attempt } = held
        parts.log.warn({ job: jobId, attempt }, "a stale result was refused: the attempt belongs to another worker")
        return undefined
      }
      parts.trouble.failed(problemOf(error))
      if (isHandedBack(held)) return undefined
      await sleep(WRITE_AGAIN_MS)
    }
  }
}

async function move(parts: AttemptParts, held: Held, outcome: Outcome): Promise<Next | undefined> {
  const { job, token } = held
  if (outcome === "handed_back") {
    await handBack(parts, held)
    return undefined
  }
  const answer =
    outcome.state === "completed"
      ? await job.moveToCompleted(outcome.result, token, parts.mayTakeNext())
      : await job.moveToFailed(failureAsError(outcome.text), token, parts.mayTakeNext())
  // The library's own type is any[]: data and id of the next job, or nothing.
  const [json, id] = (answer ?? []) as [json?: JobJson | null, id?: string]
  return json && id ? { json, id } : undefined
}

/** BullMQ keeps the message as the reason, and the stack, which says nothing here. */
function failureAsError(text: string): Error {
  const error = new Error(text)
  error.stack = ""
  return error
}

/** The numbers that BullMQ's steps answer with when entry or lock are gone or another's. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "number" && error.code < 0
}

function isHandedBack({ controller: { signal } }: Held): boolean {
  return signal.reason instanceof LaneStop && signal.reason.why === "handed_back"
}

/** What waits for Redis to come back ends with the lease: then the lock has run out there too. */
async function unlessLost<T>(work: Promise<T>, { controller: { signal } }: Held): Promise<T> {
  const { promise: lost, reject } = Promise.withResolvers<never>()
  const check = () => {
    if (signal.reason instanceof LaneStop && signal.reason.why === "lease_lost") reject(signal.reason)
  }
  signal.addEventListener("abort", check, { once: true })
  if (signal.aborted) check()
  try {
    return await Promise.race([work, lost])
  } finally {
    signal.removeEventListener("abort", check)
  }
}
