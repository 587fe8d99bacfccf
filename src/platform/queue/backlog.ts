import { z } from "zod"
import { SERVER_LANE, type JobNeeds } from "#src/job.ts"
import { DUE, dueNow } from "#src/platform/queue/dispatch.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import type { WaitingJob } from "#src/platform/queue/schedule.ts"
import { parseNeeds } from "#src/platform/servers/needs.ts"

const waitingRow = z.object({
  id: z.string(),
  account_id: z.string(),
  urgency: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  tag: z.number(),
  seq: z.number(),
  est_seconds: z.number(),
  needs: z.string(),
  avoid: z.string(),
  pinned: z.string().nullable(),
})
const avoidShape = z.record(z.string(), z.enum(["capacity", "transient"]))
const NOTHING = {}

export type Waiting = WaitingJob & { needs: JobNeeds }

/**
 * Waiting work for servers, in order of class, tag and arrival: of jobs of one account that ask for the same at most `alike`,
 * and at most `most` in all. A job with a handle goes back to where it runs, unless that server is gone or down: then its run
 * is lost anyway.
 */
export function waitingForServers(parts: JobParts, { alike, most }: { alike: number; most: number }): Waiting[] {
  const rows = parts.db.all(
    waitingRow,
    `SELECT id, account_id, urgency, tag, seq, est_seconds, needs, avoid, pinned FROM (
       SELECT job.id, account_id, urgency, tag, job.rowid AS seq, est_seconds, needs, avoid,
         iif(handle IS NOT NULL AND server.ok, server_id, NULL) AS pinned,
         row_number() OVER (PARTITION BY urgency, account_id, needs, avoid, handle IS NULL ORDER BY tag, job.rowid) AS place
       FROM job LEFT JOIN server ON server.id = server_id
       WHERE ${DUE} AND needs IS NOT NULL)
     WHERE place <= :alike ORDER BY urgency, tag, seq LIMIT :most`,
    { ...dueNow(parts, SERVER_LANE), alike, most },
  )
  return rows.map((row) => {
    const needs = parseNeeds(row.needs)
    return {
      id: row.id,
      accountId: row.account_id,
      urgency: row.urgency,
      tag: row.tag,
      seq: row.seq,
      signature: needs.signature,
      seconds: row.est_seconds,
      needs,
      avoid: row.avoid === "{}" ? NOTHING : avoidShape.parse(JSON.parse(row.avoid)),
      ...(row.pinned === null ? {} : { pinned: row.pinned }),
    }
  })
}
