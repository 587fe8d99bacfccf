import { fork, type ChildProcess } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, beforeEach, expect, it } from "vitest"
import { z } from "zod"
import { createQuota } from "#src/platform/quota/quota.ts"
import { openDb } from "#src/platform/store/db.ts"
import type { ReserverOrder } from "#tests/platform/quota/reserver.ts"

// QUOTA_LOAD=50 is the full size: 3 processes × 2000 holds, and 1000 accounts × 5 holds; some minutes on a slow disk.
const LOAD = Number(process.env.QUOTA_LOAD ?? 1)
const script = fileURLToPath(new URL("./reserver.ts", import.meta.url))
const reportRow = z.object({ granted: z.number(), denied: z.number() })

const children = new Set<ChildProcess>()
let folder = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-quota-"))
})
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL")
  children.clear()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** Reports of one process per order. */
function reserve(orders: Omit<ReserverOrder, "path" | "name">[]): Promise<z.infer<typeof reportRow>[]> {
  return Promise.all(
    orders.map((order, index) => {
      const child = fork(script, [], { execPath: process.execPath, execArgv: [], stdio: ["ignore", 2, 2, "ipc"] })
      children.add(child)
      const { promise, resolve, reject } = Promise.withResolvers<z.infer<typeof reportRow>>()
      child.once("message", (message) => resolve(reportRow.parse(message)))
      child.once("exit", (code) => reject(new Error(`process ${index} ended with ${code}`)))
      child.send({ ...order, path: join(folder, "quota.db"), name: `p${index}` })
      return promise
    }),
  )
}

const sum = (reports: { granted: number; denied: number }[], of: "granted" | "denied") =>
  reports.reduce((total, report) => total + report[of], 0)

const PATIENCE_MS = 30_000 * LOAD

it(
  "three processes that reserve for one account are granted exactly its limit",
  async () => {
    const [times, limit] = [40 * LOAD, 60 * LOAD]
    const db = openDb(join(folder, "quota.db"))
    const order = { accounts: ["ada"], times, jobsPerDay: limit }
    const reports = await reserve([order, order, order])
    expect([sum(reports, "granted"), sum(reports, "denied")]).toEqual([limit, 3 * times - limit])
    const quota = createQuota({
      db,
      clock: { now: () => Date.UTC(2026, 10, 21, 12) },
      config: { quotaJobsPerDay: limit, quotaStorageBytes: 0 },
    })
    const [jobs] = quota.show("ada")
    expect((jobs?.used ?? 0) + (jobs?.held ?? 0)).toBe(limit)
    expect(jobs?.held).toBe(quota.openHolds().length)
    expect(quota.checkInvariant()).toEqual([])
    db.close()
  },
  PATIENCE_MS,
)

it(
  "many accounts that ask five times each are granted exactly three, through any process",
  async () => {
    const count = 20 * LOAD
    const accounts = Array.from({ length: count }, (_, n) => `account ${n}`)
    const db = openDb(join(folder, "quota.db"))
    const reports = await reserve([
      { accounts, times: 3, jobsPerDay: 3 },
      { accounts: accounts.toReversed(), times: 2, jobsPerDay: 3 },
    ])
    expect([sum(reports, "granted"), sum(reports, "denied")]).toEqual([3 * count, 2 * count])
    const quota = createQuota({
      db,
      clock: { now: () => Date.UTC(2026, 10, 21, 12) },
      config: { quotaJobsPerDay: 3, quotaStorageBytes: 0 },
    })
    for (const account of accounts) {
      const [jobs] = quota.show(account)
      expect((jobs?.used ?? 0) + (jobs?.held ?? 0)).toBe(3)
    }
    expect(quota.checkInvariant()).toEqual([])
    db.close()
  },
  PATIENCE_MS,
)
