import { randomInt } from "node:crypto"
import { z } from "zod"
import { raiseFair } from "#src/platform/queue/accept.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import { MAX_BACKOFF_MS } from "#src/platform/queue/settle.ts"

const chosenRow = z.object({
  id: z.string(),
  account_id: z.string(),
  type: z.string(),
  payload: z.string(),
  attempt: z.number(),
  tag: z.number(),
  time_limit_s: z.number(),
})

const serverRef = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  url: z.string(),
  keyEnv: z.string().exactOptional(),
  settings: z.unknown(),
})

/** What travels to the worker. */
export const attemptPayload = z.object({
  type: z.string(),
  accountId: z.string(),
  timeLimitS: z.number(),
  payload: z.unknown(),
  server: serverRef.optional(),
})
export type AttemptPayload = z.infer<typeof attemptPayload>

const COUNT_BUSY = "SELECT count(*) AS n FROM job WHERE lane = :lane AND state IN ('offered', 'running')"
const DUE = "lane = :lane AND state = 'waiting' AND (not_before <= :now OR not_before > :now + :farthest)"

/**
 * Late binding: a job leaves the backlog only when a slot is free, so order is decided at the last moment: urgency class,
 * then fair tag, then arrival. Free slots are counted in the transaction that fills them, so several processes may do this.
 */
export async function dispatch(parts: JobParts, lane: string, slots: number): Promise<number> {
  if (slots === 0 || !worthTrying(parts, lane, slots)) return 0
  const token = randomInt(1, 2 ** 47)
  const chosen = parts.db.tx(() => choose(parts, lane, slots, token))
  for (const row of chosen) await offer(parts, lane, { ...row, token })
  return chosen.length
}

const countRow = z.object({ n: z.number() })

/** Looks without taking the write lock. */
function worthTrying({ db, clock }: JobParts, lane: string, slots: number): boolean {
  const busy = db.get(countRow, COUNT_BUSY, { lane })?.n ?? 0
  const due = { lane, now: clock.now(), farthest: MAX_BACKOFF_MS }
  return busy < slots && db.get(countRow, `SELECT 1 AS n FROM job WHERE ${DUE} LIMIT 1`, due) !== undefined
}

function choose({ db, clock }: JobParts, lane: string, slots: number, token: number) {
  const busy = db.get(countRow, COUNT_BUSY, { lane })?.n ?? 0
  const chosen = db.all(
    chosenRow,
    `SELECT id, account_id, type, payload, attempt + 1 AS attempt, tag, time_limit_s FROM job WHERE ${DUE}
     ORDER BY urgency, tag, rowid LIMIT :free`,
    // A "not before" beyond the longest backoff can only come from a clock that was set back.
    { lane, now: clock.now(), farthest: MAX_BACKOFF_MS, free: Math.max(0, slots - busy) },
  )
  for (const { id, tag } of chosen) {
    db.run("UPDATE job SET state = 'offered', attempt = attempt + 1, token = :token WHERE id = :id", { id, token })
    raiseFair(db, lane, "", tag)
  }
  return chosen
}

async function offer(parts: JobParts, lane: string, row: z.infer<typeof chosenRow> & { token: number }): Promise<void> {
  const payload: AttemptPayload = {
    type: row.type,
    accountId: row.account_id,
    timeLimitS: row.time_limit_s,
    payload: JSON.parse(row.payload) as unknown,
  }
  await parts.lane.offer(lane, { jobId: row.id, attempt: row.attempt, token: row.token, payload })
}

/** Offers an attempt again that the lane does not know: the offer was lost in a crash. The same id, so it cannot double. */
export async function offerAgain(parts: JobParts, id: string, attempt: number, token: number): Promise<void> {
  const row = parts.db.get(
    chosenRow.extend({ lane: z.string() }),
    `SELECT id, account_id, type, payload, attempt, tag, time_limit_s, lane FROM job
     WHERE id = :id AND attempt = :attempt AND token = :token AND state = 'offered'`,
    { id, attempt, token },
  )
  if (row) await offer(parts, row.lane, { ...row, token })
}
