import { getPriority, setPriority } from "node:os"
import { createLog } from "#src/platform/log.ts"
import { work } from "#workers/work.ts"
import type { HostOrder } from "#workers/pool.ts"

// The main program of a worker process: started by the pool, told what to do by its first message, ends with its parent.
const BEAT_MS = 1_000
const RUNAWAY_EXIT = 70
/** When handing back takes longer than this, the lease does it. */
const LEAVES_WITHIN_MS = 10_000

/** Steps behind the server, which answers people: on a machine with few processors it would wait for renderings. */
const STANDS_BACK = 5
const LOWEST = 19

setPriority(Math.min(LOWEST, getPriority() + STANDS_BACK))
const stop = new AbortController()
const leave = () => {
  stop.abort()
  setTimeout(() => process.exit(1), LEAVES_WITHIN_MS).unref()
}
process.once("SIGTERM", leave)
process.once("disconnect", leave)
// Ctrl-C reaches the whole terminal group; the parent decides when its workers stop.
process.on("SIGINT", () => undefined)

process.once("message", (order: HostOrder) => {
  void run(order)
})

/** Sign of life; a parent that has just died is told by "disconnect". */
function say(): void {
  if (process.connected) process.send?.("beat", undefined, undefined, () => undefined)
}

async function run({ config, lane, slots, remote, handlers, leaseMs, graceMs }: HostOrder): Promise<void> {
  const log = createLog(config.logLevel)
  const beat = setInterval(say, BEAT_MS)
  try {
    const outcome = await work({
      config,
      log,
      signal: stop.signal,
      lane,
      slots,
      remote: remote ?? false,
      ...(handlers === undefined ? {} : { handlers: new URL(handlers) }),
      ...(leaseMs === undefined ? {} : { leaseMs }),
      ...(graceMs === undefined ? {} : { graceMs }),
      onReady: say,
    })
    process.exitCode = outcome === "runaway" ? RUNAWAY_EXIT : 0
  } catch (error) {
    log.fatal({ err: error }, "a worker cannot go on")
    process.exitCode = 1
  }
  clearInterval(beat)
  // What a handler left behind (threads, sockets) must not keep the process.
  process.exit()
}
