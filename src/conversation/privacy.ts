import { z } from "zod"
import { messageRow } from "#src/conversation/messages.ts"
import { threadRow } from "#src/conversation/threads.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

export interface Privacy {
  exportData(accountId: string): unknown
  /** Threads that are gone. */
  deleteData(accountId: string): string[]
  purge(): number
}

const MAX_EXPORTED = 100_000
const idRow = z.object({ id: z.string() })

/** What people may take along, what they may have removed, and what goes by itself. */
export function createPrivacy(db: Db, clock: Clock): Privacy {
  return {
    exportData: (accountId) => ({
      threads: db.all(
        threadRow,
        `SELECT id, account_id AS accountId, coalesce(project_id, '') AS projectId, title, created_at AS createdAt, updated_at AS updatedAt
         FROM conversation WHERE account_id = :accountId ORDER BY created_at`,
        { accountId },
      ),
      messages: db.all(
        messageRow,
        `SELECT conversation_id AS threadId, number, role, author_id AS authorId, content AS doc, created_at AS createdAt
         FROM conversation_message
         WHERE conversation_id IN (SELECT id FROM conversation WHERE account_id = :accountId) OR author_id = :accountId
         ORDER BY created_at, conversation_id, number LIMIT ${MAX_EXPORTED}`,
        { accountId },
      ),
    }),
    deleteData: (accountId) => {
      const ids = db.tx(() => {
        const own = db.all(idRow, "SELECT id FROM conversation WHERE account_id = :accountId", { accountId })
        db.run("DELETE FROM conversation WHERE account_id = :accountId", { accountId })
        db.run("DELETE FROM conversation_message WHERE author_id = :accountId", { accountId })
        return own.map((row) => row.id)
      })
      db.truncateLog()
      return ids
    },
    purge: () => {
      const count = db.run(
        `DELETE FROM conversation WHERE keep_until < :now AND id NOT IN (SELECT conversation_id FROM conversation_turn)`,
        { now: clock.now() },
      )
      if (count > 0) db.truncateLog()
      return count
    },
  }
}
