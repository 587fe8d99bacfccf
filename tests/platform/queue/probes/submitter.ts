import { appendFileSync } from "node:fs"
import { UserError } from "#src/errors.ts"
import { job as probe } from "#tests/platform/queue/probes/probe/run.job.ts"
import { callerOf, startRig } from "#tests/platform/queue/rig.ts"

/** What a submitting process is told by its parent. */
export interface SubmitterOrder {
  dataDir: string
  workers: "processes" | "none"
  jobsPerDay: number
  /** One job per key, again and again the same for the same key. */
  keys: string[]
  payload: { ms: number; trail?: string }
  /** "key jobId" is appended here after each acceptance: what this client was promised. */
  promises: string
  leaseMs: number
}

// A process of its own: accepts jobs, helps to work, and tells its parent how many were accepted and denied.
process.once("message", (order: SubmitterOrder) => {
  void submitAll(order)
})
process.once("disconnect", () => process.exit())

async function submitAll(order: SubmitterOrder): Promise<void> {
  const rig = await startRig({
    dataDir: order.dataDir,
    workers: order.workers,
    leaseMs: order.leaseMs,
    env: { ATELIER_WORKERS: "1", ATELIER_QUOTA_JOBS_PER_DAY: String(order.jobsPerDay) },
  })
  let denied = 0
  for (const key of order.keys) {
    try {
      const { id } = rig.jobs.submit({ ...probe, attempts: 10 }, order.payload, {
        caller: callerOf("ada"),
        title: key,
        idempotencyKey: key,
      })
      appendFileSync(order.promises, `${key} ${id}\n`)
    } catch (error) {
      if (!(error instanceof UserError && error.code === "quota")) throw error
      denied++
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  process.send?.({ denied }, undefined, undefined, () => undefined)
}
