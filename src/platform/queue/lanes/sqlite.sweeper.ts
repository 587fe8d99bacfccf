import { readlinkSync } from "node:fs"
import { hostname } from "node:os"
import type { Logger } from "pino"
import { z } from "zod"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

const workerRow = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.number(),
  lease_ms: z.number(),
  beat: z.number(),
})

const SWEEP_EVERY_MS = 500

/**
 * Finds workers that are gone. A lease runs on the sweeper's own monotonic clock from the last heartbeat it saw, so wall
 * clock jumps neither steal a lease nor prolong one; a process that has vanished from this machine needs no lease at all.
 */
export function createSweeper(options: {
  db: Db
  clock: Clock
  log: Logger
  monotonic?: () => number
  onStalled: () => void
}): { sweep(): void } {
  const { db, clock, log, monotonic = () => performance.now(), onStalled } = options
  const seen = new Map<string, { beat: number; at: number }>()
  let sweptAt = -Infinity

  const isDead = (worker: z.infer<typeof workerRow>): boolean => {
    if (worker.host === thisHost() && !isAlive(worker.pid)) return true
    const last = seen.get(worker.id)
    if (!last || last.beat !== worker.beat) {
      seen.set(worker.id, { beat: worker.beat, at: monotonic() })
      return false
    }
    return monotonic() - last.at > worker.lease_ms
  }
  const bury = (worker: z.infer<typeof workerRow>): void => {
    const gone = db.run("DELETE FROM lane_worker WHERE id = :id AND beat = :beat", { id: worker.id, beat: worker.beat })
    seen.delete(worker.id)
    if (gone) log.warn({ worker: worker.id }, "a worker is gone")
  }
  return {
    sweep: () => {
      if (monotonic() - sweptAt < SWEEP_EVERY_MS) return
      sweptAt = monotonic()
      const dead = db.all(workerRow, "SELECT id, host, pid, lease_ms, beat FROM lane_worker").filter(isDead)
      for (const worker of dead) bury(worker)
      if (orphans(db) === 0) return
      const stalled = db.run(
        `UPDATE lane_entry SET state = 'stalled', fence = fence + 1, ended_at = :now
         WHERE state = 'active' AND worker NOT IN (SELECT id FROM lane_worker)`,
        { now: clock.now() },
      )
      if (stalled) onStalled()
    },
  }
}

/** Looked up before writing: the usual answer is none, and reading takes no lock. */
function orphans(db: Db): number {
  const found = db.get(
    z.object({ n: z.number() }),
    "SELECT count(*) AS n FROM lane_entry WHERE state = 'active' AND worker NOT IN (SELECT id FROM lane_worker)",
  )
  return found?.n ?? 0
}

let host: string | undefined

/** Names the place in which process ids mean the same: machine and, on Linux, process namespace (containers). */
export function thisHost(): string {
  if (host === undefined) {
    let namespace = ""
    try {
      namespace = readlinkSync("/proc/self/ns/pid")
    } catch {
      // Not Linux: there the machine's name is enough.
    }
    host = `${hostname()} ${namespace}`.trim()
  }
  return host
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, under another user.
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}
