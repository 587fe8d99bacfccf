import { fork } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Logger } from "pino"
import { SERVER_LANE } from "#src/job.ts"
import type { Config } from "#src/platform/config.ts"
import type { Workers } from "#src/platform/queue/jobs.ts"

/** The first message to a worker process. JSON. */
export interface HostOrder {
  config: Config
  lane: string
  /** Attempts at the same time. */
  slots: number
  /** Works without the data directory: files come and go over HTTP. */
  remote?: boolean
  /** Folder of the handlers when it is not workers/ itself. */
  handlers?: string
  leaseMs?: number
  graceMs?: number
}

export interface PoolOptions extends Omit<HostOrder, "lane" | "slots"> {
  log: Logger
  /** Who works on a lane; `usualCrew` without it. */
  crew?: (lane: string) => Crew
  /** A worker that says nothing for this long hangs and is killed. */
  silentMs?: number
}

export interface Crew {
  processes: number
  slots: number
}

/** Waiting for servers costs nothing; this is for the many that one process may wait for at once. */
export const SERVER_SLOTS = 16

/** Computing takes a process each; work on servers only waits, many at once in one process. */
function usualCrew(config: Pick<Config, "workers">, lane: string): Crew {
  return lane === SERVER_LANE ? { processes: 1, slots: SERVER_SLOTS } : { processes: config.workers, slots: 1 }
}

export interface Pool extends Workers {
  /** Process ids of the workers that run now. */
  pids(): number[]
}

const HOST = fileURLToPath(new URL("host.ts", import.meta.url))
const FIRST_RESTART_MS = 250
const LONGEST_RESTART_MS = 30_000
/** A worker that lived this long was sound: its end does not count towards the backoff. */
const SOUND_MS = 30_000
const SILENT_MS = 30_000
const STOPS_WITHIN_MS = 8_000

/**
 * Worker processes for the lanes that have work: those of a lane start when they are first needed, and again when they end by
 * themselves. They end with this process, however it ends.
 */
export function createPool(options: PoolOptions): Pool {
  const { log, silentMs = SILENT_MS, crew = (lane) => usualCrew(options.config, lane), ...common } = options
  const members: Member[] = []
  const manned = new Set<string>()
  let stopping: Promise<void> | undefined
  return {
    start: (lane) => {
      if (stopping || manned.has(lane)) return
      manned.add(lane)
      const { processes, slots } = crew(lane)
      const order = { ...common, lane, slots }
      for (let n = 0; n < processes; n++) members.push(keepAlive({ log, silentMs, order }))
    },
    stop: () =>
      (stopping ??= Promise.all(members.map((member) => member.stop())).then(() =>
        log.debug({ workers: members.length }, "workers stopped"),
      )),
    pids: () => members.flatMap((member) => member.pid() ?? []),
  }
}

interface Member {
  pid(): number | undefined
  stop(): Promise<void>
}

/** One place in the pool, filled again whenever its process ends. */
function keepAlive({ log, silentMs, order }: { log: Logger; silentMs: number; order: HostOrder }): Member {
  let child: ChildProcess | undefined
  let restart: NodeJS.Timeout | undefined
  let failures = 0
  let stopping = false

  const launch = () => {
    const startedAt = performance.now()
    const started = spawn(order)
    child = started
    const watch = watchSilence(started, silentMs, log)
    started.once("exit", (code, signal) => {
      watch.stop()
      child = undefined
      if (stopping) return
      failures = performance.now() - startedAt > SOUND_MS ? 1 : failures + 1
      const wait = Math.min(LONGEST_RESTART_MS, FIRST_RESTART_MS * 2 ** (failures - 1))
      log.warn({ code, signal, restartMs: wait }, "a worker process ended; starting another")
      restart = setTimeout(launch, wait).unref()
    })
  }
  launch()
  return {
    pid: () => child?.pid,
    stop: async () => {
      stopping = true
      clearTimeout(restart)
      if (child) await end(child)
    },
  }
}

function spawn(order: HostOrder): ChildProcess {
  // Standard output of the parent may be a protocol: what a worker prints goes to standard error.
  const child = fork(HOST, [], { execPath: process.execPath, execArgv: [], stdio: ["ignore", 2, 2, "ipc"] })
  child.on("error", () => undefined) // "exit" follows, and says it
  child.send(order, () => undefined)
  // Workers do not keep a process that has nothing else to do.
  child.unref()
  child.channel?.unref()
  return child
}

function watchSilence(child: ChildProcess, silentMs: number, log: Logger): { stop(): void } {
  let heard = performance.now()
  child.on("message", () => (heard = performance.now()))
  const timer = setInterval(() => {
    if (performance.now() - heard < silentMs) return
    log.error({ pid: child.pid, silentMs }, "a worker process hangs; killed")
    child.kill("SIGKILL")
  }, silentMs / 4).unref()
  return { stop: () => clearInterval(timer) }
}

async function end(child: ChildProcess): Promise<void> {
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  child.ref()
  child.once("exit", () => resolve())
  child.kill("SIGTERM")
  const timer = setTimeout(() => child.kill("SIGKILL"), STOPS_WITHIN_MS)
  await ended
  clearTimeout(timer)
}
