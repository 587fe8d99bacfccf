import { z } from "zod"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

/** A job whose result a thread still has to be told. */
export interface Delivery {
  threadId: string
  jobId: string
  turn: string
  accountId: string
}

/** Which turns run, in this or another process, and what they have promised. */
export interface Turns {
  /** False while another turn runs in the thread. */
  begin(threadId: string, turn: string): boolean
  renew(turns: readonly string[]): void
  end(turn: string): void
  /** Turns of processes that are gone; each is handed out once. */
  lost(): { threadId: string; turn: string }[]
  promise(delivery: Delivery): void
  promised(turn: string): Delivery[]
  /** False when somebody else has settled it. */
  settle(delivery: Pick<Delivery, "threadId" | "jobId">): boolean
  /** Promises of turns that do not run any more. */
  due(limit: number): Delivery[]
}

const deliveryRow = z.object({ threadId: z.string(), jobId: z.string(), turn: z.string(), accountId: z.string() })
const turnRow = z.object({ threadId: z.string(), turn: z.string() })
const DELIVERY = "conversation_id AS threadId, job_id AS jobId, turn, account_id AS accountId"

export function createTurns(db: Db, clock: Clock, leaseMs: number): Turns {
  return {
    begin: (threadId, turn) =>
      db.run(
        `INSERT INTO conversation_turn (conversation_id, id, lease_until) VALUES (:threadId, :turn, :until)
         ON CONFLICT (conversation_id) DO NOTHING`,
        { threadId, turn, until: clock.now() + leaseMs },
      ) > 0,
    renew: (turns) => {
      for (const turn of turns)
        db.run("UPDATE conversation_turn SET lease_until = :until WHERE id = :turn", {
          turn,
          until: clock.now() + leaseMs,
        })
    },
    end: (turn) => void db.run("DELETE FROM conversation_turn WHERE id = :turn", { turn }),
    lost: () =>
      db.tx(() => {
        const now = clock.now()
        const gone = db.all(
          turnRow,
          "SELECT conversation_id AS threadId, id AS turn FROM conversation_turn WHERE lease_until < :now",
          { now },
        )
        return gone.filter(
          ({ turn }) =>
            db.run("DELETE FROM conversation_turn WHERE id = :turn AND lease_until < :now", { turn, now }) > 0,
        )
      }),
    promise: ({ threadId, jobId, turn, accountId }) =>
      void db.run(
        `INSERT INTO conversation_delivery (conversation_id, job_id, turn, account_id)
         VALUES (:threadId, :jobId, :turn, :accountId) ON CONFLICT (conversation_id, job_id) DO NOTHING`,
        { threadId, jobId, turn, accountId },
      ),
    promised: (turn) =>
      db.all(deliveryRow, `SELECT ${DELIVERY} FROM conversation_delivery WHERE turn = :turn`, { turn }),
    settle: ({ threadId, jobId }) =>
      db.run("DELETE FROM conversation_delivery WHERE conversation_id = :threadId AND job_id = :jobId", {
        threadId,
        jobId,
      }) > 0,
    due: (limit) =>
      db.all(
        deliveryRow,
        `SELECT ${DELIVERY} FROM conversation_delivery WHERE turn NOT IN (SELECT id FROM conversation_turn) LIMIT :limit`,
        { limit },
      ),
  }
}
