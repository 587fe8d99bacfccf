import { randomInt } from "node:crypto"
import { z } from "zod"
import { fairKey, raiseFair } from "#src/platform/queue/accept.ts"
import { offer } from "#src/platform/queue/offer.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import { MAX_BACKOFF_MS } from "#src/platform/queue/settle.ts"

const chosenRow = z.object({ id: z.string(), tag: z.number(), urgency: z.number() })
const countRow = z.object({ n: z.number() })

const COUNT_BUSY = "SELECT count(*) AS n FROM job WHERE lane = :lane AND state IN ('offered', 'running')"

/** Jobs of a lane that may start. A "not before" beyond the longest backoff can only come from a clock that was set back. */
export const DUE = "lane = :lane AND state = 'waiting' AND (not_before <= :now OR not_before > :now + :farthest)"

export function dueNow({ clock }: Pick<JobParts, "clock">, lane: string) {
  return { lane, now: clock.now(), farthest: MAX_BACKOFF_MS }
}

/**
 * Late binding: a job leaves the backlog only when a slot is free, so order is decided at the last moment: urgency class,
 * then fair tag, then arrival. Free slots are counted in the transaction that fills them, so several processes may do this.
 */
export async function dispatch(parts: JobParts, lane: string, slots: number): Promise<number> {
  if (slots === 0 || !worthTrying(parts, lane, slots)) return 0
  const token = randomInt(1, 2 ** 47)
  const chosen = parts.db.tx(() => choose(parts, lane, slots, token))
  for (const { id } of chosen) await offer(parts, id, token)
  return chosen.length
}

/** Looks without taking the write lock. */
function worthTrying(parts: JobParts, lane: string, slots: number): boolean {
  const busy = parts.db.get(countRow, COUNT_BUSY, { lane })?.n ?? 0
  return busy < slots && isAnyDue(parts, lane)
}

export function isAnyDue(parts: JobParts, lane: string): boolean {
  return parts.db.get(countRow, `SELECT 1 AS n FROM job WHERE ${DUE} LIMIT 1`, dueNow(parts, lane)) !== undefined
}

function choose(parts: JobParts, lane: string, slots: number, token: number) {
  const { db } = parts
  const busy = db.get(countRow, COUNT_BUSY, { lane })?.n ?? 0
  const chosen = db.all(
    chosenRow,
    `SELECT id, tag, urgency FROM job WHERE ${DUE} ORDER BY urgency, tag, rowid LIMIT :free`,
    {
      ...dueNow(parts, lane),
      free: Math.max(0, slots - busy),
    },
  )
  for (const { id, tag, urgency } of chosen) {
    db.run("UPDATE job SET state = 'offered', attempt = attempt + 1, token = :token WHERE id = :id", { id, token })
    raiseFair(db, fairKey(lane, urgency), "", tag)
  }
  return chosen
}
