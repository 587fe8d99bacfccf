import { z } from "zod"
import type { Db } from "#src/platform/store/db.ts"
import type { Jobs, JobView } from "#src/studio.ts"

/** A job was accepted, went on, or ended. */
export interface JobChange {
  kind: "job"
  job: JobView
}

const MAX_OPEN = 100
/** Jobs that came and went between two looks, such as those answered from the cache. */
const MAX_MISSED = 50
const lastRow = z.object({ last: z.number().nullable() })
const idRow = z.object({ id: z.string() })

/** A function that tells which of the account's jobs changed since it was called last. Remaining times alone are no change. */
export function watchJobs({ db, jobs }: { db: Db; jobs: Pick<Jobs, "get" | "list"> }, accountId: string) {
  const seen = new Map<string, string>()
  const listOpen = () => jobs.list(accountId, { states: ["waiting", "running"], limit: MAX_OPEN })
  for (const job of listOpen()) seen.set(job.id, markOf(job))
  let lastJob = newestJob(db)

  return (): JobChange[] => {
    const open = listOpen()
    const openIds = new Set(open.map((job) => job.id))
    const changed = open.filter((job) => seen.get(job.id) !== markOf(job))
    const ended = [...seen.keys()].filter((id) => !openIds.has(id))
    const missed = acceptedSince(db, accountId, lastJob).filter((id) => !openIds.has(id) && !seen.has(id))
    lastJob = newestJob(db)
    for (const id of ended) seen.delete(id)
    for (const job of changed) seen.set(job.id, markOf(job))
    const over = [...ended, ...missed].flatMap((id) => jobs.get(accountId, id) ?? [])
    return [...over, ...changed].map((job) => ({ kind: "job", job }))
  }
}

const markOf = ({ state, attempt, position, progress }: JobView) => JSON.stringify([state, attempt, position, progress])

function newestJob(db: Db): number {
  return db.get(lastRow, "SELECT max(rowid) AS last FROM job")?.last ?? 0
}

function acceptedSince(db: Db, accountId: string, rowid: number): string[] {
  const sql = `SELECT id FROM job WHERE rowid > :rowid AND account_id = :accountId ORDER BY rowid DESC LIMIT ${MAX_MISSED}`
  return db.all(idRow, sql, { rowid, accountId }).map((row) => row.id)
}
