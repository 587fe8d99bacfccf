import { mkdtemp, rm } from "node:fs/promises"
import { readdirSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import Database from "better-sqlite3"
import { expect, it } from "vitest"
import { createQuota } from "#src/platform/quota/quota.ts"
import { openDb } from "#src/platform/store/db.ts"

const MIGRATIONS = new URL("../../../src/platform/store/migrations/", import.meta.url)

/** A database as it was before there were books: one entry per hold, and windows of an account and its tenant. */
function oldDatabase(path: string): void {
  const raw = new Database(path)
  for (const name of readdirSync(MIGRATIONS).sort().slice(0, 7))
    raw.exec(readFileSync(new URL(name, MIGRATIONS), "utf8"))
  raw.pragma("user_version = 7")
  raw.exec(`INSERT INTO quota_entry (job_id, kind, unit, account_id, tenant_id, amount, hour, at) VALUES
    ('done', 'hold', 'jobs', 'ada', 'local', 1, '2026-11-21T22', 1), ('done', 'settle', 'jobs', 'ada', 'local', 0, '2026-11-21T22', 2),
    ('done', 'hold', 'cpu_seconds', 'ada', 'local', 10, '2026-11-21T22', 1),
    ('done', 'settle', 'cpu_seconds', 'ada', 'local', 0, '2026-11-21T22', 2),
    ('done', 'adjust', 'cpu_seconds', 'ada', 'local', 4, '2026-11-21T22', 2),
    ('gone', 'hold', 'jobs', 'ada', 'local', 1, '2026-11-21T22', 1), ('gone', 'refund', 'jobs', 'ada', 'local', -1, '2026-11-21T22', 2),
    ('open', 'hold', 'jobs', 'ada', 'local', 1, '2026-11-21T23', 3)`)
  const window = raw.prepare("INSERT INTO quota_window (scope, unit, span, key, used, held) VALUES (?, ?, ?, ?, ?, ?)")
  for (const scope of ["account:ada", "tenant:local"]) {
    for (const [span, key] of [
      ["day", "2026-11-21"],
      ["week", "2026-W47"],
      ["month", "2026-11"],
      ["total", "all"],
    ]) {
      window.run(scope, "jobs", span, key, 1, 1)
      window.run(scope, "cpu_seconds", span, key, 14, 0)
    }
    window.run(scope, "jobs", "hour", "2026-11-21T22", 1, 0)
    window.run(scope, "jobs", "hour", "2026-11-21T23", 0, 1)
    window.run(scope, "cpu_seconds", "hour", "2026-11-21T22", 14, 0)
  }
  raw.close()
}

it("a ledger from before books keeps what was used and held, and its open jobs can still be settled", async () => {
  const folder = await mkdtemp(join(tmpdir(), "atelier-migration-"))
  oldDatabase(join(folder, "old.db"))
  const db = openDb(join(folder, "old.db"))
  const quota = createQuota({
    db,
    clock: { now: () => Date.UTC(2026, 10, 21, 23, 30) },
    config: { quotaJobsPerDay: 3, quotaStorageBytes: 1_000 },
  })
  expect(quota.checkInvariant()).toEqual([])
  expect(quota.openHolds()).toEqual(["open"])
  expect(quota.show("ada").slice(0, 2)).toMatchObject([
    { unit: "jobs", used: 1, held: 1 },
    { unit: "cpu_seconds", used: 14, held: 0 },
  ])
  quota.settle("open", { jobs: 1 })
  quota.settle("done", { jobs: 1, cpu_seconds: 99 })
  expect(quota.show("ada")[0]).toMatchObject({ used: 2, held: 0 })
  expect(quota.checkInvariant()).toEqual([])
  db.close()
  await rm(folder, { recursive: true })
})
