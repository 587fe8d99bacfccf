import { z } from "zod"
import { SERVER_LANE } from "#src/job.ts"
import { blockedKey, serverOutlook } from "#src/platform/queue/outlook.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { JobView } from "#src/studio.ts"

const states = z.enum(["waiting", "offered", "running", "done", "failed", "cancelled"])

/** Everything but the large columns: what decisions need. */
export const jobRow = z.object({
  seq: z.number(),
  id: z.string(),
  account_id: z.string(),
  type: z.string(),
  title: z.string(),
  lane: z.string(),
  urgency: z.number(),
  state: states,
  attempt: z.number(),
  max_attempts: z.number(),
  time_limit_s: z.number(),
  token: z.number(),
  server_id: z.string().nullable(),
  signature: z.string().nullable(),
  cold: z.number(),
  tag: z.number(),
  est_seconds: z.number(),
  promised_seconds: z.number(),
  cancel_requested: z.number(),
  created_at: z.number(),
  started_at: z.number().nullable(),
  ended_at: z.number().nullable(),
})
export type JobRow = z.infer<typeof jobRow>

export const COLUMNS = `rowid AS seq, id, account_id, type, title, lane, urgency, state, attempt, max_attempts, time_limit_s,
  token, server_id, signature, cold, tag, est_seconds, promised_seconds, cancel_requested, created_at, started_at, ended_at`

const FULL = `${COLUMNS}, payload, result, error, needs, avoid`
const fullRow = jobRow.extend({
  payload: z.string(),
  result: z.string().nullable(),
  error: z.string().nullable(),
  needs: z.string().nullable(),
  avoid: z.string(),
})
type FullRow = z.infer<typeof fullRow>
const errorSchema = z.object({ code: z.string(), problem: z.string(), hint: z.string() })

export function findRow(db: Db, id: string): JobRow | undefined {
  return db.get(jobRow, `SELECT ${COLUMNS} FROM job WHERE id = :id`, { id })
}

export function isOpen(state: JobRow["state"]): boolean {
  return state === "waiting" || state === "offered" || state === "running"
}

/** The job as people see it. */
export function findView(parts: JobParts, id: string): JobView | undefined {
  const row = parts.db.get(fullRow, `SELECT ${FULL} FROM job WHERE id = :id`, { id })
  return row && asView(parts, row)
}

/** Newest first. */
export function listViews(
  parts: JobParts,
  accountId: string,
  statesWanted: JobView["state"][],
  limit: number,
): JobView[] {
  const wanted = statesWanted.flatMap((state) => (state === "waiting" ? ["waiting", "offered"] : [state]))
  const rows = parts.db.all(
    fullRow,
    `SELECT ${FULL} FROM job
     WHERE account_id = :accountId AND (:all OR state IN (SELECT value FROM json_each(:wanted)))
     ORDER BY created_at DESC, rowid DESC LIMIT :limit`,
    { accountId, all: wanted.length === 0 ? 1 : 0, wanted: JSON.stringify(wanted), limit },
  )
  return rows.map((row) => asView(parts, row))
}

const countRow = z.object({ state: z.enum(["waiting", "running", "done", "failed", "cancelled"]), count: z.number() })

/** How many jobs of all accounts are in each state. */
export function countByState(db: Db): Record<JobView["state"], number> {
  const rows = db.all(
    countRow,
    "SELECT iif(state = 'offered', 'waiting', state) AS state, count(*) AS count FROM job GROUP BY 1",
  )
  const none = { waiting: 0, running: 0, done: 0, failed: 0, cancelled: 0 }
  return { ...none, ...Object.fromEntries(rows.map((row) => [row.state, row.count])) }
}

function asView(parts: JobParts, row: FullRow): JobView {
  const view: JobView = {
    id: row.id,
    state: row.state === "offered" ? "waiting" : row.state,
    type: row.type,
    accountId: row.account_id,
    title: row.title,
    attempt: row.attempt,
    payload: JSON.parse(row.payload) as unknown,
    createdAt: row.created_at,
  }
  if (row.result !== null) view.result = JSON.parse(row.result) as unknown
  if (row.error !== null) view.error = errorSchema.parse(JSON.parse(row.error))
  if (row.started_at !== null) view.startedAt = row.started_at
  if (row.ended_at !== null) view.endedAt = row.ended_at
  if (isOpen(row.state)) addOutlook(parts, row, view)
  return view
}

/** Position in the lane, progress and expected time to the end. */
function addOutlook(parts: JobParts, row: FullRow, view: JobView): void {
  if (row.state === "running") {
    const progress = row.cancel_requested ? { text: "stopping" } : parts.seen.progress.get(row.id)
    if (progress) view.progress = progress
    const left = row.est_seconds - (parts.clock.now() - (row.started_at ?? parts.clock.now())) / 1000
    if (left > 0) view.etaS = Math.min(left, row.est_seconds)
    return
  }
  if (row.lane === SERVER_LANE && row.state === "waiting" && row.needs !== null) {
    const blocked = parts.seen.blocked.get(blockedKey({ needs: row.needs, avoid: row.avoid }))
    if (blocked !== undefined) view.progress = { text: blocked }
    const found = blocked === undefined ? serverOutlook(parts).get(row.id) : undefined
    if (found) {
      view.position = found.position
      view.etaS = found.endsInS
    }
    if (found || blocked !== undefined) return
  }
  const ahead = aheadOf(parts, row)
  view.position = ahead.jobs + 1
  view.etaS = ahead.seconds / Math.max(1, parts.seen.slots.get(row.lane) ?? 1) + row.est_seconds
}

const aheadRow = z.object({ jobs: z.number(), seconds: z.number() })

/** Jobs that will be started before this one, and the seconds of work before it, running jobs included. */
function aheadOf({ db, clock }: JobParts, row: JobRow): { jobs: number; seconds: number } {
  const before = db.get(
    aheadRow,
    `SELECT count(*) AS jobs, coalesce(sum(est_seconds), 0) AS seconds FROM job
     WHERE lane = :lane AND ((state = 'offered' AND :state = 'waiting')
       OR (state = :state AND (urgency, tag, rowid) < (:urgency, :tag, :seq)))`,
    { lane: row.lane, state: row.state, urgency: row.urgency, tag: row.tag, seq: row.seq },
  )
  const running = db.get(
    aheadRow,
    `SELECT count(*) AS jobs, coalesce(sum(max(0, min(est_seconds, est_seconds - (:now - started_at) / 1000.0))), 0) AS seconds
     FROM job WHERE lane = :lane AND state = 'running'`,
    { lane: row.lane, now: clock.now() },
  )
  return { jobs: before?.jobs ?? 0, seconds: (before?.seconds ?? 0) + (running?.seconds ?? 0) }
}
