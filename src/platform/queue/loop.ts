import { z } from "zod"
import { SERVER_LANE } from "#src/job.ts"
import { dispatchToServers } from "#src/platform/queue/dispatch.servers.ts"
import { dispatch } from "#src/platform/queue/dispatch.ts"
import { LaneDown } from "#src/platform/queue/lane.ts"
import { createObserver } from "#src/platform/queue/observe.ts"
import { createOutage } from "#src/platform/queue/outage.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import { createReconciler } from "#src/platform/queue/reconcile.ts"
import { COLUMNS, jobRow } from "#src/platform/queue/rows.ts"

const RECONCILE_EVERY_MS = 1_000

export interface Loop {
  /** Goes through everything open once; calls during a round lead to one more round. Never throws. */
  run(): void
  /** Resolves when no round is under way. */
  close(): Promise<void>
}

/**
 * The heart: look at the lanes, bring the rows up to date, fill free slots, and once a second reconcile. While the lanes are
 * away, what needs the database alone goes on, and the next rounds try again.
 */
export function createLoop(parts: JobParts, ensureWorkers: (lane: string) => void): Loop {
  const observe = createObserver(parts)
  const reconcile = createReconciler(parts)
  const words = { fails: "the job lanes are away; jobs are accepted and wait", works: "the job lanes are back" }
  const outage = createOutage(parts.log, words, parts.monotonic)
  /** Lanes that had work since the start: their leftovers are cleared also when nothing is open any more. */
  const lanes = new Set<string>()
  let reconciledAt = -Infinity
  let again = false
  let closed = false
  let round: Promise<void> | undefined

  const step = async () => {
    const due = parts.monotonic() - reconciledAt >= RECONCILE_EVERY_MS
    const open = openLanes(parts)
    for (const lane of open) lanes.add(lane)
    const visited = due ? [...lanes] : open
    const down = await visitAll(visited, open)
    if (down) outage.failed(down.message)
    else if (visited.length > 0) outage.over()
    if (!due) return
    reconciledAt = parts.monotonic()
    await reconcile(parts.db.all(jobRow, `SELECT ${COLUMNS} FROM job WHERE ${IN_FLIGHT}`), { laneIsDown: !!down })
  }
  const visitAll = async (all: string[], open: string[]): Promise<LaneDown | undefined> => {
    try {
      for (const lane of all) await visit(lane, open.includes(lane))
      return undefined
    } catch (error) {
      if (error instanceof LaneDown) return error
      throw error
    }
  }
  const visit = async (lane: string, isOpen: boolean) => {
    const rows = parts.db.all(jobRow, `SELECT ${COLUMNS} FROM job WHERE lane = :lane AND ${IN_FLIGHT}`, { lane })
    const { slots, entries } = await parts.lane.inspect(lane)
    parts.seen.slots.set(lane, slots)
    const over = await observe(lane, rows, entries)
    if (slots === 0 && isOpen) ensureWorkers(lane)
    await (lane === SERVER_LANE ? dispatchToServers(parts, slots) : dispatch(parts, lane, slots))
    // Last, since nobody waits for it; what is left of it here goes with the next look.
    for (const { jobId, attempt } of over) await parts.lane.withdraw(jobId, attempt)
  }
  const rounds = async () => {
    do {
      again = false
      try {
        await step()
      } catch (error) {
        parts.log.warn({ err: error }, "a round of the job loop failed; the next one tries again")
      }
    } while (again)
    round = undefined
  }
  return {
    run: () => {
      if (closed) return
      again = true
      round ??= rounds()
    },
    close: async () => {
      closed = true
      await round
    },
  }
}

const IN_FLIGHT = "state IN ('offered', 'running')"

function openLanes({ db }: JobParts): string[] {
  const rows = db.all(
    z.object({ lane: z.string() }),
    "SELECT DISTINCT lane FROM job WHERE state IN ('waiting', 'offered', 'running')",
  )
  return rows.map((row) => row.lane)
}
