import { z } from "zod"
import type { JobParts } from "#src/platform/queue/parts.ts"
import { findServer, refOf } from "#src/platform/servers/rows.ts"

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
  trace: z.string().optional(),
  /** Where a worker without the data directory finds the files of this attempt (worker-link.ts). */
  access: z.string().optional(),
})
export type AttemptPayload = z.infer<typeof attemptPayload>

const offeredRow = z.object({
  id: z.string(),
  account_id: z.string(),
  type: z.string(),
  lane: z.string(),
  payload: z.string(),
  attempt: z.number(),
  time_limit_s: z.number(),
  server_id: z.string().nullable(),
  handle: z.string().nullable(),
  trace: z.string().nullable(),
})

/**
 * Puts the attempt with this token into its lane: right after it was chosen, and again when the lane does not know it, because
 * the offer was lost in a crash. The same id both times, so it cannot double; nothing when the attempt is over.
 */
export async function offer({ db, lane, access }: JobParts, id: string, token: number): Promise<void> {
  const row = db.get(
    offeredRow,
    `SELECT id, account_id, type, lane, payload, attempt, time_limit_s, server_id, handle, trace FROM job
     WHERE id = :id AND token = :token AND state = 'offered'`,
    { id, token },
  )
  if (!row) return
  const server = row.server_id === null ? undefined : findServer(db, row.server_id)
  const payload: AttemptPayload = {
    type: row.type,
    accountId: row.account_id,
    timeLimitS: row.time_limit_s,
    payload: JSON.parse(row.payload) as unknown,
    ...(server ? { server: refOf(server) } : {}),
    ...(row.trace === null ? {} : { trace: row.trace }),
    ...(access ? { access: access({ jobId: row.id, attempt: row.attempt, token }, row.time_limit_s) } : {}),
  }
  const handle = row.handle === null ? {} : { handle: JSON.parse(row.handle) as unknown }
  await lane.offer(row.lane, { jobId: row.id, attempt: row.attempt, token, payload, ...handle })
}
