import { artifactsOf } from "#src/platform/queue/artifacts-of.ts"
import type { RetryClass } from "#src/errors.ts"
import { cancelledFailure, lostFailure, mayRetry } from "#src/platform/queue/failure.ts"
import type { Failure } from "#src/platform/queue/failure.ts"
import type { LaneEntry } from "#src/platform/queue/lane.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import { noteMeasured } from "#src/platform/queue/measured.ts"
import { chargeFor } from "#src/platform/queue/price.ts"
import type { JobRow } from "#src/platform/queue/rows.ts"
import { noteDone, noteFailed } from "#src/platform/servers/runs.ts"

export const MAX_BACKOFF_MS = 60_000

/** A result came back. It ends the job when it is what the contract promises. */
export function settleCompleted(parts: JobParts, row: JobRow, entry: LaneEntry): boolean {
  const contract = parts.contracts.get(row.type)
  const checked = contract?.result.safeParse(entry.result)
  if (!checked?.success) {
    parts.log.error(
      { job: row.id, type: row.type, err: checked?.error },
      "a job returned what its contract does not allow",
    )
    return close(parts, row, { state: "failed", failure: brokenResult(row.id) })
  }
  const text = JSON.stringify(entry.result)
  return close(parts, row, {
    state: "done",
    result: text,
    seconds: secondsOf(parts, row, entry),
    startedAt: entry.startedAt,
  })
}

/** An attempt failed or its worker is gone: another one later, or the end. */
export function settleFailed(parts: JobParts, row: JobRow, entry: LaneEntry | undefined): boolean {
  const failure = entry?.failure ?? lostFailure
  if (row.cancel_requested || failure.code === "cancelled") return settleCancelled(parts, row, entry)
  const retry = entry?.failure?.retry ?? "lost"
  if (mayRetry(retry, row.attempt, row.max_attempts)) return later(parts, row, failure, retry)
  return close(parts, row, { state: "failed", failure, retry })
}

/** Ends an open job on request: free while it had not started, else its elapsed part is charged. */
export function settleCancelled(parts: JobParts, row: JobRow, entry?: LaneEntry): boolean {
  if (row.state !== "running") return close(parts, row, { state: "cancelled", failure: cancelledFailure })
  return close(parts, row, { state: "cancelled", failure: cancelledFailure, seconds: secondsOf(parts, row, entry) })
}

export function settleFailure(parts: JobParts, row: JobRow, failure: Failure): boolean {
  return close(parts, row, { state: "failed", failure })
}

/** The attempt that was looked at, if it is still going on: whoever comes late or twice changes nothing. */
const THIS_ATTEMPT =
  "id = :id AND attempt = :attempt AND token = :token AND (state IN ('offered', 'running') OR state = 'waiting' AND :was = 'waiting')"

interface Ending {
  state: "done" | "failed" | "cancelled"
  result?: string
  failure?: Failure
  /** What a failed attempt says of its server. */
  retry?: RetryClass | "lost"
  /** Charged when given; otherwise the hold is refunded. */
  seconds?: number
  startedAt?: number | undefined
}

/** Row, charge and files in one transaction. False when the attempt is over already. */
function close(parts: JobParts, row: JobRow, ending: Ending): boolean {
  const { state, result = "", failure, seconds, startedAt } = ending
  const { db, clock, quota, seen } = parts
  const closed = db.tx(() => {
    const changed = db.run(
      `UPDATE job SET state = :state, result = :result, error = :error, ended_at = :now,
         started_at = coalesce(started_at, :startedAt) WHERE ${THIS_ATTEMPT}`,
      {
        ...key(row),
        was: row.state,
        state,
        result: state === "done" ? result : null,
        error: failure ? JSON.stringify({ code: failure.code, problem: failure.problem, hint: failure.hint }) : null,
        now: clock.now(),
        startedAt: startedAt ?? null,
      },
    )
    if (changed === 0) return false
    if (seconds === undefined) quota.refund(row.id)
    else quota.settle(row.id, chargeFor({ lane: row.lane, seconds, rush: row.urgency === 0 }))
    if (state === "done") keepFiles(parts, row.id, result)
    learn(parts, row, ending)
    return true
  })
  if (closed) {
    parts.log.info(
      { job: row.id, type: row.type, state, attempt: row.attempt, seconds, server: row.server_id ?? undefined },
      "a job ended",
    )
    forget(seen, row.id)
    parts.pulse.nudge()
  }
  return closed
}

function keepFiles({ artifacts, log }: JobParts, id: string, result: string): void {
  try {
    artifacts.link(`job:${id}`, artifactsOf(JSON.parse(result)))
  } catch (error) {
    // A file that is gone must not undo the work; the page of that file says so by itself.
    log.error({ err: error, job: id }, "a job names a file that is not stored")
  }
}

/** What an ended attempt tells of its server and of how long such work takes. */
function learn({ db, clock }: JobParts, row: JobRow, { state, seconds, retry }: Ending): void {
  const work = { type: row.type, signature: row.signature ?? "", promised: row.promised_seconds }
  if (state === "done" && seconds !== undefined) noteMeasured(db, work, { seconds, cold: row.cold !== 0 })
  if (row.server_id === null) return
  if (state === "done") noteDone(db, row.server_id)
  else if (retry && retry !== "lost") noteFailed(db, row.server_id, retry, clock.now())
}

function forget(seen: JobParts["seen"], id: string): void {
  seen.progress.delete(id)
  seen.handles.delete(id)
}

/**
 * Back into the backlog with the same hold: 1×, 2×, 4× … the first wait, half of it by chance. When the worker was lost, or
 * the server only could not be seen, the run may go on where it is, so its handle stays; after other failures of the server
 * another one is tried first.
 */
function later(parts: JobParts, row: JobRow, failure: Failure, retry: RetryClass | "lost"): boolean {
  const { db, clock, log, seen, pulse, backoffMs } = parts
  const wait = Math.min(MAX_BACKOFF_MS, backoffMs * 2 ** (row.attempt - 1)) * (0.5 + Math.random() / 2)
  const stays = retry === "lost" || failure.goesOn === true
  const server = stays ? null : row.server_id
  const changed = db.tx(() => {
    const put = db.run(
      `UPDATE job SET state = 'waiting', started_at = NULL, not_before = :at, handle = iif(:stays, handle, NULL),
         avoid = iif(:server IS NULL, avoid, json_set(avoid, '$."' || :server || '"', :retry)) WHERE ${THIS_ATTEMPT}`,
      {
        ...key(row),
        was: row.state,
        at: Math.round(clock.now() + wait),
        stays: stays ? 1 : 0,
        server,
        retry,
      },
    )
    if (put > 0 && row.server_id !== null && retry !== "lost") noteFailed(db, row.server_id, retry, clock.now())
    return put
  })
  if (changed === 0) return false
  log.warn({ job: row.id, attempt: row.attempt, problem: failure.problem }, "an attempt failed and is tried again")
  forget(seen, row.id)
  pulse.nudge()
  return true
}

/** The lane says that a worker has begun, or has handed the attempt back. */
export function markRunning({ db, clock, pulse }: JobParts, row: JobRow, entry: LaneEntry): void {
  const [was, is] = entry.state === "active" ? ["offered", "running"] : ["running", "offered"]
  if (row.state !== was) return
  const changed = db.run(
    `UPDATE job SET state = :is, started_at = :at WHERE id = :id AND attempt = :attempt AND token = :token AND state = :was`,
    { ...key(row), is, was, at: is === "running" ? (entry.startedAt ?? clock.now()) : null },
  )
  if (changed) pulse.nudge()
}

function key({ id, attempt, token }: JobRow) {
  return { id, attempt, token }
}

/** Running time; within its limit even when the clock was set in between. */
function secondsOf({ clock }: JobParts, row: JobRow, entry: LaneEntry | undefined): number {
  const start = entry?.startedAt ?? row.started_at
  if (start === null) return 0
  const end = entry?.endedAt ?? clock.now()
  return Math.min(row.time_limit_s, Math.max(0, (end - start) / 1000))
}

function brokenResult(id: string): Failure {
  return {
    retry: "fatal",
    code: "internal",
    problem: "The work ended with a result that cannot be used.",
    hint: `Nothing was charged. Please report it with the reference ${id}.`,
  }
}
