import { z } from "zod"
import { createQuota } from "#src/platform/quota/quota.ts"
import { openDb } from "#src/platform/store/db.ts"

// What quotas cost in a large studio, in milliseconds of the processor, in memory: `node bench/quota.ts [accounts] [days] [jobs a day and account]`.
const [accounts = 300, days = 90, jobs = 10] = process.argv.slice(2).map(Number)
const DAY_MS = 86_400_000
const countRow = z.object({ n: z.number() })

const time = { at: Date.UTC(2026, 0, 1, 8) }
const db = openDb(":memory:")
const config = { quotaJobsPerDay: 1_000_000, quotaStorageBytes: 1_000 }
const quota = createQuota({ db, clock: { now: () => time.at }, config })
const count = (table: string) => db.get(countRow, `SELECT count(*) AS n FROM ${table}`)?.n ?? 0

const took = (work: () => void) => {
  const start = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

let busiest = 0
let folding = 0
const total = took(() => {
  for (let day = 0; day < days; day++) {
    for (let n = 0; n < jobs; n++) {
      for (let account = 0; account < accounts; account++) {
        const id = `job ${day} ${n} ${account}`
        const person = { accountId: `account ${account}`, tenantId: "local", role: "user" } as const
        db.tx(() => quota.hold(id, person, { jobs: 1, gpu_seconds: 30 }))
        db.tx(() => quota.settle(id, { jobs: 1, gpu_seconds: 20 }))
      }
      time.at += 3_600_000
    }
    // As often as the reconciler does it, once a minute.
    for (let minute = 0; minute < 1_440; minute++) {
      const ms = took(() => void quota.fold())
      busiest = Math.max(busiest, ms)
      folding += ms
    }
    time.at += DAY_MS - jobs * 3_600_000
  }
})
const work = accounts * days * jobs
console.log(`${accounts} accounts × ${days} days × ${jobs} jobs = ${work} jobs`)
console.log(`hold + settle: ${Math.round((work / (total - folding)) * 1000)}/s`)
console.log(`folding: ${folding.toFixed(0)} ms in all, ${busiest.toFixed(1)} ms at most at a time`)
console.log(`entries: ${count("quota_entry")}, windows: ${count("quota_window")}`)
console.log(
  `check of every entry: ${took(() => void quota.checkInvariant()).toFixed(0)} ms, ${quota.violations()} violations`,
)
