import { z } from "zod"
import type { People } from "#src/platform/accounts/people.ts"
import { hourOf, linesOf } from "#src/platform/quota/spans.ts"
import type { Span } from "#src/platform/quota/spans.ts"
import type { Unit } from "#src/platform/quota/units.ts"
import type { Db } from "#src/platform/store/db.ts"

export interface TopLine {
  accountId: string
  name: string
  used: number
  held: number
}

interface TopParts {
  db: Db
  people: People
  now: number
  zoneOf(tenantId: string): string
  storedBytes(accountId: string): number
}

const MOST_TENANTS = 1_000
const MOST_ACCOUNTS = 10_000

/**
 * Who used most in the current window of the tenants' zones, with top-ups and regardless of resets: the book of the tenant
 * knows neither.
 */
export function topUsers(
  parts: TopParts,
  input: { unit: Unit; span: Span; tenantId?: string; limit: number },
): TopLine[] {
  const { people } = parts
  const sums = input.unit === "storage_bytes" ? stored(parts) : used(parts, input)
  return [...sums]
    .filter(([, { used: sum, held }]) => sum + held > 0)
    .sort(([, a], [, b]) => b.used + b.held - (a.used + a.held))
    .slice(0, input.limit)
    .map(([accountId, sum]) => ({ accountId, name: people.nameOf(accountId) ?? "(deleted)", ...sum }))
}

const sumRow = z.object({ accountId: z.string(), amount: z.number(), held: z.number() })
type Sums = Map<string, { used: number; held: number }>

function used(
  { db, now, zoneOf }: TopParts,
  { unit, span, tenantId }: { unit: Unit; span: Span; tenantId?: string },
): Sums {
  const tenants = tenantId === undefined ? tenantsOf(db) : [tenantId]
  const sums: Sums = new Map()
  for (const tenant of tenants) {
    const range = linesOf(span, hourOf(now, zoneOf(tenant)))
    const rows = db.all(
      sumRow,
      `SELECT account_id AS accountId, sum(amount) AS amount, sum(held) AS held FROM
         (SELECT account_id, amount, 0 AS held FROM quota_entry
          WHERE book = :book AND unit = :unit AND hour >= :from AND hour < :to
          UNION ALL SELECT account_id, 0, amount FROM quota_hold
          WHERE book = :book AND unit = :unit AND hour >= :from AND hour < :to)
       GROUP BY account_id`,
      { book: `tenant:${tenant}`, unit, ...range },
    )
    for (const { accountId, amount, held } of rows) {
      const sum = sums.get(accountId) ?? { used: 0, held: 0 }
      sums.set(accountId, { used: sum.used + amount - held, held: sum.held + held })
    }
  }
  return sums
}

function tenantsOf(db: Db): string[] {
  return db
    .all(
      z.object({ tenant: z.string() }),
      `SELECT DISTINCT substr(scope, 8) AS tenant FROM quota_window
       WHERE scope >= 'tenant:' AND scope < 'tenant;' AND span = 'total' LIMIT ${MOST_TENANTS}`,
    )
    .map((row) => row.tenant)
}

function stored({ db, storedBytes }: TopParts): Sums {
  const accounts = db.all(z.object({ id: z.string() }), `SELECT id FROM account LIMIT ${MOST_ACCOUNTS}`)
  return new Map(accounts.map(({ id }) => [id, { used: storedBytes(id), held: 0 }]))
}
