import { UserError } from "#src/errors.ts"
import { LaneDown } from "#src/platform/queue/lane.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import { findRow, isOpen } from "#src/platform/queue/rows.ts"
import { settleCancelled } from "#src/platform/queue/settle.ts"

/**
 * A job that has not started ends at once and is refunded. A running one is asked to stop; when its worker does not obey
 * within two seconds, the job ends without it. Throws UserError "not_found" or "conflict".
 */
export function cancel(parts: JobParts, accountId: string, id: string): void {
  const row = parts.db.tx(() => {
    const found = findRow(parts.db, id)
    if (!found || found.account_id !== accountId) throw noSuchJob(id)
    if (!isOpen(found.state))
      throw new UserError(
        `The job "${found.title}" is ${found.state} already.`,
        "Nothing is left to cancel.",
        "conflict",
      )
    if (found.state === "running") parts.db.run("UPDATE job SET cancel_requested = 1 WHERE id = :id", { id })
    else settleCancelled(parts, found)
    return found
  })
  void tellLane(parts, row.id, row.attempt).catch((error: unknown) => {
    // The reconciler says it again in a second, and the loop tells that the lanes are away.
    if (!(error instanceof LaneDown))
      parts.log.warn({ err: error, job: id }, "the lane could not be told of a cancelled job")
  })
}

async function tellLane({ lane, pulse }: JobParts, id: string, attempt: number): Promise<void> {
  if (attempt > 0 && (await lane.withdraw(id, attempt)) === "active") await lane.signalCancel(id, "cancelled")
  pulse.nudge()
}

export function noSuchJob(id: string): UserError {
  return new UserError(`There is no job "${id.slice(0, 80)}".`, "job_list shows your jobs with their ids.", "not_found")
}
