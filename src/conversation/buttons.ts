import { z } from "zod"
import type { Press } from "#src/conversation/document.ts"
import { newId } from "#src/conversation/threads.ts"
import { UserError } from "#src/errors.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

export interface NewButton {
  threadId: string
  /** Who alone may press it. */
  accountId: string
  label: string
  press: Press
  /** Buttons with the same word are answers to one question: one press settles it. */
  question?: string
}

export interface Buttons {
  add(button: NewButton): string
  /**
   * Takes a button. Agreeing and answering count once; a next step may be taken again. Throws UserError when it is unknown,
   * somebody else's, used up or too old.
   */
  take(threadId: string, id: string, accountId: string): { label: string; press: Press }
}

const LIFE_MS = 7 * 24 * 3_600_000

const buttonRow = z.object({
  accountId: z.string(),
  label: z.string(),
  // Written by this file only, so its shape is known.
  press: z.string().transform((text) => JSON.parse(text) as Press),
  question: z.string().nullable(),
  expiresAt: z.number(),
  usedAt: z.number().nullable(),
})

/** What the buttons of answers do. Surfaces carry the id only, so nobody can make a button say something else. */
export function createButtons(db: Db, clock: Clock): Buttons {
  return {
    add: ({ threadId, accountId, label, press, question }) => {
      const id = newId("btn")
      db.run(
        `INSERT INTO conversation_button (id, conversation_id, account_id, label, press, question, expires_at)
         VALUES (:id, :threadId, :accountId, :label, :press, :question, :expires)`,
        {
          id,
          threadId,
          accountId,
          label,
          press: JSON.stringify(press),
          question: question ?? null,
          expires: clock.now() + LIFE_MS,
        },
      )
      return id
    },
    take: (threadId, id, accountId) =>
      db.tx(() => {
        const button = db.get(
          buttonRow,
          `SELECT account_id AS accountId, label, press, question, expires_at AS expiresAt, used_at AS usedAt
           FROM conversation_button WHERE id = :id AND conversation_id = :threadId`,
          { id, threadId },
        )
        if (!button)
          throw new UserError(
            "This choice belongs to an answer that is gone.",
            "Say what you want instead.",
            "not_found",
          )
        if (button.accountId !== accountId)
          throw new UserError("This question was put to somebody else.", "Only they can answer it.", "forbidden")
        if (button.usedAt !== null)
          throw new UserError("This was chosen already.", "Say it again if you want it again.", "conflict")
        if (button.expiresAt < clock.now())
          throw new UserError("This choice is too old.", "Say what you want instead.", "conflict")
        const { question, press } = button
        const isOnce = question !== null || press.kind === "confirm" || press.kind === "decline"
        if (!isOnce) return { label: button.label, press }
        db.run(
          `UPDATE conversation_button SET used_at = :now
           WHERE conversation_id = :threadId AND (id = :id OR (:question IS NOT NULL AND question = :question))`,
          { now: clock.now(), threadId, id, question },
        )
        return { label: button.label, press }
      }),
  }
}
