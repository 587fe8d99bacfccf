import { z } from "zod"
import { timeLimitFailure } from "#src/platform/queue/failure.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import { findRow, isOpen } from "#src/platform/queue/rows.ts"
import type { JobRow } from "#src/platform/queue/rows.ts"
import { settleCancelled, settleFailure } from "#src/platform/queue/settle.ts"

/** A worker has this long to obey; then the job ends without it. */
const CANCEL_WITHIN_MS = 2_000
/** Workers enforce the limit themselves; this is for those that no longer can. */
const LIMIT_GRACE_MS = 10_000
const CHECK_LEDGER_EVERY_MS = 60_000
/** Calls of language models hold quota as well; their own ledger looks after those. */
const CALL = "llm_"

/** What must be looked after by time rather than by events. Called about once a second with the jobs in flight. */
export function createReconciler(parts: JobParts): (inFlight: JobRow[]) => Promise<void> {
  const { db, log, quota, monotonic } = parts
  const since = new Map<string, number>()
  let ledgerCheckedAt = monotonic()

  /** Milliseconds for which this process has seen `what`; its own steady clock, so that clock jumps end nothing. */
  const ageOf = (what: string, now: Set<string>): number => {
    now.add(what)
    const first = since.get(what) ?? monotonic()
    since.set(what, first)
    return monotonic() - first
  }
  const overdue = async (row: JobRow, now: Set<string>) => {
    const run = `${row.id}:${row.attempt}`
    if (row.cancel_requested) {
      await parts.lane.signalCancel(row.id, "cancelled")
      if (ageOf(`cancel ${run}`, now) > CANCEL_WITHIN_MS) settleCancelled(parts, row)
    } else if (row.state === "running" && ageOf(`run ${run}`, now) > row.time_limit_s * 1000 + LIMIT_GRACE_MS) {
      settleFailure(parts, row, timeLimitFailure(row.time_limit_s))
      await parts.lane.signalCancel(row.id, "its time limit has passed")
    }
  }
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
  return async (inFlight) => {
    const now = new Set<string>()
    for (const row of inFlight) await overdue(row, now)
    for (const what of since.keys()) if (!now.has(what)) since.delete(what)
    if (holdsWithoutJob(parts) > 0) refundOrphans()
    if (monotonic() - ledgerCheckedAt < CHECK_LEDGER_EVERY_MS) return
    ledgerCheckedAt = monotonic()
    checkLedger()
  }
}

/** Counted before locking: the usual answer is none. */
function holdsWithoutJob({ db }: JobParts): number {
  const found = db.get(
    z.object({ n: z.number() }),
    `SELECT count(*) AS n FROM quota_entry h WHERE kind = 'hold'
     AND NOT EXISTS (SELECT 1 FROM quota_entry c WHERE c.job_id = h.job_id AND c.unit = h.unit AND c.kind IN ('settle', 'refund'))
     AND substr(job_id, 1, ${CALL.length}) <> '${CALL}'
     AND NOT EXISTS (SELECT 1 FROM job WHERE id = h.job_id AND state IN ('waiting', 'offered', 'running'))`,
  )
  return found?.n ?? 0
}
