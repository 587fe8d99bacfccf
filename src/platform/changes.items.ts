import { z } from "zod"
import type { Db } from "#src/platform/store/db.ts"
import { revisionLine, type RevisionLine } from "#src/platform/store/history.ts"
import type { Item, Items } from "#src/studio.ts"

export type ItemChange =
  /** `revision` is where the head is now; "moved" is undo and redo. */
  | { kind: "item"; change: "created" | "revised" | "moved"; item: Item; revision: RevisionLine }
  | { kind: "item-removed"; itemId: string }

const topRow = z.object({ top: z.number().nullable(), count: z.number() })
const seqRow = z.object({ id: z.string(), seq: z.number() })
const rowidRow = z.object({ last: z.number().nullable() })
const madeRow = z.object({ itemId: z.string(), first: z.number(), last: z.number() })

/**
 * A function that tells what happened to the account's items since it was called last. The `seq` of items grows with every
 * change of an account, and revisions are only ever appended, so both serve as cursors.
 */
export function watchItems({ db, items }: { db: Db; items: Pick<Items, "get"> }, accountId: string) {
  const known = new Map<string, number>()
  let top = 0
  let lastRevision = newestRevision(db)
  for (const { id, seq } of changedSince(db, accountId, -1)) {
    known.set(id, seq)
    top = Math.max(top, seq)
  }

  return (): ItemChange[] => {
    const now = db.get(topRow, "SELECT max(seq) AS top, count(*) AS count FROM item WHERE account_id = :accountId", {
      accountId,
    })
    const newTop = now?.top ?? 0
    if (newTop === top && now?.count === known.size) return []
    const made = madeSince(db, accountId, lastRevision)
    lastRevision = newestRevision(db)
    const candidates = changedSince(db, accountId, newTop > top ? top : -1)
    const changed = candidates.filter(({ id, seq }) => known.get(id) !== seq)
    for (const { id, seq } of changed) known.set(id, seq)
    top = newTop
    const gone = known.size > (now?.count ?? 0) ? forgetGone(db, accountId, known) : []
    return [...changed.flatMap(({ id }) => told(db, items.get(accountId, id), made)), ...gone]
  }
}

function told(db: Db, item: Item | undefined, made: Map<string, { first: number; last: number }>): ItemChange[] {
  const revision = item && revisionLine(db, item.id, item.head)
  if (!item || !revision) return []
  const fresh = made.get(item.id)
  const change = fresh?.first === 1 ? "created" : fresh?.last === item.head ? "revised" : "moved"
  return [{ kind: "item", change, item, revision }]
}

function changedSince(db: Db, accountId: string, seq: number): z.infer<typeof seqRow>[] {
  const sql = "SELECT id, seq FROM item WHERE account_id = :accountId AND seq > :seq ORDER BY seq"
  return db.all(seqRow, sql, { accountId, seq })
}

function forgetGone(db: Db, accountId: string, known: Map<string, number>): ItemChange[] {
  const there = new Set(changedSince(db, accountId, -1).map((row) => row.id))
  const gone = [...known.keys()].filter((id) => !there.has(id))
  for (const id of gone) known.delete(id)
  return gone.map((itemId) => ({ kind: "item-removed", itemId }))
}

/** Deleting items can lower it; new revisions then count on from there. */
function newestRevision(db: Db): number {
  return db.get(rowidRow, "SELECT max(rowid) AS last FROM item_revision")?.last ?? 0
}

function madeSince(db: Db, accountId: string, rowid: number): Map<string, { first: number; last: number }> {
  const rows = db.all(
    madeRow,
    `SELECT item_id AS itemId, min(number) AS first, max(number) AS last FROM item_revision
     WHERE rowid > :rowid AND account_id = :accountId GROUP BY item_id`,
    { rowid: Math.min(rowid, newestRevision(db)), accountId },
  )
  return new Map(rows.map(({ itemId, ...numbers }) => [itemId, numbers]))
}
