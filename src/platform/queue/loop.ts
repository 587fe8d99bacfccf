import { z } from "zod"
import { dispatch } from "#src/platform/queue/dispatch.ts"
import { createObserver } from "#src/platform/queue/observe.ts"
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

/** The heart: look at the lanes, bring the rows up to date, fill free slots, and once a second reconcile. */
export function createLoop(parts: JobParts, ensureWorkers: () => void): Loop {
  const observe = createObserver(parts)
  const reconcile = createReconciler(parts)
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
    for (const lane of due ? lanes : open) {
      const rows = parts.db.all(jobRow, `SELECT ${COLUMNS} FROM job WHERE lane = :lane AND ${IN_FLIGHT}`, { lane })
      const { slots, entries } = await parts.lane.inspect(lane)
      parts.seen.slots.set(lane, slots)
      await observe(lane, rows, entries)
      if (slots === 0 && open.includes(lane)) ensureWorkers()
      await dispatch(parts, lane, slots)
    }
    if (!due) return
    reconciledAt = parts.monotonic()
    await reconcile(parts.db.all(jobRow, `SELECT ${COLUMNS} FROM job WHERE ${IN_FLIGHT}`))
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
