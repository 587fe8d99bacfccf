import type { Logger } from "pino"
import { z } from "zod"
import { failureSchema } from "#src/platform/queue/failure.ts"
import type { LaneEntry, LaneEvent, LaneTransport } from "#src/platform/queue/lane.ts"
import { startConsumer } from "#src/platform/queue/lanes/sqlite.consumer.ts"
import { createSweeper } from "#src/platform/queue/lanes/sqlite.sweeper.ts"
import { createPulse } from "#src/platform/queue/pulse.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

export interface SqliteLaneOptions {
  db: Db
  clock: Clock
  log: Logger
  /** Milliseconds that only go forward; leases are measured with it, so a jump of the wall clock does not touch them. */
  monotonic?: () => number
}

const entryRow = z.object({
  job_id: z.string(),
  attempt: z.number(),
  token: z.number(),
  state: z.enum(["queued", "active", "completed", "failed", "stalled"]),
  progress: z.string().nullable(),
  handle: z.string().nullable(),
  result: z.string().nullable(),
  failure: z.string().nullable(),
  started_at: z.number().nullable(),
  ended_at: z.number().nullable(),
})
const progressSchema = z.object({ fraction: z.number().optional(), text: z.string() })

/** The embedded lane driver: lanes are rows of the studio's own database, shared by all processes that open the file. */
export function createSqliteLane(options: SqliteLaneOptions): LaneTransport {
  const { db } = options
  const pulse = createPulse(db)
  const consumers = new Set<{ stop(options?: { graceMs?: number }): Promise<void> }>()
  const sweeper = createSweeper({ ...options, onStalled: () => pulse.nudge() })

  return {
    offer: async (lane, { jobId, attempt, token, payload, handle, notBefore = 0 }) => {
      const added = db.run(
        `INSERT INTO lane_entry (job_id, attempt, token, lane, payload, handle, state, not_before)
         VALUES (:jobId, :attempt, :token, :lane, :payload, :handle, 'queued', :notBefore) ON CONFLICT DO NOTHING`,
        {
          jobId,
          attempt,
          token,
          lane,
          payload: JSON.stringify(payload),
          handle: handle === undefined ? null : JSON.stringify(handle),
          notBefore,
        },
      )
      if (added) pulse.nudge()
    },
    withdraw: async (jobId, attempt) =>
      db.tx(() => {
        const key = { jobId, attempt }
        if (db.run("DELETE FROM lane_entry WHERE job_id = :jobId AND attempt = :attempt AND state <> 'active'", key))
          return "removed"
        const left = db.get(
          z.object({}),
          "SELECT 1 AS one FROM lane_entry WHERE job_id = :jobId AND attempt = :attempt",
          key,
        )
        return left ? "active" : "absent"
      }),
    consume: async (lane, handler, { slots, leaseMs }) => {
      const consumer = startConsumer({ ...options, pulse, sweeper, lane, handler, slots, leaseMs })
      consumers.add(consumer)
      return consumer
    },
    signalCancel: async (jobId, reason) => {
      db.run("UPDATE lane_entry SET cancel = :reason WHERE job_id = :jobId AND state = 'active' AND cancel IS NULL", {
        jobId,
        reason,
      })
      pulse.nudge()
    },
    subscribe: (listener) => watch(options, pulse, sweeper.sweep, listener),
    inspect: async (lane) => {
      sweeper.sweep()
      const slots = db.get(
        z.object({ slots: z.number() }),
        "SELECT coalesce(sum(slots), 0) AS slots FROM lane_worker WHERE lane = :lane",
        { lane },
      )
      const entries = db.all(entryRow, "SELECT * FROM lane_entry WHERE lane = :lane ORDER BY seq", { lane })
      return { slots: slots?.slots ?? 0, entries: entries.map(asEntry) }
    },
    health: async () => {
      const counts = db.get(
        z.object({ workers: z.number(), entries: z.number() }),
        "SELECT (SELECT count(*) FROM lane_worker) AS workers, (SELECT count(*) FROM lane_entry) AS entries",
      )
      return { ok: true, detail: `embedded: ${counts?.workers ?? 0} workers, ${counts?.entries ?? 0} entries` }
    },
    close: async () => {
      await Promise.all([...consumers].map((consumer) => consumer.stop({ graceMs: 0 })))
      pulse.close()
    },
  }
}

function asEntry(row: z.infer<typeof entryRow>): LaneEntry {
  return {
    jobId: row.job_id,
    attempt: row.attempt,
    token: row.token,
    state: row.state,
    ...(row.progress === null ? {} : { progress: cleanProgress(row.progress) }),
    ...(row.handle === null ? {} : { handle: JSON.parse(row.handle) as unknown }),
    ...(row.result === null ? {} : { result: JSON.parse(row.result) as unknown }),
    ...(row.failure === null ? {} : { failure: failureSchema.parse(JSON.parse(row.failure)) }),
    ...(row.started_at === null ? {} : { startedAt: row.started_at }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
  }
}

function cleanProgress(text: string): { fraction?: number; text: string } {
  const { fraction, text: words } = progressSchema.parse(JSON.parse(text))
  return fraction === undefined ? { text: words } : { fraction, text: words }
}

const marks = z.object({ job_id: z.string(), attempt: z.number(), state: z.string(), progress: z.string().nullable() })
const KIND: Record<string, LaneEvent["kind"]> = {
  active: "progress",
  completed: "completed",
  failed: "failed",
  stalled: "stalled",
}

/** Events are differences between two looks at the table, which is short. */
function watch(
  { db, log }: SqliteLaneOptions,
  pulse: ReturnType<typeof createPulse>,
  sweep: () => void,
  listener: (event: LaneEvent) => void,
): () => void {
  let known = new Map<string, string>()
  return pulse.listen(() => {
    try {
      sweep()
      const next = new Map<string, string>()
      for (const row of db.all(marks, "SELECT job_id, attempt, state, progress FROM lane_entry")) {
        const key = `${row.job_id}:${row.attempt}`
        const mark = `${row.state} ${row.progress ?? ""}`
        next.set(key, mark)
        const kind = KIND[row.state]
        if (kind && known.get(key) !== mark) listener({ kind, jobId: row.job_id, attempt: row.attempt })
      }
      known = next
    } catch (error) {
      log.warn({ err: error }, "could not read the lanes; looking again")
    }
  })
}
