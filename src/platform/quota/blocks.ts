import { z } from "zod"
import { UserError } from "#src/errors.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

/** Somebody who may not begin anything that costs; what runs already goes on. */
export interface Block {
  accountId: string
  /** Milliseconds since the epoch; null = until somebody lifts it. */
  until: number | null
  reason: string
  setBy: string
  setAt: number
}

export interface Blocks {
  /** Replaces an earlier one; returns that. */
  set(input: Omit<Block, "setAt">): Block | undefined
  /** Returns what was lifted. */
  lift(accountId: string): Block | undefined
  /** The one in force. */
  get(accountId: string): Block | undefined
  /** Those in force; at most 500. */
  list(): Block[]
  /** Throws UserError "forbidden" with until when and why. */
  require(accountId: string): void
}

const blockRow = z.object({
  accountId: z.string(),
  until: z.number().nullable(),
  reason: z.string(),
  setBy: z.string(),
  setAt: z.number(),
})
const SELECT = `SELECT account_id AS accountId, until, reason, set_by AS setBy, set_at AS setAt FROM quota_block
  WHERE (until IS NULL OR until > :now)`

export function createBlocks(db: Db, clock: Clock): Blocks {
  const get = (accountId: string) =>
    db.get(blockRow, `${SELECT} AND account_id = :accountId`, { accountId, now: clock.now() })
  return {
    get,
    list: () => db.all(blockRow, `${SELECT} ORDER BY set_at DESC LIMIT 500`, { now: clock.now() }),
    set: (input) => {
      const before = get(input.accountId)
      db.run(
        `INSERT INTO quota_block (account_id, until, reason, set_by, set_at) VALUES (:accountId, :until, :reason, :setBy, :now)
         ON CONFLICT DO UPDATE SET until = :until, reason = :reason, set_by = :setBy, set_at = :now`,
        { ...input, now: clock.now() },
      )
      return before
    },
    lift: (accountId) => {
      const before = get(accountId)
      db.run("DELETE FROM quota_block WHERE account_id = :accountId", { accountId })
      return before
    },
    require: (accountId) => {
      const block = get(accountId)
      if (!block) return
      const until =
        block.until === null ? "" : ` until ${new Date(block.until).toISOString().slice(0, 16).replace("T", " ")} UTC`
      throw new UserError(
        `You are blocked from starting work${until}${block.reason ? `: ${block.reason.replace(/[.\s]+$/, "")}` : ""}.`,
        "What you made stays open to you. Ask an admin.",
        "forbidden",
      )
    },
  }
}
