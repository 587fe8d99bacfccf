import type { Logger } from "pino"
import { SERVER_LANE } from "#src/job.ts"
import type { Config } from "#src/platform/config.ts"
import { isLoopback } from "#src/platform/http/guard.ts"
import { LaneDown } from "#src/platform/queue/lane.ts"
import { createBullmqLane } from "#src/platform/queue/lanes/bullmq.ts"
import { createPool, SERVER_SLOTS } from "#workers/pool.ts"
import type { Crew } from "#workers/pool.ts"
import { work } from "#workers/work.ts"
import type { WorkOptions } from "#workers/work.ts"

export interface ServeLanesOptions extends Pick<WorkOptions, "config" | "log" | "signal" | "handlers" | "leaseMs"> {
  lanes: readonly string[]
  /** Attempts at the same time on each lane; without it one, and as many as usual for work on servers. */
  slots?: number | undefined
  /** Tells the operator something. */
  say(text: string): void
}

/**
 * What `atelier worker` does, until interrupted: serves lanes on the studio's machine or, with REDIS_URL, on any other.
 * One process for each attempt that computes, one for all that wait for servers; the first of them is this one when there is
 * only one. Resolves with the exit code.
 */
export async function serveLanes(options: ServeLanesOptions): Promise<number> {
  const { config, log, signal, say, slots } = options
  const lanes = [...new Set(options.lanes)]
  const remote = config.redisUrl !== undefined
  if (remote) say(await whereFilesGo(config, log))
  const onReady = () => say(`Working on ${lanes.join(", ")}. Stop with Ctrl-C.`)
  const [first = "cpu"] = lanes
  const crew = crewOf(first, slots)
  if (lanes.length === 1 && crew.processes === 1) {
    const outcome = await work({ ...options, lane: first, slots: crew.slots, remote, onReady })
    return outcome === "runaway" ? 1 : 0
  }
  const { handlers, leaseMs } = options
  const pool = createPool({
    config,
    log,
    remote,
    crew: (lane) => crewOf(lane, slots),
    ...(handlers === undefined ? {} : { handlers: handlers.href }),
    ...(leaseMs === undefined ? {} : { leaseMs }),
  })
  for (const lane of lanes) pool.start(lane)
  onReady()
  await aborted(signal)
  await pool.stop()
  return 0
}

function crewOf(lane: string, slots: number | undefined): Crew {
  return lane === SERVER_LANE ? { processes: 1, slots: slots ?? SERVER_SLOTS } : { processes: slots ?? 1, slots: 1 }
}

/** The studio writes its address into Redis. A worker elsewhere cannot follow one that means "this machine". */
async function whereFilesGo({ redisUrl = "", redisPrefix }: Config, log: Logger): Promise<string> {
  const lane = createBullmqLane({ url: redisUrl, prefix: redisPrefix, log })
  try {
    const address = await lane.address()
    if (!address) return "No studio has used this Redis yet; where files go comes with the first job."
    return isLoopback(new URL(address).hostname)
      ? `Files go to ${address}, which only workers on the studio's own machine can reach. For others, set ATELIER_HOST and ATELIER_PUBLIC_URL there.`
      : `Files go to ${address}.`
  } catch (error) {
    if (!(error instanceof LaneDown)) throw error
    return `${error.message}. This worker waits for it.`
  } finally {
    await lane.close()
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener("abort", () => resolve(), { once: true })
  // Worker processes do not keep this one, and it has nothing else to do.
  const stay = setInterval(() => undefined, 60_000)
  await promise
  clearInterval(stay)
}
