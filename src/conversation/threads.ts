import { randomBytes } from "node:crypto"
import { z } from "zod"
import type { Thread, ThreadKey } from "#src/conversation/conversation.ts"
import type { Call, TurnQuestion } from "#src/conversation/result.ts"
import { UserError } from "#src/errors.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Caller, Clock } from "#src/studio.ts"

/** What a thread remembers between turns. Plain data, so that it outlives the process. */
export interface Memory {
  itemId?: string
  previousItemId?: string
  /** The last ones carried out, newest last. */
  calls?: Call[]
  /** The question of the last answer, whom it was put to, and the buttons of its choices in their order. */
  asked?: { accountId: string; question: TurnQuestion; buttons: string[] }
}

export interface Threads {
  open(key: ThreadKey, caller: Caller, projectId: string): Thread
  get(accountId: string, threadId: string): Thread | undefined
  list(accountId: string, limit: number): Thread[]
  /** False once the thread is deleted. */
  exists(threadId: string): boolean
  memory(threadId: string): Memory
  remember(threadId: string, memory: Memory): void
  /** Something was said: the thread is kept from now on again, and is called after the first words in it. */
  touch(threadId: string, title: string): void
}

const MAX_TITLE = 80

const THREAD = `id, account_id AS accountId, coalesce(project_id, '') AS projectId, title, created_at AS createdAt, updated_at AS updatedAt`
export const threadRow = z.object({
  id: z.string(),
  accountId: z.string(),
  projectId: z.string(),
  title: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
})
const memoryRow = z.object({ memory: z.string().nullable() })

export const newId = (prefix: string): string => `${prefix}_${randomBytes(12).toString("base64url")}`

/** `keepDays`: a thread that nobody uses for so long is forgotten. */
export function createThreads(db: Db, clock: Clock, keepDays: number): Threads {
  const keepUntil = () => clock.now() + keepDays * 24 * 3_600_000
  const byKey = ({ surface, tenantId, thread }: ThreadKey) =>
    db.get(
      threadRow,
      `SELECT ${THREAD} FROM conversation WHERE surface = :surface AND tenant = :tenantId AND thread = :thread`,
      { surface, tenantId, thread },
    )
  const get = (accountId: string, id: string) =>
    db.get(threadRow, `SELECT ${THREAD} FROM conversation WHERE id = :id AND account_id = :accountId`, {
      id,
      accountId,
    })

  return {
    open: (key, { accountId }, projectId) =>
      db.tx(() => {
        const known = byKey(key)
        if (known && known.accountId !== accountId)
          throw new UserError("This thread belongs to somebody else.", "Begin a thread of your own.", "forbidden")
        if (known) return known
        const id = newId("thr")
        db.run(
          `INSERT INTO conversation (id, account_id, project_id, surface, tenant, thread, created_at, updated_at, keep_until)
           VALUES (:id, :accountId, :projectId, :surface, :tenant, :thread, :now, :now, :keep)`,
          {
            id,
            accountId,
            projectId,
            surface: key.surface,
            tenant: key.tenantId,
            thread: key.thread,
            now: clock.now(),
            keep: keepUntil(),
          },
        )
        const made = get(accountId, id)
        if (!made) throw new Error("a thread that was just made is absent")
        return made
      }),
    get,
    list: (accountId, limit) =>
      db.all(
        threadRow,
        `SELECT ${THREAD} FROM conversation WHERE account_id = :accountId ORDER BY updated_at DESC, id LIMIT :limit`,
        { accountId, limit },
      ),
    exists: (id) =>
      db.get(z.object({ id: z.string() }), "SELECT id FROM conversation WHERE id = :id", { id }) !== undefined,
    memory: (id) => {
      const text = db.get(memoryRow, "SELECT memory FROM conversation WHERE id = :id", { id })?.memory
      return text ? (JSON.parse(text) as Memory) : {} // written by `remember`
    },
    remember: (id, memory) =>
      void db.run("UPDATE conversation SET memory = :memory WHERE id = :id", { id, memory: JSON.stringify(memory) }),
    touch: (id, title) =>
      void db.run(
        `UPDATE conversation SET updated_at = :now, keep_until = :keep, title = CASE title WHEN '' THEN :title ELSE title END
         WHERE id = :id`,
        { id, now: clock.now(), keep: keepUntil(), title: shortened(title) },
      ),
  }
}

function shortened(text: string): string {
  // Neither control characters nor marks that turn the direction of what stands after them.
  const line = text.replace(/[\s\p{Cc}\u202A-\u202E\u2066-\u2069]+/gu, " ").trim()
  return line.length <= MAX_TITLE ? line : `${line.slice(0, MAX_TITLE - 1).toWellFormed()}…`
}
