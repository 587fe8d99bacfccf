import { z } from "zod"
import { keyOf, windowsOf } from "#src/platform/quota/spans.ts"
import type { Span } from "#src/platform/quota/spans.ts"
import { units } from "#src/platform/quota/units.ts"
import type { Unit } from "#src/platform/quota/units.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

/** `account:<id>`: what an allowance paid. `grant:<id>`: what a top-up paid. `tenant:<id>`: all that its members used. */
export type Book = `${"account" | "grant" | "tenant"}:${string}`

/** One part of a hold, in one book. */
export interface Line {
  unit: Unit
  book: Book
  account_id: string
  tenant_id: string
  amount: number
  /** Local hour of the hold. */
  hour: string
}

export interface Level {
  used: number
  held: number
}

/**
 * Where lines are written and windows and grants follow them, always both together: nothing else changes either. All calls
 * belong into one transaction.
 */
export interface Books {
  open(jobId: string, line: Line): void
  /** Takes the open lines of a job, so that they are closed once. */
  take(jobId: string): Line[]
  /** Ends an open line: `charged` of it was used (undefined: refunded), the rest is free again. */
  close(jobId: string, line: Line, charged: number | undefined): void
  /** Used without a hold: an overrun (more), or a reset (less, as a negative amount). */
  adjust(id: string, line: Line): void
  level(scope: Book, unit: Unit, span: Span, hour: string): Level
}

export const lineRow = z.object({
  unit: z.enum(units),
  // Only `open` and `adjust` write books.
  book: z.string().transform((text) => text as Book),
  account_id: z.string(),
  tenant_id: z.string(),
  amount: z.number(),
  hour: z.string(),
})
const levelRow = z.object({ used: z.number(), held: z.number() })

export function createBooks(db: Db, clock: Clock): Books {
  // Nearly all lines are of the same hour as the one before.
  let last = { hour: "", windows: windowsOf("") }
  const windowsAt = (hour: string) => {
    if (last.hour !== hour) last = { hour, windows: windowsOf(hour) }
    return last.windows
  }
  const move = ({ book, unit, hour }: Line, usedBy: number, heldBy: number) => {
    if (book.startsWith("grant:")) {
      const id = book.slice("grant:".length)
      db.run("UPDATE quota_grant SET used = used + :usedBy, held = held + :heldBy WHERE id = :id", {
        id,
        usedBy,
        heldBy,
      })
      return
    }
    for (const { span, key } of windowsAt(hour)) {
      const amounts = { book, unit, span, key, usedBy, heldBy }
      const changed = db.run(
        `UPDATE quota_window SET used = used + :usedBy, held = held + :heldBy
         WHERE scope = :book AND unit = :unit AND span = :span AND key = :key`,
        amounts,
      )
      if (changed === 0)
        db.run(
          "INSERT INTO quota_window (scope, unit, span, key, used, held) VALUES (:book, :unit, :span, :key, :usedBy, :heldBy)",
          amounts,
        )
    }
  }
  const enter = (jobId: string, kind: "hold" | "settle" | "refund" | "adjust", line: Line, amount: number) =>
    db.run(
      `INSERT INTO quota_entry (job_id, kind, unit, book, account_id, tenant_id, amount, hour, at)
       VALUES (:jobId, :kind, :unit, :book, :account_id, :tenant_id, :amount, :hour, :at)`,
      { ...line, jobId, kind, amount, at: clock.now() },
    )
  return {
    open: (jobId, line) => {
      move(line, 0, line.amount)
      enter(jobId, "hold", line, line.amount)
      db.run(
        `INSERT INTO quota_hold (job_id, unit, book, account_id, tenant_id, amount, hour)
         VALUES (:jobId, :unit, :book, :account_id, :tenant_id, :amount, :hour)`,
        { ...line, jobId },
      )
    },
    take: (jobId) =>
      db.all(
        lineRow,
        "DELETE FROM quota_hold WHERE job_id = :jobId RETURNING unit, book, account_id, tenant_id, amount, hour",
        { jobId },
      ),
    close: (jobId, line, charged) => {
      move(line, charged ?? 0, -line.amount)
      enter(jobId, charged === undefined ? "refund" : "settle", line, (charged ?? 0) - line.amount)
    },
    adjust: (id, line) => {
      move(line, line.amount, 0)
      enter(id, "adjust", line, line.amount)
    },
    level: (scope, unit, span, hour) =>
      db.get(
        levelRow,
        "SELECT used, held FROM quota_window WHERE scope = :scope AND unit = :unit AND span = :span AND key = :key",
        { scope, unit, span, key: keyOf(span, hour) },
      ) ?? { used: 0, held: 0 },
  }
}
