import { z } from "zod"
import type { Message } from "#src/conversation/conversation.ts"
import type { Doc } from "#src/conversation/document.ts"
import type { Threads } from "#src/conversation/threads.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

/** A call that was made for an earlier answer, in the few words that a model needs to know of it. */
export interface PastCall {
  tool: string
  input: Record<string, unknown>
  ok: boolean
  say: string
}

/** A message with what surfaces do not need. */
export interface Kept extends Message {
  turn: string | null
  calls: PastCall[]
}

export interface NewMessage {
  role: Message["role"]
  authorId: string | null
  doc: Doc
  messageId?: string
  /** Null: nobody has taken it up yet. */
  turn: string | null
  calls?: readonly PastCall[]
}

export interface Messages {
  read(threadId: string, options: { after?: number; limit: number }): Message[]
  /** The newest messages of other turns than this, oldest first; those that still wait are none of them. */
  before(threadId: string, turn: string, limit: number): Kept[]
  add(threadId: string, message: NewMessage): Message
  /** The message of this author with this id of the surface's own, and the answer of its turn where there is one. */
  sent(
    threadId: string,
    authorId: string,
    messageId: string,
  ): { message: Message; answer: Message | undefined } | undefined
  /** Marks messages of people as taken up by a turn. */
  takeUp(threadId: string, numbers: readonly number[], turn: string): void
  /** Threads with messages from before `until` that nobody has taken up, although no turn runs there. */
  forgotten(until: number): string[]
  takeUpAll(threadId: string, turn: string): void
}

const MESSAGE = `conversation_id AS threadId, number, role, author_id AS authorId, content AS doc, created_at AS createdAt`
// Written by this file only, so its shape is known.
const json = <T>() => z.string().transform((text) => JSON.parse(text) as T)
export const messageRow = z.object({
  threadId: z.string(),
  number: z.number(),
  role: z.enum(["user", "assistant"]),
  authorId: z.string().nullable(),
  doc: json<Doc>(),
  createdAt: z.number(),
})
const keptRow = messageRow.extend({ turn: z.string().nullable(), calls: json<PastCall[]>().nullable() })
const numberRow = z.object({ number: z.number() })
const threadIdRow = z.object({ threadId: z.string() })

export function createMessages(db: Db, clock: Clock, threads: Pick<Threads, "touch">): Messages {
  return {
    read: (threadId, { after = 0, limit }) =>
      db.all(
        messageRow,
        `SELECT ${MESSAGE} FROM conversation_message WHERE conversation_id = :threadId AND number > :after ORDER BY number LIMIT :limit`,
        { threadId, after, limit },
      ),
    before: (threadId, turn, limit) =>
      db
        .all(
          keptRow,
          `SELECT ${MESSAGE}, turn, calls FROM conversation_message
           WHERE conversation_id = :threadId AND turn IS NOT NULL AND turn <> :turn ORDER BY number DESC LIMIT :limit`,
          { threadId, turn, limit },
        )
        .map((row) => ({ ...row, calls: row.calls ?? [] }))
        .toReversed(),
    add: (threadId, { role, authorId, doc, messageId, turn, calls = [] }) =>
      db.tx(() => {
        const last = db.get(
          numberRow,
          "SELECT coalesce(max(number), 0) AS number FROM conversation_message WHERE conversation_id = :threadId",
          { threadId },
        )
        const number = (last?.number ?? 0) + 1
        const now = clock.now()
        db.run(
          `INSERT INTO conversation_message (conversation_id, number, role, author_id, content, created_at, message_id, turn, calls)
           VALUES (:threadId, :number, :role, :authorId, :content, :now, :messageId, :turn, :calls)`,
          {
            threadId,
            number,
            role,
            authorId,
            content: JSON.stringify(doc),
            now,
            messageId: messageId ?? null,
            turn,
            calls: calls.length > 0 ? JSON.stringify(calls) : null,
          },
        )
        threads.touch(threadId, role === "user" ? (doc.find((block) => block.kind === "text")?.text ?? "") : "")
        return { threadId, number, role, authorId, doc, createdAt: now }
      }),
    sent: (threadId, authorId, messageId) => {
      const found = db.get(
        keptRow,
        `SELECT ${MESSAGE}, turn, calls FROM conversation_message
         WHERE conversation_id = :threadId AND author_id = :authorId AND message_id = :messageId`,
        { threadId, authorId, messageId },
      )
      if (!found) return undefined
      const answer = db.get(
        messageRow,
        `SELECT ${MESSAGE} FROM conversation_message
         WHERE conversation_id = :threadId AND turn = :turn AND role = 'assistant' ORDER BY number LIMIT 1`,
        { threadId, turn: found.turn },
      )
      const { turn: _turn, calls: _calls, ...message } = found
      return { message, answer }
    },
    takeUp: (threadId, numbers, turn) => {
      for (const number of numbers)
        db.run("UPDATE conversation_message SET turn = :turn WHERE conversation_id = :threadId AND number = :number", {
          threadId,
          number,
          turn,
        })
    },
    forgotten: (until) =>
      db
        .all(
          threadIdRow,
          `SELECT DISTINCT conversation_id AS threadId FROM conversation_message
           WHERE role = 'user' AND turn IS NULL AND created_at < :until
             AND conversation_id NOT IN (SELECT conversation_id FROM conversation_turn) LIMIT 100`,
          { until },
        )
        .map((row) => row.threadId),
    takeUpAll: (threadId, turn) =>
      void db.run(
        "UPDATE conversation_message SET turn = :turn WHERE conversation_id = :threadId AND role = 'user' AND turn IS NULL",
        { threadId, turn },
      ),
  }
}
