import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import type { Logger } from "pino"
import { z } from "zod"
import type { Progress } from "#src/job.ts"
import { handleText, LaneStop } from "#src/platform/queue/lane.ts"
import type { Consumer, LaneHandler } from "#src/platform/queue/lane.ts"
import { outcomeOf, PROGRESS_EVERY_MS, progressText } from "#src/platform/queue/lanes/outcome.ts"
import { together } from "#src/platform/queue/lanes/sqlite.together.ts"
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

const STOPS_WITHIN_MS = 2_000
const WRITE_AGAIN_MS = 1_000

/** Claims entries of one lane and runs them, one worker row with one heartbeat for all its slots. */
export function startConsumer(options: ConsumerOptions): Consumer {
  const { db, clock, log, pulse, lane, slots, leaseMs } = options
  const running = new Map<number, { claimed: Claimed; controller: AbortController; done: Promise<void> }>()
  const soon = together(db)
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
      if (stopping || running.size >= slots) return
      for (const claimed of claim(db, { now: clock.now(), lane, worker, most: slots - running.size })) start(claimed)
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
    const done = attempt(options, claimed, controller.signal, soon).finally(() => {
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

/** One statement takes the oldest due entries and raises their fences; the look before it takes no lock. */
function claim(db: Db, options: { now: number; lane: string; worker: string; most: number }): Claimed[] {
  const oldest = `SELECT seq FROM lane_entry WHERE lane = :lane AND state = 'queued' AND not_before <= :now ORDER BY seq LIMIT :most`
  const { lane, now } = options
  if (!db.get(z.object({ seq: z.number() }), oldest, { lane, now, most: 1 })) return []
  const claimed = db.tx(() =>
    db.all(
      claimedRow,
      `UPDATE lane_entry SET state = 'active', worker = :worker, fence = fence + 1, started_at = :now, cancel = NULL
       WHERE seq IN (${oldest}) AND EXISTS (SELECT 1 FROM lane_worker WHERE id = :worker)
       RETURNING seq, job_id, attempt, fence, payload, handle`,
      options,
    ),
  )
  return claimed.sort((a, b) => a.seq - b.seq)
}

/** Runs the handler and commits what came out, under the fence of the claim. */
async function attempt(
  options: ConsumerOptions,
  claimed: Claimed,
  signal: AbortSignal,
  soon: (change: () => number) => Promise<number>,
): Promise<void> {
  const { db, clock, log, pulse, handler } = options
  const told = throttle<Progress>(PROGRESS_EVERY_MS, (progress) =>
    guarded(log, () => {
      const text = progressText(progress)
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
  const outcome = await outcomeOf(() => handler(job, signal, told.push, keep), job.jobId, signal, log)
  told.stop()
  const commit = () => {
    if (outcome === "handed_back") return handBack(db, claimed)
    const column = outcome.state === "completed" ? "result" : "failure"
    return db.run(`UPDATE lane_entry SET state = :state, ${column} = :text, ended_at = :now ${HELD}`, {
      state: outcome.state,
      text: outcome.text,
      now: clock.now(),
      seq: claimed.seq,
      fence: claimed.fence,
    })
  }
  if (!(await persist(() => soon(commit), signal, log)))
    log.warn(
      { job: job.jobId, attempt: job.attempt },
      "a stale result was refused: the attempt belongs to another worker",
    )
}

const HELD = "WHERE seq = :seq AND fence = :fence AND state = 'active'"

function keepHandle(db: Db, { seq, fence }: Claimed, handle: unknown): void {
  const text = handleText(handle)
  if (db.run(`UPDATE lane_entry SET handle = :text ${HELD}`, { text, seq, fence }) > 0) return
  throw new LaneStop("lease_lost", "This attempt belongs to another worker.")
}

function handBack(db: Db, { seq, fence }: Claimed): number {
  return db.run(`UPDATE lane_entry SET state = 'queued', worker = NULL, progress = NULL ${HELD}`, { seq, fence })
}

/** The result is all there is of the work: a full disk or a busy database is waited for, not answered by dropping it. */
async function persist(commit: () => Promise<number>, signal: AbortSignal, log: Logger): Promise<boolean> {
  for (;;) {
    try {
      return (await commit()) > 0
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
