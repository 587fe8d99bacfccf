import { z } from "zod"
import { UserError } from "#src/errors.ts"
import type { Db } from "#src/platform/store/db.ts"
import { newId } from "#src/platform/store/id.ts"
import { cut, oneLine } from "#src/platform/store/line.ts"
import { createProjects } from "#src/platform/store/projects.ts"
import type { Clock, Item, Items, Revision } from "#src/studio.ts"

const MAX_NAME = 120
const MAX_NOTE = 300
const MAX_DATA_BYTES = 4 * 1024 * 1024
const MAX_LISTED = 500

const ITEM = `id, project_id AS projectId, account_id AS accountId, kind, name, head,
  created_at AS createdAt, updated_at AS updatedAt`
const REVISION = `item_id AS itemId, number, parent, data, note, account_id AS accountId, created_at AS createdAt`

const itemRow = z.object({
  id: z.string(),
  projectId: z.string(),
  accountId: z.string(),
  kind: z.string(),
  name: z.string(),
  head: z.number(),
  createdAt: z.number(),
  updatedAt: z.number(),
})
const revisionRow = z.object({
  itemId: z.string(),
  number: z.number(),
  parent: z.number().nullable(),
  data: z.string().transform((text): unknown => JSON.parse(text)),
  note: z.string(),
  accountId: z.string(),
  createdAt: z.number(),
})
const numberRow = z.object({ number: z.number().nullable() })

/**
 * Projects, and things people edit. Revisions of an item form a tree: an edit hangs below the head, undo moves the head to
 * the parent, redo to the newest child, so nothing that was ever made is lost.
 */
export function createItems(db: Db, clock: Clock): Items {
  const projects = createProjects(db, clock)

  const get = (accountId: string, id: string): Item | undefined =>
    db.get(itemRow, `SELECT ${ITEM} FROM item WHERE id = :id AND account_id = :accountId`, { id, accountId })

  const mustGet = (accountId: string, id: string): Item => {
    const item = get(accountId, id)
    if (!item)
      throw new UserError(`There is no item "${id.slice(0, 80)}".`, "Look for it with studio_find.", "not_found")
    return item
  }

  const revision = (itemId: string, number: number): Revision | undefined =>
    db.get(revisionRow, `SELECT ${REVISION} FROM item_revision WHERE item_id = :itemId AND number = :number`, {
      itemId,
      number,
    })

  const append = (item: Item, parent: number | null, number: number, data: string, note: string): void => {
    db.run(
      `INSERT INTO item_revision (item_id, number, parent, data, note, account_id, created_at)
       VALUES (:itemId, :number, :parent, :data, :note, :accountId, :now)`,
      { itemId: item.id, number, parent, data, note, accountId: item.accountId, now: clock.now() },
    )
  }

  /** Moves the head, which also makes the item and its project the most recent ones. */
  const moveHead = (item: Item, head: number): { item: Item; revision: Revision } => {
    db.run(
      `UPDATE item SET head = :head, updated_at = :now,
         seq = (SELECT max(seq) + 1 FROM item WHERE account_id = :accountId) WHERE id = :id`,
      { id: item.id, accountId: item.accountId, head, now: clock.now() },
    )
    projects.touch(item.accountId, item.projectId)
    const at = revision(item.id, head)
    if (!at) throw new Error(`item ${item.id} has no revision ${head}`)
    return { item: mustGet(item.accountId, item.id), revision: at }
  }

  return {
    atomically: db.tx,
    createProject: (accountId, name) => projects.create(accountId, name),
    currentProject: (accountId) => projects.current(accountId),
    listProjects: (accountId) => projects.list(accountId),
    getProject: (accountId, id) => projects.get(accountId, id),
    get,
    revision,
    create: (input) => {
      const { accountId, projectId } = input
      const data = encode(input.data)
      const name = cut(oneLine(input.name), MAX_NAME) || input.kind
      const id = newId("itm")
      return db.tx(() => {
        if (!projects.get(accountId, projectId))
          throw new UserError(
            `There is no project "${projectId.slice(0, 80)}".`,
            "List the projects, or leave it out.",
            "not_found",
          )
        db.run(
          `INSERT INTO item (id, project_id, account_id, kind, name, head, created_at, updated_at, seq)
           VALUES (:id, :projectId, :accountId, :kind, :name, 1, :now, :now, 0)`,
          { id, projectId, accountId, kind: input.kind, name, now: clock.now() },
        )
        const item = mustGet(accountId, id)
        append(item, null, 1, data, cut(oneLine(input.note), MAX_NOTE))
        return moveHead(item, 1)
      })
    },
    list: (accountId, filter = {}) =>
      db.all(
        itemRow,
        `SELECT ${ITEM} FROM item WHERE account_id = :accountId
           AND (:projectId IS NULL OR project_id = :projectId) AND (:kind IS NULL OR kind = :kind)
         ORDER BY seq DESC LIMIT :limit`,
        {
          accountId,
          projectId: filter.projectId ?? null,
          kind: filter.kind ?? null,
          limit: atMost(filter.limit, 50),
        },
      ),
    revisions: (itemId, limit) =>
      db.all(
        revisionRow,
        `SELECT ${REVISION} FROM item_revision WHERE item_id = :itemId ORDER BY number DESC LIMIT :limit`,
        { itemId, limit: atMost(limit, 50) },
      ),
    revise: (accountId, id, input) => {
      const data = encode(input.data)
      return db.tx(() => {
        const item = mustGet(accountId, id)
        if (item.head !== input.expectedHead)
          throw new UserError(
            `"${item.name}" was changed meanwhile: it is at revision ${item.head}, this edit was made on revision ${input.expectedHead}.`,
            "Look at the newest revision and make the change on that one.",
            "conflict",
          )
        const last = db.get(numberRow, "SELECT max(number) AS number FROM item_revision WHERE item_id = :id", { id })
        const number = (last?.number ?? 0) + 1
        append(item, item.head, number, data, cut(oneLine(input.note), MAX_NOTE))
        return moveHead(item, number)
      })
    },
    rename: (accountId, id, given) => {
      const { name } = mustGet(accountId, id)
      const next = cut(oneLine(given), MAX_NAME) || name
      db.run("UPDATE item SET name = :next WHERE id = :id AND account_id = :accountId", { id, accountId, next })
      return mustGet(accountId, id)
    },
    undo: (accountId, id) =>
      db.tx(() => {
        const item = mustGet(accountId, id)
        const parent = revision(id, item.head)?.parent ?? null
        if (parent === null)
          throw new UserError(
            `"${item.name}" is at its first revision: there is nothing to undo.`,
            "Edit it, or redo what was undone.",
            "conflict",
          )
        return moveHead(item, parent)
      }),
    redo: (accountId, id) =>
      db.tx(() => {
        const item = mustGet(accountId, id)
        const child = db.get(
          numberRow,
          "SELECT max(number) AS number FROM item_revision WHERE item_id = :id AND parent = :head",
          { id, head: item.head },
        )?.number
        if (!child)
          throw new UserError(
            `Nothing was made after revision ${item.head} of "${item.name}": there is nothing to redo.`,
            "Undo first, or edit it.",
            "conflict",
          )
        return moveHead(item, child)
      }),
  }
}

function encode(data: unknown): string {
  const text = JSON.stringify(data)
  if (text === undefined) throw new TypeError("revision data must be a JSON value")
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_DATA_BYTES)
    throw new UserError(
      `This would be ${(bytes / 1024 / 1024).toFixed(1)} MB of data in one revision.`,
      `At most ${MAX_DATA_BYTES / 1024 / 1024} MB fit; split it into several items.`,
      "too_large",
    )
  return text
}

const atMost = (limit: number | undefined, usual: number) => Math.max(1, Math.min(limit ?? usual, MAX_LISTED))
