import { LaneDown } from "#src/platform/queue/lane.ts"
import type { LaneEntry } from "#src/platform/queue/lane.ts"
import { offer } from "#src/platform/queue/offer.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import { findRow } from "#src/platform/queue/rows.ts"
import type { JobRow } from "#src/platform/queue/rows.ts"
import { markRunning, settleCompleted, settleFailed } from "#src/platform/queue/settle.ts"

/** An offer this long unknown to its lane was lost: its process died between the row and the lane. */
const OFFER_LOST_MS = 1_000

/**
 * Brings the job rows of a lane up to what the lane says. `rows` must have been read before `entries`: then a row that is
 * running and has no entry has really lost it. Safe in several processes: changes are guarded by state, attempt and token.
 * Returns the entries that are settled and can go. Goes through all of them before it throws LaneDown.
 */
export function createObserver(
  parts: JobParts,
): (lane: string, rows: JobRow[], entries: LaneEntry[]) => Promise<LaneEntry[]> {
  /** Per lane, since when an attempt has been missing there. */
  const missing = new Map<string, Map<string, number>>()

  return async (lane, rows, entries) => {
    const before = missing.get(lane)
    const now = new Map<string, number>()
    missing.set(lane, now)
    const rest = new Map(entries.map((entry) => [keyOf(entry.jobId, entry.attempt), entry]))
    const over: LaneEntry[] = []
    let down: LaneDown | undefined
    const missed = (id: string) => (error: unknown) => {
      if (error instanceof LaneDown) down ??= error
      else logged(parts, id, error)
    }
    for (const row of rows) {
      const key = keyOf(row.id, row.attempt)
      const entry = rest.get(key)
      rest.delete(key)
      if (entry) await apply(parts, row, entry, over).catch(missed(row.id))
      else {
        const since = before?.get(key) ?? parts.monotonic()
        now.set(key, since)
        if (parts.monotonic() - since > OFFER_LOST_MS) await recover(parts, row).catch(missed(row.id))
      }
    }
    for (const entry of rest.values()) await clearAway(parts, entry).catch(missed(entry.jobId))
    if (down) throw down
    return over
  }
}

const keyOf = (jobId: string, attempt: number) => `${jobId}:${attempt}`

/** The lane does not know an attempt that it should: a lost run is a failed one, a lost offer is made again. */
async function recover(parts: JobParts, row: JobRow): Promise<void> {
  if (row.state === "running") settleFailed(parts, row, undefined)
  else await offer(parts, row.id, row.token)
}

/** One job that cannot be settled must not hold up the others; it is tried again in the next round. */
function logged({ log }: JobParts, id: string, error: unknown): void {
  log.error({ err: error, job: id }, "a job could not be brought up to date; trying again")
}

async function apply(parts: JobParts, row: JobRow, entry: LaneEntry, over: LaneEntry[]): Promise<void> {
  if (entry.token !== row.token) return clearAway(parts, entry)
  if (entry.handle !== undefined) rememberHandle(parts, row, entry.handle)
  if (entry.state === "active" && entry.progress) parts.seen.progress.set(row.id, entry.progress)
  if (entry.state === "active" || entry.state === "queued") return markRunning(parts, row, entry)
  if (entry.state === "completed") settleCompleted(parts, row, entry)
  else settleFailed(parts, row, entry)
  over.push(entry)
}

/** What a back end calls the run: from now on a lost attempt can be gone on with. Written when it is new. */
function rememberHandle({ db, seen }: JobParts, { id, attempt, token }: JobRow, handle: unknown): void {
  const text = JSON.stringify(handle)
  if (seen.handles.get(id) === text) return
  db.run("UPDATE job SET handle = :text WHERE id = :id AND attempt = :attempt AND token = :token", {
    id,
    attempt,
    token,
    text,
  })
  seen.handles.set(id, text)
}

/** An entry whose attempt is over. The row is read again: it may have been offered since the rows were read. */
async function clearAway(parts: JobParts, entry: LaneEntry): Promise<void> {
  const row = findRow(parts.db, entry.jobId)
  const current = row && row.attempt === entry.attempt && row.token === entry.token
  if (current && (row.state === "offered" || row.state === "running")) return
  const left = await parts.lane.withdraw(entry.jobId, entry.attempt)
  if (left === "active" && row?.state === "cancelled") await parts.lane.signalCancel(entry.jobId, "cancelled")
}
