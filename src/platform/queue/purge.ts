import { z } from "zod"
import type { Db } from "#src/platform/store/db.ts"

const BATCH = 500
const idRow = z.object({ id: z.string() })

/**
 * Forgets jobs that ended before `before` (ms), oldest first, at most 500 a call; returns their ids. What they charged stays
 * in the ledger. Their results are not found in the cache any more, so the same work would be done and paid anew.
 */
export function purgeJobs(db: Db, before: number): string[] {
  return db
    .all(
      idRow,
      `DELETE FROM job WHERE rowid IN
         (SELECT rowid FROM job WHERE ended_at < :before AND state IN ('done', 'failed', 'cancelled') ORDER BY ended_at LIMIT ${BATCH})
       RETURNING id`,
      { before },
    )
    .map((row) => row.id)
}
