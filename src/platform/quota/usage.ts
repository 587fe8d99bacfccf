import { z } from "zod"
import type { Db } from "#src/platform/store/db.ts"

const countRow = z.object({ n: z.number() })

/** How many open jobs and calls hold this unit, of an account or of a tenant. */
export function countHolds(db: Db, unit: string, of: { accountId: string } | { tenantId: string }): number {
  const [column, id] = "accountId" in of ? ["account_id", of.accountId] : ["tenant_id", of.tenantId]
  const sql = `SELECT count(DISTINCT job_id) AS n FROM quota_hold WHERE unit = :unit AND ${column} = :id`
  return db.get(countRow, sql, { unit, id })?.n ?? 0
}

const totalRow = z.object({ tenant: z.string(), unit: z.string(), used: z.number(), held: z.number() })

/** What each tenant's members have used in all, and hold now. */
export function totals(db: Db): z.output<typeof totalRow>[] {
  return db.all(
    totalRow,
    `SELECT substr(scope, 8) AS tenant, unit, used, held FROM quota_window
     WHERE span = 'total' AND scope LIKE 'tenant:%' ORDER BY scope, unit LIMIT 5000`,
  )
}
