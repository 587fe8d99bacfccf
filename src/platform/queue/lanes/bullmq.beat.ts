import type { Redis } from "ioredis"
import { z } from "zod"
import { LaneStop } from "#src/platform/queue/lane.ts"
import type { Held } from "#src/platform/queue/lanes/bullmq.attempt.ts"
import { problemOf, within } from "#src/platform/queue/lanes/bullmq.client.ts"
import type { Keys } from "#src/platform/queue/lanes/bullmq.entry.ts"
import { beatScript, runScript } from "#src/platform/queue/lanes/bullmq.scripts.ts"
import type { Outage } from "#src/platform/queue/outage.ts"

export interface Heartbeat {
  /** One sign of life, now. Never throws. */
  beat(): Promise<void>
  stop(): void
}

const said = z.array(z.string())
const CANCEL = "cancel "

/** Registers the worker, renews the locks of what it runs and obeys cancels, four times in a lease. */
export function startHeartbeat(parts: {
  redis: Redis
  keys: Keys
  lane: string
  name: string
  leaseMs: number
  outage: Outage
  running: ReadonlySet<Held>
}): Heartbeat {
  const { redis, keys, lane, name, leaseMs, outage, running } = parts
  let under: Promise<void> | undefined

  const beat = async () => {
    const sentAt = performance.now()
    // Whoever could not renew for so long has lost its locks, whatever Redis will say when it is back.
    for (const held of running) if (sentAt - held.renewedAt > leaseMs) lose(held)
    const asked = [...running].filter((held) => !isOver(held))
    const runs = asked.flatMap(({ id, token, jobId }) => [id, token, jobId])
    const args = [keys.lane(lane), keys.cancel(""), name, leaseMs, ...runs]
    try {
      const answer = await within(
        runScript(redis, beatScript, [keys.workers(lane)], args),
        "Redis does not answer",
        leaseMs / 2,
      )
      for (const [index, words] of said.parse(answer).entries()) obey(asked[index], words, sentAt)
      outage.over()
    } catch (error) {
      outage.failed(problemOf(error))
      // A connection that swallows what is sent may be dead without knowing it.
      if (redis.status === "ready") redis.disconnect(true)
    }
  }
  const once = () => (under ??= beat().finally(() => (under = undefined)))
  const timer = setInterval(() => void once(), leaseMs / 4)
  return { beat: once, stop: () => clearInterval(timer) }
}

function obey(held: Held | undefined, words: string, sentAt: number): void {
  if (!held) return
  if (words === "lost") return lose(held)
  held.renewedAt = sentAt
  if (words.startsWith(CANCEL)) cancel(held, words.slice(CANCEL.length))
}

export function cancel(held: Held, reason: string): void {
  held.controller.abort(new LaneStop("cancelled", reason))
}

function lose(held: Held): void {
  held.controller.abort(new LaneStop("lease_lost", "This worker was silent for longer than its lease."))
}

/** A run that was asked to stop keeps its lock until it has; one whose lock is lost has none. */
function isOver({ controller: { signal } }: Held): boolean {
  return signal.reason instanceof LaneStop && signal.reason.why === "lease_lost"
}
