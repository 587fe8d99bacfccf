import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Queue, Worker } from "bullmq"
import { Redis } from "ioredis"
import { createLog } from "#src/platform/log.ts"
import type { LaneHandler, LaneTransport } from "#src/platform/queue/lane.ts"
import { createBullmqLane } from "#src/platform/queue/lanes/bullmq.ts"
import { createSqliteLane } from "#src/platform/queue/lanes/sqlite.ts"
import { openDb } from "#src/platform/store/db.ts"

/** Something that carries jobs, as far as it is measured here. */
export interface Carrier {
  add(id: string): Promise<unknown>
  /** Begins to work; `run` is called for each job. */
  work(run: (id: string) => void, slots: number): Promise<void>
  close(): Promise<void>
}

const LEASE_MS = 10_000
let prefixes = 0

/** BullMQ as its own guide uses it. */
export async function rawBullmq(url: string): Promise<Carrier> {
  const prefix = `raw${prefixes++}`
  const connection = new Redis(url, { maxRetriesPerRequest: null })
  const queue = new Queue("cpu", { connection, prefix })
  await queue.waitUntilReady()
  let worker: Worker | undefined
  return {
    add: (id) => queue.add("job", { id }, { jobId: id }),
    work: async (run, concurrency) => {
      const options = { connection, prefix, concurrency, lockDuration: LEASE_MS }
      worker = new Worker<{ id: string }>("cpu", async ({ data }) => run(data.id), options)
    },
    close: async () => {
      await worker?.close(true)
      await queue.close()
      connection.disconnect()
    },
  }
}

export async function ourBullmq(url: string): Promise<Carrier> {
  const lane = createBullmqLane({ url, prefix: `our${prefixes++}`, log: createLog("silent"), studio: "bench" })
  await lane.inspect("cpu")
  return laneCarrier(lane, () => undefined)
}

export async function ourSqlite(synchronous: "NORMAL" | "FULL"): Promise<Carrier> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-bench-"))
  const db = openDb(join(folder, "lane.db"))
  db.run(`PRAGMA synchronous = ${synchronous}`)
  const lane = createSqliteLane({ db, clock: Date, log: createLog("silent") })
  return laneCarrier(lane, async () => {
    db.close()
    await rm(folder, { recursive: true, force: true })
  })
}

function laneCarrier(lane: LaneTransport, after: () => void | Promise<void>): Carrier {
  return {
    add: (id) => lane.offer("cpu", { jobId: id, attempt: 1, token: 1, payload: { id } }),
    work: async (run, slots) => {
      const handler: LaneHandler = async ({ jobId }) => run(jobId)
      await lane.consume("cpu", handler, { slots, leaseMs: LEASE_MS })
    },
    close: async () => {
      await lane.close()
      await after()
    },
  }
}

/** Jobs a second that are claimed and completed when `jobs` of them wait. */
export async function throughput(open: () => Promise<Carrier>, jobs: number, slots: number): Promise<number> {
  const carrier = await open()
  for (let n = 0; n < jobs; n++) await carrier.add(`job-${n}`)
  const { promise: all, resolve } = Promise.withResolvers<void>()
  let done = 0
  const start = performance.now()
  await carrier.work(() => void (++done === jobs && resolve()), slots)
  await all
  const rate = (jobs / (performance.now() - start)) * 1000
  await carrier.close()
  return rate
}

/** Milliseconds from adding a job to the start of its handler, with a worker that waits for it. */
export async function startLatency(open: () => Promise<Carrier>, jobs: number): Promise<number[]> {
  const carrier = await open()
  const started = new Map<string, () => void>()
  await carrier.work((id) => started.get(id)?.(), 1)
  await sleep(200)
  const times: number[] = []
  for (let n = 0; n < jobs; n++) {
    await sleep(5 + Math.random() * 25)
    const { promise, resolve } = Promise.withResolvers<void>()
    started.set(`job-${n}`, resolve)
    const at = performance.now()
    await carrier.add(`job-${n}`)
    await promise
    times.push(performance.now() - at)
  }
  await carrier.close()
  return times
}
