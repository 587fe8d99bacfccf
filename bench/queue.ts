import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createSqliteLane } from "#src/platform/queue/lanes/sqlite.ts"
import { createLog } from "#src/platform/log.ts"
import { openDb } from "#src/platform/store/db.ts"
import { callerOf, startRig } from "#tests/platform/queue/rig.ts"
import type { Rig } from "#tests/platform/queue/rig.ts"
import { job as probe } from "#tests/platform/queue/probes/probe/run.job.ts"

// Figures of the embedded queue on a real file with synchronous=FULL. They depend on the disk: read the ratios.
const JOBS = Number(process.argv[2] ?? 200)
const ada = { caller: callerOf("ada"), title: "bench" }

const quantile = (times: number[], q: number) =>
  [...times].sort((a, b) => a - b)[Math.floor(q * (times.length - 1))] ?? 0
const perSecond = (n: number, ms: number) => Math.round((n / ms) * 1000)
const ms = (value: number) => `${value.toFixed(1)} ms`

async function laneThroughput(slots: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-bench-"))
  const db = openDb(join(folder, "lane.db"))
  const lane = createSqliteLane({ db, clock: Date, log: createLog("silent") })
  for (let n = 0; n < JOBS; n++) await lane.offer("cpu", { jobId: `job ${n}`, attempt: 1, token: 1, payload: {} })
  const { promise: all, resolve } = Promise.withResolvers<void>()
  let done = 0
  const start = performance.now()
  await lane.consume("cpu", async () => void (++done === JOBS && resolve()), { slots, leaseMs: 10_000 })
  await all
  const rate = perSecond(JOBS, performance.now() - start)
  await lane.close()
  db.close()
  await rm(folder, { recursive: true, force: true })
  return rate
}

async function wholeJobs(rig: Rig): Promise<{ accept: number; rate: number }> {
  const start = performance.now()
  const ids = Array.from({ length: JOBS }, () => rig.jobs.submit(probe, {}, ada).id)
  const accepted = performance.now()
  for (const id of ids) await rig.jobs.wait(id, { timeoutMs: 120_000 })
  return { accept: perSecond(JOBS, accepted - start), rate: perSecond(JOBS, performance.now() - start) }
}

/** Submission to the start of the handler in another process (same clock), and to the result seen here. */
async function latency(rig: Rig, count: number): Promise<{ starts: number[]; ends: number[] }> {
  const starts: number[] = []
  const ends: number[] = []
  for (let n = 0; n < count; n++) {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 30))
    const at = performance.now()
    const { id } = rig.jobs.submit(probe, {}, ada)
    const view = await rig.jobs.wait(id, { timeoutMs: 30_000 })
    ends.push(performance.now() - at)
    starts.push((view.startedAt ?? 0) - view.createdAt)
  }
  return { starts, ends }
}

const one = await laneThroughput(1)
const ten = await laneThroughput(10)
console.log(`lane alone, claim + complete: ${one}/s with 1 slot, ${ten}/s with 10 (ratio ${(ten / one).toFixed(2)})`)

const dataDir = await mkdtemp(join(tmpdir(), "atelier-bench-"))
const rig = await startRig({ dataDir, workers: "processes", env: { ATELIER_QUOTA_JOBS_PER_DAY: "1000000" } })
await rig.jobs.wait(rig.jobs.submit(probe, {}, ada).id, { timeoutMs: 30_000 })
const { accept, rate } = await wholeJobs(rig)
console.log(
  `whole jobs (accept, quota, offer, run in ${rig.config.workers} processes, settle): ${rate}/s, ratio to the lane ${(rate / one).toFixed(2)}`,
)
console.log(`accept + hold: ${accept}/s`)
const { starts, ends } = await latency(rig, 60)
console.log(
  `add → start: p50 ${ms(quantile(starts, 0.5))}, p95 ${ms(quantile(starts, 0.95))} (p95/p50 ${(quantile(starts, 0.95) / Math.max(1, quantile(starts, 0.5))).toFixed(1)})`,
)
console.log(`add → result: p50 ${ms(quantile(ends, 0.5))}, p95 ${ms(quantile(ends, 0.95))}`)
await rig.close()
await rm(dataDir, { recursive: true, force: true })
