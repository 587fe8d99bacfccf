import type { Logger } from "pino"
import type { Config } from "#src/platform/config.ts"
import { openLocalPlace, openRemotePlace } from "#workers/place.ts"
import { attemptRunner } from "#workers/run-attempt.ts"

export interface WorkOptions {
  config: Config
  log: Logger
  /** Aborts = stop: what runs may end within `graceMs`, the rest is handed back. */
  signal: AbortSignal
  handlers?: URL
  lane: string
  /** Attempts at the same time. */
  slots: number
  /** Works without the data directory, from Redis alone. */
  remote?: boolean
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
  const { lane, artifacts, close } = await (options.remote ? openRemotePlace : openLocalPlace)(config, log)
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
  const consumer = await lane.consume(options.lane, handler, {
    slots: options.slots,
    leaseMs: options.leaseMs ?? LEASE_MS,
  })
  options.onReady?.()
  if (signal.aborted) resolve("stopped")
  signal.addEventListener("abort", () => resolve("stopped"), { once: true })
  const outcome = await end
  await consumer.stop({ graceMs: options.graceMs ?? GRACE_MS })
  await close()
  return outcome
}
