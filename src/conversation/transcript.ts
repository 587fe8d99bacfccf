import { randomBytes } from "node:crypto"
import { z } from "zod"
import type { Message, Thread, ThreadKey } from "#src/conversation/conversation.ts"
import type { Doc, Press } from "#src/conversation/document.ts"
import type { Call, TurnQuestion } from "#src/conversation/result.ts"
import { UserError } from "#src/errors.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Caller, Clock } from "#src/studio.ts"

/** What a thread remembers between turns. Plain data, so that it outlives the process. */
export interface Memory {
  itemId?: string
  previousItemId?: string
  /** Set while the item is still at this revision: somebody else may have moved it. */
  revision?: number
  parameters?: Record<string, string | number>
  lastCall?: Call
  /** The question of the last answer, and whom it was put to. */
  asked?: { accountId: string; question: TurnQuestion }
}

export interface Transcript {
  open(key: ThreadKey, caller: Caller, projectId: string): Thread
  get(accountId: string, threadId: string): Thread | undefined
  list(accountId: string, limit: number): Thread[]
  messages(threadId: string, options: { after?: number; limit: number }): Message[]
  /** The newest messages, oldest first. */
  latest(threadId: string, limit: number): Message[]
  /** Undefined when this message id is there already. */
  add(
    threadId: string,
    message: { role: Message["role"]; authorId: string | null; doc: Doc; messageId?: string },
  ): Message | undefined
  byMessageId(threadId: string, messageId: string): Message | undefined
  memory(threadId: string): Memory
  remember(threadId: string, memory: Memory): void
  addButton(threadId: string, accountId: string, label: string, press: Press): string
  /** Takes a button that this account may press, once. Throws UserError. */
  takeButton(threadId: string, buttonId: string, accountId: string): { label: string; press: Press }
  turnStarted(threadId: string): string
  turnJob(turnId: string, jobId: string): void
  turnEnded(turnId: string): void
  /** Turns that others left open become turns of this process; whoever takes one ends it with its answer. */
  adopt(isGone: (turn: { pid: number; startedAt: number }) => boolean): OpenTurn[]
  exportData(accountId: string): unknown
  deleteData(accountId: string): number
  purge(): number
}

export interface OpenTurn {
  id: string
  threadId: string
  accountId: string
  jobId: string | null
  startedAt: number
}

const BUTTON_LIFE_MS = 7 * 24 * 3_600_000
const MAX_TITLE = 80
const MAX_EXPORTED = 100_000

const THREAD = `id, account_id AS accountId, coalesce(project_id, '') AS projectId, title, created_at AS createdAt, updated_at AS updatedAt`
const threadRow = z.object({
  id: z.string(),
  accountId: z.string(),
  projectId: z.string(),
  title: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
})
// Written by this file only, so its shape is known.
const json = <T>() => z.string().transform((text) => JSON.parse(text) as T)
const MESSAGE = `conversation_id AS threadId, number, role, author_id AS authorId, content AS doc, created_at AS createdAt`
const messageRow = z.object({
  threadId: z.string(),
  number: z.number(),
  role: z.enum(["user", "assistant"]),
  authorId: z.string().nullable(),
  doc: json<Doc>(),
  createdAt: z.number(),
})
const memoryRow = z.object({ memory: z.string().nullable() })
const numberRow = z.object({ number: z.number() })
const buttonRow = z.object({
  accountId: z.string(),
  label: z.string(),
  press: json<Press>(),
  expiresAt: z.number(),
  usedAt: z.number().nullable(),
})
const orphanRow = z.object({
  id: z.string(),
  threadId: z.string(),
  accountId: z.string(),
  pid: z.number(),
  startedAt: z.number(),
  jobId: z.string().nullable(),
})

/** Threads, their messages, their memory and their buttons, in the database. `keepDays` is the retention of a thread that nobody uses. */
export function createTranscript(db: Db, clock: Clock, keepDays: number): Transcript {
  const keepUntil = () => clock.now() + keepDays * 24 * 3_600_000
  const newId = (prefix: string) => `${prefix}_${randomBytes(12).toString("base64url")}`
  const byKey = ({ surface, tenantId, thread }: ThreadKey) =>
    db.get(
      threadRow,
      `SELECT ${THREAD} FROM conversation WHERE surface = :surface AND tenant = :tenantId AND thread = :thread`,
      {
        surface,
        tenantId,
        thread,
      },
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
        db.run(
          `INSERT INTO conversation (id, account_id, project_id, surface, tenant, thread, created_at, updated_at, keep_until)
           VALUES (:id, :accountId, :projectId, :surface, :tenant, :thread, :now, :now, :keep)`,
          {
            id: newId("thr"),
            accountId,
            projectId,
            surface: key.surface,
            tenant: key.tenantId,
            thread: key.thread,
            now: clock.now(),
            keep: keepUntil(),
          },
        )
        const made = byKey(key)
        if (!made) throw new Error("a thread that was just made is absent")
        return made
      }),
    get,
    list: (accountId, limit) =>
      db.all(
        threadRow,
        `SELECT ${THREAD} FROM conversation WHERE account_id = :accountId ORDER BY updated_at DESC, id LIMIT :limit`,
        {
          accountId,
          limit,
        },
      ),
    messages: (threadId, { after = 0, limit }) =>
      db.all(
        messageRow,
        `SELECT ${MESSAGE} FROM conversation_message WHERE conversation_id = :threadId AND number > :after ORDER BY number LIMIT :limit`,
        { threadId, after, limit },
      ),
    latest: (threadId, limit) =>
      db
        .all(
          messageRow,
          `SELECT ${MESSAGE} FROM conversation_message WHERE conversation_id = :threadId ORDER BY number DESC LIMIT :limit`,
          { threadId, limit },
        )
        .toReversed(),
    add: (threadId, { role, authorId, doc, messageId }) =>
      db.tx(() => {
        const last = db.get(
          numberRow,
          "SELECT coalesce(max(number), 0) AS number FROM conversation_message WHERE conversation_id = :threadId",
          {
            threadId,
          },
        )
        const number = (last?.number ?? 0) + 1
        const isNew = db.run(
          `INSERT INTO conversation_message (conversation_id, number, role, author_id, content, created_at, message_id)
           VALUES (:threadId, :number, :role, :authorId, :content, :now, :messageId)
           ON CONFLICT (conversation_id, message_id) WHERE message_id IS NOT NULL DO NOTHING`,
          {
            threadId,
            number,
            role,
            authorId,
            content: JSON.stringify(doc),
            now: clock.now(),
            messageId: messageId ?? null,
          },
        )
        if (isNew === 0) return undefined
        const title = role === "user" ? titleOf(doc) : ""
        db.run(
          `UPDATE conversation SET updated_at = :now, keep_until = :keep, title = CASE title WHEN '' THEN :title ELSE title END
           WHERE id = :threadId`,
          { threadId, now: clock.now(), keep: keepUntil(), title },
        )
        return { threadId, number, role, authorId, doc, createdAt: clock.now() }
      }),
    byMessageId: (threadId, messageId) =>
      db.get(
        messageRow,
        `SELECT ${MESSAGE} FROM conversation_message WHERE conversation_id = :threadId AND message_id = :messageId`,
        {
          threadId,
          messageId,
        },
      ),
    memory: (threadId) => {
      const text = db.get(memoryRow, "SELECT memory FROM conversation WHERE id = :threadId", { threadId })?.memory
      return text ? (JSON.parse(text) as Memory) : {} // written by `remember`
    },
    remember: (threadId, memory) =>
      void db.run("UPDATE conversation SET memory = :memory WHERE id = :threadId", {
        threadId,
        memory: JSON.stringify(memory),
      }),
    addButton: (threadId, accountId, label, press) => {
      const id = newId("btn")
      db.run(
        `INSERT INTO conversation_button (id, conversation_id, account_id, label, press, expires_at)
         VALUES (:id, :threadId, :accountId, :label, :press, :expires)`,
        { id, threadId, accountId, label, press: JSON.stringify(press), expires: clock.now() + BUTTON_LIFE_MS },
      )
      return id
    },
    takeButton: (threadId, buttonId, accountId) =>
      db.tx(() => {
        const button = db.get(
          buttonRow,
          `SELECT account_id AS accountId, label, press, expires_at AS expiresAt, used_at AS usedAt FROM conversation_button
           WHERE id = :buttonId AND conversation_id = :threadId`,
          { buttonId, threadId },
        )
        if (!button)
          throw new UserError(
            "This button belongs to an answer that is gone.",
            "Say what you want instead.",
            "not_found",
          )
        if (button.accountId !== accountId)
          throw new UserError("This question was put to somebody else.", "Only they can answer it.", "forbidden")
        if (button.usedAt !== null)
          throw new UserError("This button was pressed already.", "Say it again if you want it again.", "conflict")
        if (button.expiresAt < clock.now())
          throw new UserError("This button is too old.", "Say what you want instead.", "conflict")
        // Agreeing counts once; what can be repeated safely may be pressed again.
        if (button.press.kind === "confirm" || button.press.kind === "decline")
          db.run("UPDATE conversation_button SET used_at = :now WHERE id = :buttonId", { now: clock.now(), buttonId })
        return { label: button.label, press: button.press }
      }),
    turnStarted: (threadId) => {
      const id = newId("trn")
      db.run(
        "INSERT INTO conversation_turn (id, conversation_id, pid, started_at) VALUES (:id, :threadId, :pid, :now)",
        {
          id,
          threadId,
          pid: process.pid,
          now: clock.now(),
        },
      )
      return id
    },
    turnJob: (turnId, jobId) =>
      void db.run("UPDATE conversation_turn SET job_id = :jobId WHERE id = :turnId", { turnId, jobId }),
    turnEnded: (turnId) => void db.run("DELETE FROM conversation_turn WHERE id = :turnId", { turnId }),
    adopt: (isGone) =>
      db.tx(() => {
        const open = db.all(
          orphanRow,
          `SELECT t.id, t.conversation_id AS threadId, c.account_id AS accountId, t.pid, t.started_at AS startedAt, t.job_id AS jobId
           FROM conversation_turn t JOIN conversation c ON c.id = t.conversation_id`,
        )
        const gone = open.filter(isGone)
        for (const { id } of gone)
          db.run("UPDATE conversation_turn SET pid = :pid, started_at = :now WHERE id = :id", {
            id,
            pid: process.pid,
            now: clock.now(),
          })
        return gone.map(({ pid: _pid, ...turn }) => turn)
      }),
    exportData: (accountId) => ({
      threads: db.all(
        threadRow,
        `SELECT ${THREAD} FROM conversation WHERE account_id = :accountId ORDER BY created_at`,
        { accountId },
      ),
      messages: db.all(
        messageRow,
        `SELECT ${MESSAGE} FROM conversation_message
         WHERE conversation_id IN (SELECT id FROM conversation WHERE account_id = :accountId) OR author_id = :accountId
         ORDER BY created_at, conversation_id, number LIMIT ${MAX_EXPORTED}`,
        { accountId },
      ),
    }),
    deleteData: (accountId) => {
      const count = db.tx(() => {
        db.run("DELETE FROM conversation_message WHERE author_id = :accountId", { accountId })
        return db.run("DELETE FROM conversation WHERE account_id = :accountId", { accountId })
      })
      db.truncateLog()
      return count
    },
    purge: () => db.run("DELETE FROM conversation WHERE keep_until < :now", { now: clock.now() }),
  }
}

function titleOf(doc: Doc): string {
  const text = doc.find((block) => block.kind === "text")?.text ?? ""
  // Neither control characters nor marks that turn the direction of what stands after them.
  const line = text.replace(/[\s\p{Cc}\u202A-\u202E\u2066-\u2069]+/gu, " ").trim()
  return line.length <= MAX_TITLE ? line : `${line.slice(0, MAX_TITLE - 1).toWellFormed()}…`
}
