import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createArtifacts } from "#src/platform/artifacts/artifacts.ts"
import type { ArtifactStore } from "#src/platform/artifacts/artifacts.ts"
import { loadConfig } from "#src/platform/config.ts"
import type { Config } from "#src/platform/config.ts"
import { createLog } from "#src/platform/log.ts"
import { createContracts } from "#src/platform/queue/contracts.ts"
import { createJobs } from "#src/platform/queue/jobs.ts"
import type { JobService, Workers } from "#src/platform/queue/jobs.ts"
import { openLane } from "#src/platform/queue/lanes/open.ts"
import { createSqliteLane } from "#src/platform/queue/lanes/sqlite.ts"
import type { LaneTransport } from "#src/platform/queue/lane.ts"
import { createQuota } from "#src/platform/quota/quota.ts"
import type { QuotaLedger } from "#src/platform/quota/quota.ts"
import { openDataDir } from "#src/platform/store/data-dir.ts"
import { openDb } from "#src/platform/store/db.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Caller, Clock } from "#src/studio.ts"
import { createPool } from "#workers/pool.ts"
import { attemptRunner } from "#workers/run-attempt.ts"

export const probes = new URL("./probes/", import.meta.url)
export const probeWorkers = new URL("./probes/workers/", import.meta.url)

export interface RigOptions {
  /** With REDIS_URL, the lanes are in Redis. */
  env?: Record<string, string>
  clock?: Clock
  monotonic?: () => number
  /** An existing data directory, shared with other rigs or processes. */
  dataDir?: string
  /** Workers: in this process on an in-memory database (default), or worker processes on a file, or none. */
  workers?: "inside" | "processes" | "none"
  maxPages?: number
  leaseMs?: number
  slots?: number
}

export interface Rig {
  db: Db
  config: Config
  jobs: JobService
  quota: QuotaLedger
  lane: LaneTransport
  artifacts: ArtifactStore
  pids(): number[]
  close(): Promise<void>
}

export function callerOf(accountId: string): Caller {
  return { accountId, tenantId: "local", role: "user", surface: "cli" }
}

/** The job machinery with real parts and the probe job. */
export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const { clock = { now: () => Date.now() }, workers: where = "inside", leaseMs = 60_000 } = options
  const own = options.dataDir === undefined
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "atelier-queue-")))
  const config = loadConfig({ ATELIER_LOG: "silent", ...options.env, ATELIER_DATA: dataDir }, join(dataDir, "no.env"))
  const log = createLog(config.logLevel)
  const onFile = where === "processes" || !own
  const db = onFile ? openDataDir(dataDir) : openDb(":memory:", options.maxPages ? { maxPages: options.maxPages } : {})
  for (const id of ["ada", "bob", "cy"])
    db.run("INSERT INTO account (id, name, created_at) VALUES (:id, :id, 0) ON CONFLICT DO NOTHING", { id })
  const artifacts = createArtifacts({ db, config, clock, log, baseUrl: () => "http://127.0.0.1" })
  const timing = options.monotonic ? { monotonic: options.monotonic } : {}
  const lane =
    config.redisUrl === undefined
      ? createSqliteLane({ db, clock, log, ...timing })
      : openLane({ config, db, clock, log, studio: "rig" })
  const quota = createQuota({ db, clock, config, storedBytes: artifacts.storageBytes })
  const pool = createPool({ config, log, handlers: probeWorkers.href, leaseMs, graceMs: 200 })
  const inside = insideWorkers({ config, artifacts, log, lane, slots: options.slots ?? 1, leaseMs })
  const workers = { inside, processes: pool, none: undefined }[where]
  const jobs = createJobs({
    db,
    clock,
    log,
    lane,
    quota,
    contracts: createContracts(probes),
    artifacts,
    backoffMs: 20,
    ...timing,
    ...(workers ? { workers } : {}),
  })
  jobs.start()
  return {
    db,
    config,
    jobs,
    quota,
    lane,
    artifacts,
    pids: pool.pids,
    close: async () => {
      await jobs.close()
      await lane.close()
      db.close()
      if (own) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

interface InsideOptions extends Pick<Rig, "config" | "artifacts" | "lane"> {
  log: ReturnType<typeof createLog>
  slots: number
  leaseMs: number
}

function insideWorkers({ config, artifacts, log, lane, slots, leaseMs }: InsideOptions): Workers {
  const handler = attemptRunner({ config, artifacts, log, handlers: probeWorkers, onRunaway: () => undefined })
  let consumer: ReturnType<LaneTransport["consume"]> | undefined
  return {
    start: () => {
      consumer ??= lane.consume("cpu", handler, { slots, leaseMs })
    },
    stop: async () => (await consumer)?.stop({ graceMs: 0 }),
  }
}
