import type { Logger } from "pino"
import type { Config } from "#src/platform/config.ts"
import { createArtifacts, storedBytes } from "#src/platform/artifacts/artifacts.ts"
import { createSqliteLane } from "#src/platform/queue/lanes/sqlite.ts"
import { createQuota } from "#src/platform/quota/quota.ts"
import { openDataDir } from "#src/platform/store/data-dir.ts"
import { attemptRunner } from "#workers/run-attempt.ts"

export interface WorkOptions {
  config: Config
  log: Logger
  /** Aborts = stop: what runs may end within `graceMs`, the rest is handed back. */
  signal: AbortSignal
  handlers?: URL
  lane?: string
  slots?: number
  leaseMs?: number
  graceMs?: number
  /** Called once the worker takes jobs. */
  onReady?: () => void
}

const HANDLERS = new URL("./", import.meta.url)
/** Four missed heartbeats. A handler that blocks its process for longer loses its attempt. */
const LEASE_MS = 15_000
/** Whoever stops the studio waits for it; what is handed back is done again at the next start. */
const GRACE_MS = 500

/**
 * Works until the signal aborts: what a worker process does, and what `atelier worker` does in the foreground.
 * Resolves with "runaway" when a handler would not stop, so that only the end of the process ends it.
 */
export async function work(options: WorkOptions): Promise<"stopped" | "runaway"> {
  const { config, log, signal } = options
  const db = openDataDir(config.dataDir)
  const clock = { now: () => Date.now() }
  const { requireRoom } = createQuota({ db, clock, config, storedBytes: (accountId) => storedBytes(db, accountId) })
  const artifacts = createArtifacts({ db, config, clock, log, baseUrl: () => config.publicUrl ?? "", requireRoom })
  const lane = createSqliteLane({ db, clock, log })
  const { promise: end, resolve } = Promise.withResolvers<"stopped" | "runaway">()
  const handler = attemptRunner({
    config,
    artifacts,
    log,
    handlers: options.handlers ?? HANDLERS,
    onRunaway: (type) => {
      log.error({ type }, "a job handler does not obey its signal; its process ends")
      resolve("runaway")
    },
  })
  const consumer = await lane.consume(options.lane ?? "cpu", handler, {
    slots: options.slots ?? 1,
    leaseMs: options.leaseMs ?? LEASE_MS,
  })
  options.onReady?.()
  if (signal.aborted) resolve("stopped")
  signal.addEventListener("abort", () => resolve("stopped"), { once: true })
  const outcome = await end
  await consumer.stop({ graceMs: options.graceMs ?? GRACE_MS })
  await lane.close()
  db.close()
  return outcome
}
