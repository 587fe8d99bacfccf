import { rmSync } from "node:fs"
import { readdir, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { setImmediate as nextTurn } from "node:timers/promises"
import type { Logger } from "pino"
import { z } from "zod"
import { UserError } from "#src/errors.ts"
import type { Blobs } from "#src/platform/artifacts/blobs.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

/** How many of each were removed. */
export interface Collected {
  artifacts: number
  blobs: number
  temporary: number
}

const DAY_MS = 86_400_000
const BATCH = 200
/** A writer touches its temporary file with every piece; an idle one is given up after a minute. */
const STALE_TEMPORARY_MS = 3_600_000
const idRow = z.object({ id: z.string() })
const foundRow = z.object({ found: z.number() })

/**
 * Rows first, then bytes: a crash in between leaves a blob without row, which the next run finds. Safe beside writers,
 * in this process and others, because both sides decide about a blob under the database's write lock.
 */
export async function collectGarbage(
  parts: { db: Db; blobs: Blobs; clock: Clock; log: Logger },
  options: { keepDays: number; signal?: AbortSignal },
): Promise<Collected> {
  const { db, blobs } = parts
  const before = parts.clock.now() - options.keepDays * DAY_MS
  const collected = { artifacts: 0, blobs: 0, temporary: 0 }
  for (let dropped = BATCH; dropped === BATCH; collected.artifacts += dropped) {
    options.signal?.throwIfAborted()
    dropped = dropUnowned(db, before)
    await nextTurn()
  }
  for (const folder of await names(blobs.folder)) {
    if (!/^[0-9a-f]{2}$/.test(folder)) continue
    options.signal?.throwIfAborted()
    for (const name of await names(join(blobs.folder, folder)))
      if (/^[0-9a-f]{64}$/.test(name) && name.startsWith(folder) && !isUsed(db, name) && dropIfUnused(db, blobs, name))
        collected.blobs++
  }
  collected.temporary = await dropStale(join(blobs.folder, "tmp"))
  if (collected.artifacts + collected.blobs + collected.temporary > 0) parts.log.info(collected, "collected garbage")
  return collected
}

/** Removes a blob unless an artifact has it; true when it went. A busy database means: not now. */
export function dropIfUnused(db: Db, blobs: Blobs, sha256: string): boolean {
  try {
    return db.tx(() => {
      if (isUsed(db, sha256)) return false
      rmSync(blobs.path(sha256), { force: true })
      return true
    })
  } catch (error) {
    if (error instanceof UserError) return false
    throw error
  }
}

function dropUnowned(db: Db, before: number): number {
  return db.tx(() => {
    const ids = db.all(
      idRow,
      `SELECT id FROM artifact WHERE used_at < :before
         AND NOT EXISTS (SELECT 1 FROM artifact_link WHERE artifact_id = artifact.id) LIMIT ${BATCH}`,
      { before },
    )
    for (const { id } of ids) db.run("DELETE FROM artifact WHERE id = :id", { id })
    return ids.length
  })
}

function isUsed(db: Db, sha256: string): boolean {
  return db.get(foundRow, "SELECT 1 AS found FROM artifact WHERE sha256 = :sha256 LIMIT 1", { sha256 }) !== undefined
}

async function dropStale(folder: string): Promise<number> {
  let dropped = 0
  for (const name of await names(folder)) {
    const path = join(folder, name)
    const info = await stat(path).catch(() => undefined)
    // Times of files come from the operating system, not from the studio's clock.
    if (!info || Date.now() - info.mtimeMs < STALE_TEMPORARY_MS) continue
    await rm(path, { force: true })
    dropped++
  }
  return dropped
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}
