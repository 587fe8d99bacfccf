import { z } from "zod"
import {
  firstEstimate,
  firstLoad,
  loadKey,
  loadSeconds,
  next,
  runKey,
  type Estimate,
} from "#src/platform/queue/estimate.ts"
import type { Db } from "#src/platform/store/db.ts"

/** A kind of work of a size: what was measured for one job of it tells something about the next. */
export interface Work {
  type: string
  /** "" for work without a model. */
  signature: string
  /** Seconds as its contract estimates them; stands for its size. */
  promised: number
}

const estimateRow = z.object({ seconds: z.number(), count: z.number() })

/** How long a run is expected to take, in seconds: as measured so far, else as its contract says. */
export function expectedSeconds(db: Db, work: Work): number {
  return runEstimate(db, work).seconds
}

/** How long the models of a signature are expected to load, in seconds. */
export function expectedLoad(db: Db, { type, signature }: Omit<Work, "promised">): number {
  return signature === "" ? 0 : (read(db, type, loadKey(signature)) ?? firstLoad()).seconds
}

/** One more run has been measured; of a cold one, what it took longer than usual was the loading. */
export function noteMeasured(db: Db, work: Work, { seconds, cold }: { seconds: number; cold: boolean }): void {
  const run = runEstimate(db, work)
  if (!cold) return write(db, work.type, runKey(work.signature, work.promised), next(run, seconds))
  // Without a warm run to compare with, all that is known is that loading and running took this long together.
  if (run.count === 0) return
  const key = loadKey(work.signature)
  write(db, work.type, key, next(read(db, work.type, key) ?? firstLoad(), loadSeconds(seconds, run)))
}

function runEstimate(db: Db, { type, signature, promised }: Work): Estimate {
  return read(db, type, runKey(signature, promised)) ?? firstEstimate(promised)
}

function read(db: Db, type: string, key: string): Estimate | undefined {
  return db.get(estimateRow, "SELECT seconds, count FROM job_estimate WHERE type = :type AND key = :key", { type, key })
}

function write(db: Db, type: string, key: string, { seconds, count }: Estimate): void {
  db.run(
    `INSERT INTO job_estimate (type, key, seconds, count) VALUES (:type, :key, :seconds, :count)
     ON CONFLICT DO UPDATE SET seconds = excluded.seconds, count = excluded.count`,
    { type, key, seconds, count },
  )
}
