import { UserError } from "#src/errors.ts"
import { createArtifacts } from "#src/platform/artifacts/artifacts.ts"
import { loadConfig } from "#src/platform/config.ts"
import { createLog } from "#src/platform/log.ts"
import { createContracts } from "#src/platform/queue/contracts.ts"
import { createJobs } from "#src/platform/queue/jobs.ts"
import { openLane } from "#src/platform/queue/lanes/open.ts"
import { createQuota } from "#src/platform/quota/quota.ts"
import { databasePath, openDataDir } from "#src/platform/store/data-dir.ts"
import { openDb } from "#src/platform/store/db.ts"
import { job as step } from "#tests/chaos/jobs/chaos/step.job.ts"
import { job as picture } from "#tests/chaos/jobs/chaos/picture.job.ts"
import type { Order, Say, Told } from "#tests/chaos/messages.ts"
import { createPool } from "#workers/pool.ts"

// A studio that is made to be killed: accepts jobs, dispatches them, keeps worker processes. Its parent talks to it by messages.
const JOBS = new URL("./jobs/", import.meta.url)
const WORKERS = new URL("./workers/", import.meta.url)

process.once("message", (order: Order) => open(order))
process.once("disconnect", () => process.exit())

function open({ env, leaseMs, trail, maxPages }: Order): void {
  const config = loadConfig({ ATELIER_LOG: "silent", ...env }, "/nowhere/.env")
  const log = createLog(config.logLevel)
  let clockOffset = 0
  const clock = { now: () => Date.now() + clockOffset }
  const db = maxPages === undefined ? openDataDir(config.dataDir) : openDb(databasePath(config.dataDir), { maxPages })
  const artifacts = createArtifacts({ db, config, clock, log, baseUrl: () => "http://127.0.0.1" })
  const lane = openLane({ config, db, clock, log, studio: "chaos", address: () => "http://127.0.0.1" })
  const quota = createQuota({ db, clock, config, storedBytes: artifacts.storageBytes })
  const pool = createPool({ config, log, handlers: WORKERS.href, leaseMs, graceMs: 200 })
  const jobs = createJobs({
    db,
    clock,
    log,
    lane,
    quota,
    contracts: createContracts(JOBS),
    artifacts,
    backoffMs: 20,
    workers: pool,
  })
  jobs.start()
  const accept = ({ key, account, kind, ms }: Extract<Say, { do: "accept" }>): Told => {
    const options = {
      caller: { accountId: account, tenantId: "local", role: "user", surface: "cli" } as const,
      title: key,
      idempotencyKey: key,
    }
    try {
      const view =
        kind === "step" ? jobs.submit(step, { key, ms, trail }, options) : jobs.submit(picture, { key, trail }, options)
      return { key, id: view.id }
    } catch (error) {
      if (error instanceof UserError && error.code === "quota") return { key, denied: true }
      return { key, again: error instanceof Error ? error.message : String(error) }
    }
  }
  process.on("message", (say: Say) => {
    if (say.do === "accept") send(accept(say))
    else clockOffset = say.offsetMs
  })
  send({ ready: true })
}

function send(told: Told): void {
  process.send?.(told, undefined, undefined, () => undefined)
}
