import { z } from "zod"
import type { Db } from "#src/platform/store/db.ts"

/** A revision without its content, which may be large. */
export interface RevisionLine {
  number: number
  /** The revision it was made from; null for the first. */
  parent: number | null
  note: string
  createdAt: number
}

const LINE = "number, parent, note, created_at AS createdAt"
const lineRow = z.object({ number: z.number(), parent: z.number().nullable(), note: z.string(), createdAt: z.number() })
const oneRow = z.object({ one: z.literal(1) })

/** The revisions of an item, newest first. */
export function history(db: Db, itemId: string, limit: number): RevisionLine[] {
  const sql = `SELECT ${LINE} FROM item_revision WHERE item_id = :itemId ORDER BY number DESC LIMIT :limit`
  return db.all(lineRow, sql, { itemId, limit })
}

export function revisionLine(db: Db, itemId: string, number: number): RevisionLine | undefined {
  return db.get(lineRow, `SELECT ${LINE} FROM item_revision WHERE item_id = :itemId AND number = :number`, {
    itemId,
    number,
  })
}

/** Whether anything was made after this revision, so that a redo has somewhere to go. */
export function hasNext(db: Db, itemId: string, number: number): boolean {
  const sql = "SELECT 1 AS one FROM item_revision WHERE item_id = :itemId AND parent = :number LIMIT 1"
  return db.get(oneRow, sql, { itemId, number }) !== undefined
}

const bytesRow = z.object({ bytes: z.number() })

/** How large the content of a revision is as JSON; Infinity for one that is absent. */
export function contentBytes(db: Db, itemId: string, number: number): number {
  const sql = "SELECT octet_length(data) AS bytes FROM item_revision WHERE item_id = :itemId AND number = :number"
  return db.get(bytesRow, sql, { itemId, number })?.bytes ?? Infinity
}
