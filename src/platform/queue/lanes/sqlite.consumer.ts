import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import type { Logger } from "pino"
import { z } from "zod"
import type { Progress } from "#src/job.ts"
import { cancelledFailure, failureOf, isBug } from "#src/platform/queue/failure.ts"
import type { Failure } from "#src/platform/queue/failure.ts"
import { handleText, LaneStop } from "#src/platform/queue/lane.ts"
import type { Consumer, LaneHandler } from "#src/platform/queue/lane.ts"
import { thisHost } from "#src/platform/queue/lanes/sqlite.sweeper.ts"
import type { Pulse } from "#src/platform/queue/pulse.ts"
import { throttle } from "#src/platform/queue/throttle.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

interface ConsumerOptions {
  db: Db
  clock: Clock
  log: Logger
  pulse: Pulse
  sweeper: { sweep(): void }
  lane: string
  handler: LaneHandler
  slots: number
  leaseMs: number
}

const claimedRow = z.object({
  seq: z.number(),
  job_id: z.string(),
  attempt: z.number(),
  fence: z.number(),
  payload: z.string(),
  handle: z.string().nullable(),
})
type Claimed = z.infer<typeof claimedRow>

const MAX_RESULT_CHARS = 4 * 1024 * 1024
const MAX_PROGRESS_CHARS = 500
const PROGRESS_EVERY_MS = 250
const STOPS_WITHIN_MS = 2_000
const WRITE_AGAIN_MS = 1_000

/** Claims entries of one lane and runs them, one worker row with one heartbeat for all its slots. */
export function startConsumer(options: ConsumerOptions): Consumer {
  const { db, clock, log, pulse, lane, slots, leaseMs } = options
  const running = new Map<number, { claimed: Claimed; controller: AbortController; done: Promise<void> }>()
  let worker = ""
  let stopping = false

  const register = () => {
    worker = randomUUID()
    db.run(
      `INSERT INTO lane_worker (id, lane, slots, host, pid, lease_ms) VALUES (:id, :lane, :slots, :host, :pid, :leaseMs)`,
      { id: worker, lane, slots, host: thisHost(), pid: process.pid, leaseMs },
    )
    pulse.nudge()
  }
  const beat = () =>
    guarded(log, () => {
      if (db.run("UPDATE lane_worker SET beat = beat + 1 WHERE id = :id", { id: worker })) return
      for (const { controller } of running.values())
        controller.abort(new LaneStop("lease_lost", "This worker was silent for longer than its lease."))
      register()
    })
  const look = () =>
    guarded(log, () => {
      options.sweeper.sweep()
      obeyCancels()
      if (stopping) return
      while (running.size < slots) {
        const claimed = claim(db, clock.now(), lane, worker)
        if (!claimed) return
        start(claimed)
      }
    })
  const obeyCancels = () => {
    if (running.size === 0) return
    const asked = db.all(
      z.object({ seq: z.number(), cancel: z.string() }),
      "SELECT seq, cancel FROM lane_entry WHERE worker = :worker AND state = 'active' AND cancel IS NOT NULL",
      { worker },
    )
    for (const { seq, cancel } of asked) running.get(seq)?.controller.abort(new LaneStop("cancelled", cancel))
  }
  const start = (claimed: Claimed) => {
    const controller = new AbortController()
    const done = attempt(options, claimed, controller.signal).finally(() => {
      running.delete(claimed.seq)
      pulse.nudge()
    })
    running.set(claimed.seq, { claimed, controller, done })
  }

  register()
  const heartbeat = setInterval(beat, leaseMs / 4)
  const unlisten = pulse.listen(look)
  let stopped: Promise<void> | undefined
  const stop = async (graceMs: number) => {
    stopping = true
    unlisten()
    const all = () => Promise.allSettled([...running.values()].map((one) => one.done))
    await Promise.race([all(), sleep(graceMs)])
    for (const { controller } of running.values()) controller.abort(new LaneStop("handed_back", "The worker stops."))
    await Promise.race([all(), sleep(STOPS_WITHIN_MS)])
    clearInterval(heartbeat)
    guarded(log, () => {
      for (const { claimed } of running.values()) handBack(db, claimed)
      db.run("DELETE FROM lane_worker WHERE id = :id", { id: worker })
    })
    pulse.nudge()
  }
  return { stop: ({ graceMs = 10_000 } = {}) => (stopped ??= stop(graceMs)) }
}

/** One statement takes the oldest due entry and raises its fence; the look before it takes no lock. */
function claim(db: Db, now: number, lane: string, worker: string): Claimed | undefined {
  const oldest = `SELECT seq FROM lane_entry WHERE lane = :lane AND state = 'queued' AND not_before <= :now ORDER BY seq LIMIT 1`
  if (!db.get(z.object({ seq: z.number() }), oldest, { lane, now })) return undefined
  return db.tx(() =>
    db.get(
      claimedRow,
      `UPDATE lane_entry SET state = 'active', worker = :worker, fence = fence + 1, started_at = :now, cancel = NULL
       WHERE seq = (${oldest}) AND EXISTS (SELECT 1 FROM lane_worker WHERE id = :worker)
       RETURNING seq, job_id, attempt, fence, payload, handle`,
      { lane, now, worker },
    ),
  )
}

/** Runs the handler and commits what came out, under the fence of the claim. */
async function attempt(options: ConsumerOptions, claimed: Claimed, signal: AbortSignal): Promise<void> {
  const { db, clock, log, pulse, handler } = options
  const told = throttle<Progress>(PROGRESS_EVERY_MS, (progress) =>
    guarded(log, () => {
      const text = JSON.stringify({ ...progress, text: progress.text.slice(0, MAX_PROGRESS_CHARS) })
      db.run(`UPDATE lane_entry SET progress = :text ${HELD}`, { text, seq: claimed.seq, fence: claimed.fence })
      pulse.nudge()
    }),
  )
  const job = {
    jobId: claimed.job_id,
    attempt: claimed.attempt,
    payload: JSON.parse(claimed.payload) as unknown,
    ...(claimed.handle === null ? {} : { handle: JSON.parse(claimed.handle) as unknown }),
  }
  const keep = async (handle: unknown) => keepHandle(db, claimed, handle)
  const outcome = await settled(() => handler(job, signal, told.push, keep), job.jobId, signal, log)
  told.stop()
  const commit = () => {
    if (outcome === "handed_back") return handBack(db, claimed)
    return db.run(
      `UPDATE lane_entry SET state = :state, result = :result, failure = :failure, ended_at = :now ${HELD}`,
      { ...outcome, now: clock.now(), seq: claimed.seq, fence: claimed.fence },
    )
  }
  if (!(await persist(commit, signal, log)))
    log.warn(
      { job: job.jobId, attempt: job.attempt },
      "a stale result was refused: the attempt belongs to another worker",
    )
}

const HELD = "WHERE seq = :seq AND fence = :fence AND state = 'active'"

type Outcome = { state: "completed" | "failed"; result: string | null; failure: string | null }

async function settled(
  run: () => Promise<unknown>,
  jobId: string,
  signal: AbortSignal,
  log: Logger,
): Promise<Outcome | "handed_back"> {
  try {
    const result = JSON.stringify((await run()) ?? null)
    if (result.length > MAX_RESULT_CHARS)
      throw new Error(`result of ${result.length} characters, limit ${MAX_RESULT_CHARS}`)
    return { state: "completed", result, failure: null }
  } catch (error) {
    const stop: unknown = signal.reason
    if (stop instanceof LaneStop && stop.why !== "cancelled") return "handed_back"
    if (stop instanceof LaneStop) return failed(cancelledFailure)
    if (isBug(error)) log.error({ err: error, job: jobId }, "a job handler broke")
    return failed(failureOf(error, jobId))
  }
}

function keepHandle(db: Db, { seq, fence }: Claimed, handle: unknown): void {
  const text = handleText(handle)
  if (db.run(`UPDATE lane_entry SET handle = :text ${HELD}`, { text, seq, fence }) > 0) return
  throw new LaneStop("lease_lost", "This attempt belongs to another worker.")
}

function failed(failure: Failure): Outcome {
  return { state: "failed", result: null, failure: JSON.stringify(failure) }
}

function handBack(db: Db, { seq, fence }: Claimed): number {
  return db.run(`UPDATE lane_entry SET state = 'queued', worker = NULL, progress = NULL ${HELD}`, { seq, fence })
}

/** The result is all there is of the work: a full disk or a busy database is waited for, not answered by dropping it. */
async function persist(commit: () => number, signal: AbortSignal, log: Logger): Promise<boolean> {
  for (;;) {
    try {
      return commit() > 0
    } catch (error) {
      log.error({ err: error }, "a result cannot be stored; trying again")
      if (signal.aborted && signal.reason instanceof LaneStop && signal.reason.why !== "cancelled") return false
      await sleep(WRITE_AGAIN_MS)
    }
  }
}

/** Timers and listeners must survive a busy or full database: the next beat tries again. */
function guarded(log: Logger, work: () => void): void {
  try {
    work()
  } catch (error) {
    log.warn({ err: error }, "a lane step failed; trying again")
  }
}
