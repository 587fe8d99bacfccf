import { z } from "zod"
import { units } from "#src/platform/quota/units.ts"
import type { Unit } from "#src/platform/quota/units.ts"
import type { Db } from "#src/platform/store/db.ts"
import { newId } from "#src/platform/store/id.ts"
import type { Clock } from "#src/studio.ts"

/** A top-up of one account. Of storage it raises the level while it lasts; of all else it is spent, once. */
export interface Grant {
  id: string
  accountId: string
  unit: Unit
  amount: number
  used: number
  held: number
  /** Milliseconds since the epoch; null = never. */
  expiresAt: number | null
  reason: string
  setBy: string
  setAt: number
}

export interface Grants {
  add(input: Pick<Grant, "accountId" | "unit" | "amount" | "expiresAt" | "reason" | "setBy">): Grant
  get(id: string): Grant | undefined
  /** Ends it now. What it pays for already stays paid. */
  end(id: string): void
  /** Not expired and with something left or held, in the order of spending: earliest expiry first, those without last. */
  open(accountId: string, unit?: Unit): Grant[]
  /** The same of everybody; at most 500. */
  all(): Grant[]
}

const MOST = 500
const grantRow = z.object({
  id: z.string(),
  accountId: z.string(),
  unit: z.enum(units),
  amount: z.number(),
  used: z.number(),
  held: z.number(),
  expiresAt: z.number().nullable(),
  reason: z.string(),
  setBy: z.string(),
  setAt: z.number(),
})
const SELECT = `SELECT id, account_id AS accountId, unit, amount, used, held, expires_at AS expiresAt, reason,
  set_by AS setBy, set_at AS setAt FROM quota_grant`
const OPEN = "used < amount AND (expires_at IS NULL OR expires_at > :now)"
/** The same order whenever it is asked for, so that settling charges what would have been spent first. */
const ORDER = "ORDER BY expires_at IS NULL, expires_at, set_at, id"

export function createGrants(db: Db, clock: Clock): Grants {
  return {
    add: (input) => {
      const grant: Grant = { ...input, id: newId("grt"), used: 0, held: 0, setAt: clock.now() }
      db.run(
        `INSERT INTO quota_grant (id, account_id, unit, amount, used, held, expires_at, reason, set_by, set_at)
         VALUES (:id, :accountId, :unit, :amount, :used, :held, :expiresAt, :reason, :setBy, :setAt)`,
        { ...grant },
      )
      return grant
    },
    get: (id) => db.get(grantRow, `${SELECT} WHERE id = :id`, { id }),
    end: (id) =>
      void db.run("UPDATE quota_grant SET expires_at = min(coalesce(expires_at, :now), :now) WHERE id = :id", {
        id,
        now: clock.now(),
      }),
    open: (accountId, unit) =>
      db.all(
        grantRow,
        `${SELECT} WHERE account_id = :accountId AND unit = coalesce(:unit, unit) AND ${OPEN} ${ORDER}`,
        {
          accountId,
          unit: unit ?? null,
          now: clock.now(),
        },
      ),
    all: () => db.all(grantRow, `${SELECT} WHERE ${OPEN} ${ORDER} LIMIT ${MOST}`, { now: clock.now() }),
  }
}

/** What is left of these. */
export function leftOf(grants: readonly Grant[]): number {
  return grants.reduce((sum, grant) => sum + grant.amount - grant.used - grant.held, 0)
}
