import { setImmediate } from "node:timers/promises"
import { UserError } from "#src/errors.ts"
import { createQuota } from "#src/platform/quota/quota.ts"
import { openDb } from "#src/platform/store/db.ts"

/** What a reserving process is told by its parent. */
export interface ReserverOrder {
  path: string
  name: string
  /** Each of them asks so often for one job and a second. */
  accounts: string[]
  times: number
  jobsPerDay: number
}

// A process of its own on the same database: holds, and settles every second hold at once.
process.once("message", (order: ReserverOrder) => {
  void reserve(order)
})
process.once("disconnect", () => process.exit())

/** Processes that do nothing else may keep each other out for longer than a statement waits; nothing has happened then. */
function patiently(work: () => void): void {
  for (let tries = 0; ; tries++)
    try {
      work()
      return
    } catch (error) {
      if (!(error instanceof UserError && error.code === "conflict") || tries === 20) throw error
    }
}

async function reserve({ path, name, accounts, times, jobsPerDay }: ReserverOrder): Promise<void> {
  const db = openDb(path)
  const clock = { now: () => Date.UTC(2026, 10, 21, 12) }
  const quota = createQuota({ db, clock, config: { quotaJobsPerDay: jobsPerDay, quotaStorageBytes: 0 } })
  let granted = 0
  let denied = 0
  for (let n = 0; n < times; n++)
    for (const accountId of accounts) {
      const id = `${name} ${accountId} ${n}`
      const person = { accountId, tenantId: "local", role: "user" } as const
      try {
        patiently(() => db.tx(() => quota.hold(id, person, { jobs: 1, cpu_seconds: 2 })))
        granted++
      } catch (error) {
        if (!(error instanceof UserError && error.code === "quota")) throw error
        denied++
        continue
      }
      if (granted % 2 === 0) patiently(() => db.tx(() => quota.settle(id, { jobs: 1, cpu_seconds: 1 })))
      if (granted % 50 === 0) await setImmediate()
    }
  db.close()
  process.send?.({ granted, denied }, undefined, undefined, () => undefined)
}
