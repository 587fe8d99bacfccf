import { z } from "zod"
import { createBlockedWatch } from "#src/platform/queue/blocked.ts"
import { timeLimitFailure } from "#src/platform/queue/failure.ts"
import { LaneDown } from "#src/platform/queue/lane.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import { findRow, isOpen } from "#src/platform/queue/rows.ts"
import type { JobRow } from "#src/platform/queue/rows.ts"
import { settleCancelled, settleFailure } from "#src/platform/queue/settle.ts"

/** A worker has this long to obey; then the job ends without it. */
const CANCEL_WITHIN_MS = 2_000
/** Workers enforce the limit themselves; this is for those that no longer can. */
const LIMIT_GRACE_MS = 10_000
const CHECK_LEDGER_EVERY_MS = 60_000
/** The check looks at every entry at once; where it takes long, it is made so much more seldom. */
const CHECK_SHARE = 500
/** Calls of language models hold quota as well; their own ledger looks after those. */
const CALL = "llm_"

/** What must be looked after by time rather than by events. Called about once a second with the jobs in flight of all lanes. */
export function createReconciler(parts: JobParts): (inFlight: JobRow[], now: { laneIsDown: boolean }) => Promise<void> {
  const { db, log, quota, monotonic } = parts
  const since = new Map<string, number>()
  const watchBlocked = createBlockedWatch(parts)
  let ledgerDueAt = monotonic() + CHECK_LEDGER_EVERY_MS

  /** Milliseconds for which this process has seen `what`; its own steady clock, so that clock jumps end nothing. */
  const ageOf = (what: string, now: Set<string>): number => {
    now.add(what)
    const first = since.get(what) ?? monotonic()
    since.set(what, first)
    return monotonic() - first
  }
  const overdue = async (row: JobRow, now: Set<string>, laneIsDown: boolean) => {
    const run = `${row.id}:${row.attempt}`
    if (row.cancel_requested) {
      if (!laneIsDown) await signal(row.id, "cancelled")
      if (ageOf(`cancel ${run}`, now) > CANCEL_WITHIN_MS) settleCancelled(parts, row)
    } else if (laneIsDown) {
      // Nobody can say how a run goes that cannot be seen: its time begins anew when the lane is back.
    } else if (row.state === "running" && ageOf(`run ${run}`, now) > row.time_limit_s * 1000 + LIMIT_GRACE_MS) {
      settleFailure(parts, row, timeLimitFailure(row.time_limit_s))
      await signal(row.id, "its time limit has passed")
    }
  }
  /** A lane that went away in between must not keep the rest from being looked after. */
  const signal = (id: string, reason: string) =>
    parts.lane.signalCancel(id, reason).catch((error: unknown) => {
      if (!(error instanceof LaneDown)) throw error
    })
  const refundOrphans = () =>
    db.tx(() => {
      for (const id of quota.openHolds()) {
        if (id.startsWith(CALL)) continue
        const row = findRow(db, id)
        if (row && isOpen(row.state)) continue
        log.error({ job: id }, "a closed job still held quota; refunded")
        quota.refund(id)
      }
    })
  const checkLedger = () => {
    const wrong = quota.checkInvariant()
    if (wrong.length > 0) log.error({ wrong: wrong.slice(0, 10) }, "the quota ledger does not add up")
  }
  return async (inFlight, { laneIsDown }) => {
    const now = new Set<string>()
    for (const row of inFlight) await overdue(row, now, laneIsDown)
    for (const what of since.keys()) if (!now.has(what)) since.delete(what)
    watchBlocked()
    if (holdsWithoutJob(parts) > 0) refundOrphans()
    const start = monotonic()
    if (start < ledgerDueAt) return
    checkLedger()
    quota.fold()
    ledgerDueAt = start + Math.max(CHECK_LEDGER_EVERY_MS, CHECK_SHARE * (monotonic() - start))
  }
}

/** Counted before locking: the usual answer is none. */
function holdsWithoutJob({ db }: JobParts): number {
  const found = db.get(
    z.object({ n: z.number() }),
    `SELECT count(*) AS n FROM quota_hold h WHERE substr(job_id, 1, ${CALL.length}) <> '${CALL}'
     AND NOT EXISTS (SELECT 1 FROM job WHERE id = h.job_id AND state IN ('waiting', 'offered', 'running'))`,
  )
  return found?.n ?? 0
}
