import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { SERVER_LANE } from "#src/job.ts"
import { createAccounts, type Accounts } from "#src/platform/accounts/accounts.ts"
import { createKeys, type Keys } from "#src/platform/accounts/keys.ts"
import { createArtifacts, type ArtifactStore } from "#src/platform/artifacts/artifacts.ts"
import { loadConfig, type Config } from "#src/platform/config.ts"
import { createLog } from "#src/platform/log.ts"
import { createContracts } from "#src/platform/queue/contracts.ts"
import { createJobs } from "#src/platform/queue/jobs.ts"
import type { Consumer } from "#src/platform/queue/lane.ts"
import { createSqliteLane } from "#src/platform/queue/lanes/sqlite.ts"
import { createAudit } from "#src/platform/accounts/audit.ts"
import { createServerAdmin } from "#src/platform/servers/admin.ts"
import { createProber } from "#src/platform/servers/prober.ts"
import { createServers } from "#src/platform/servers/servers.ts"
import { createQuota } from "#src/platform/quota/quota.ts"
import { databasePath } from "#src/platform/store/data-dir.ts"
import { openDb, type Db } from "#src/platform/store/db.ts"
import { createItems } from "#src/platform/store/items.ts"
import type { Caller, Clock, Jobs, Quota, Services, Studio } from "#src/studio.ts"
import { loadRegistry } from "#tools/registry.ts"
import { backendKinds, loadBackend } from "#workers/backends.ts"
import { SERVER_SLOTS } from "#workers/pool.ts"
import { attemptRunner } from "#workers/run-attempt.ts"

/** Time that stands still until a test moves it. */
export interface TestClock extends Clock {
  advance(ms: number): void
}

export function testClock(start = Date.UTC(2026, 10, 12, 9, 30)): TestClock {
  let now = start
  return { now: () => now, advance: (ms) => void (now += ms) }
}

export interface TestStudioOptions {
  /** Settings as in .env; the data directory is a temporary one of its own. */
  env?: Record<string, string>
  clock?: TestClock
  /** A database file in the data directory, which other processes can open, instead of one in memory. */
  file?: boolean
}

export interface TestStudio {
  services: Services & { artifacts: ArtifactStore }
  config: Config
  clock: TestClock
  db: Db
  accounts: Accounts
  keys: Keys
  /** The studio of one tool call; by default the owner at the command line. */
  call(caller?: Partial<Caller>, options?: { signal?: AbortSignal; idempotencyKey?: string }): Studio
  close(): Promise<void>
}

/** Everything `startQueue` may need. */
interface QueueParts {
  config: Config
  clock: TestClock
  db: Db
  artifacts: ArtifactStore
  log: Services["log"]
}

/** A studio of real parts in a temporary directory: real SQLite, real files, a clock that the test moves, a silent log. */
export async function testStudio(options: TestStudioOptions = {}): Promise<TestStudio> {
  const dataDir = await mkdtemp(join(tmpdir(), "atelier-test-"))
  const config = loadConfig({ ATELIER_LOG: "silent", ...options.env, ATELIER_DATA: dataDir }, join(dataDir, "no.env"))
  const clock = options.clock ?? testClock()
  const log = createLog(config.logLevel)
  const db = openDb(options.file ? databasePath(dataDir) : ":memory:")
  const accounts = createAccounts(db, clock)
  const owner = accounts.local()
  const artifacts = createArtifacts({ db, config, clock, baseUrl: () => "http://127.0.0.1:7420", log })
  const queue = await startQueue({ config, clock, db, artifacts, log })
  const kinds = { names: backendKinds, load: loadBackend }
  const prober = createProber({ db, clock, log, kinds })
  const services: TestStudio["services"] = {
    config,
    clock,
    log,
    artifacts,
    items: createItems(db, clock),
    jobs: queue.jobs,
    quota: queue.quota,
    servers: createServerAdmin({
      db,
      clock,
      audit: createAudit(db, clock),
      kinds,
      prober,
      servers: createServers({ db, clock }),
    }),
    health: async () => [],
    tools: async () => (await loadRegistry(config.families)).all,
  }
  return {
    services,
    config,
    clock,
    db,
    accounts,
    keys: createKeys(db, clock),
    call: (caller = {}, { signal = new AbortController().signal, idempotencyKey } = {}) => ({
      ...services,
      caller: { accountId: owner.id, tenantId: "local", role: "admin", surface: "cli", ...caller },
      signal,
      progress: () => undefined,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    }),
    close: async () => {
      await queue.stop()
      db.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The real queue and ledger; one worker a lane inside this process, started by its first job. */
async function startQueue(parts: QueueParts): Promise<{ jobs: Jobs; quota: Quota; stop(): Promise<void> }> {
  const { artifacts } = parts
  const lane = createSqliteLane(parts)
  const quota = createQuota({ ...parts, storedBytes: artifacts.storageBytes })
  const handler = attemptRunner({ ...parts, handlers: HANDLERS, onRunaway: () => undefined })
  const consumers = new Map<string, Promise<Consumer>>()
  const workers = {
    start: (name: string) => {
      // Tests that end a job by hand put it on a lane of their own.
      if (name !== "cpu" && name !== SERVER_LANE) return
      const slots = name === SERVER_LANE ? SERVER_SLOTS : 1
      if (!consumers.has(name)) consumers.set(name, lane.consume(name, handler, { slots, leaseMs: 60_000 }))
    },
    stop: async () => {
      for (const consumer of consumers.values()) await (await consumer).stop({ graceMs: 0 })
    },
  }
  const jobs = createJobs({ ...parts, lane, quota, contracts: createContracts(), workers })
  jobs.start()
  return {
    jobs,
    quota,
    stop: async () => {
      await jobs.close()
      await lane.close()
    },
  }
}

const HANDLERS = new URL("../workers/", import.meta.url)
