import type { Actor } from "#src/platform/accounts/audit.ts"
import type { QuotaChange } from "#src/platform/quota/changes.ts"
import { createQuota } from "#src/platform/quota/quota.ts"
import type { QuotaLedger, QuotaOptions } from "#src/platform/quota/quota.ts"
import { openDb, type Db } from "#src/platform/store/db.ts"

export const ada = { accountId: "ada", tenantId: "local", role: "user" as const }
export const bob = { ...ada, accountId: "bob" }
/** An admin of the whole studio. */
export const root: Actor = { id: "root", surface: "cli" }

export interface Desk {
  db: Db
  time: { at: number }
  quota: QuotaLedger
  /** The first line of this unit: the account's own limit. */
  used(accountId: string, unit: string): ReturnType<QuotaLedger["show"]>[number] | undefined
  /** Changes quotas as root does. */
  change(...changes: QuotaChange[]): ReturnType<QuotaLedger["admin"]["change"]>
}

/** A ledger in memory with the accounts ada, bob and root, at 23:30 UTC on a Saturday; 3 jobs a day, 1000 bytes. */
export function openDesk(options: Partial<QuotaOptions> = {}): Desk {
  const time = { at: Date.UTC(2026, 10, 21, 23, 30) }
  const db = openDb(":memory:")
  for (const [id, name] of [
    ["ada", "Ada"],
    ["bob", "Bob"],
    ["root", "Root"],
  ] as const)
    db.run("INSERT INTO account (id, name, created_at) VALUES (:id, :name, 0)", { id, name })
  db.run("INSERT INTO role (account_id, tenant, role, created_at) VALUES ('root', '*', 'admin', 0)")
  const config = { quotaJobsPerDay: 3, quotaStorageBytes: 1_000 }
  const quota = createQuota({ db, clock: { now: () => time.at }, config, ...options })
  return {
    db,
    time,
    quota,
    used: (accountId, unit) => quota.show(accountId).find((line) => line.unit === unit),
    change: (...changes) => quota.admin.change(root, changes),
  }
}
