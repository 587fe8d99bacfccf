import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { Job, Worker } from "bullmq"
import type { Redis } from "ioredis"
import type { Logger } from "pino"
import { LaneStop } from "#src/platform/queue/lane.ts"
import type { Consumer, LaneHandler } from "#src/platform/queue/lane.ts"
import { handBack, runAttempt } from "#src/platform/queue/lanes/bullmq.attempt.ts"
import type { Held } from "#src/platform/queue/lanes/bullmq.attempt.ts"
import { cancel, startHeartbeat } from "#src/platform/queue/lanes/bullmq.beat.ts"
import { patientClient, problemOf, within } from "#src/platform/queue/lanes/bullmq.client.ts"
import type { Connect } from "#src/platform/queue/lanes/bullmq.client.ts"
import { offerData, parseEntryId, workerName } from "#src/platform/queue/lanes/bullmq.entry.ts"
import type { Keys, OfferData } from "#src/platform/queue/lanes/bullmq.entry.ts"
import { createMouth } from "#src/platform/queue/lanes/bullmq.hints.ts"
import type { Ears } from "#src/platform/queue/lanes/bullmq.hints.ts"
import { createOutage } from "#src/platform/queue/outage.ts"
import type { Outage } from "#src/platform/queue/outage.ts"

export interface ConsumerOptions {
  url: string
  connect?: Connect | undefined
  keys: Keys
  log: Logger
  ears: Pick<Ears, "onCancel">
  lane: string
  handler: LaneHandler
  slots: number
  leaseMs: number
}

const TRY_AGAIN_MS = 500
const STOPS_WITHIN_MS = 2_000
const LEAVES_WITHIN_MS = 800

/**
 * Takes attempts out of a BullMQ queue and runs them. Of BullMQ it uses the claim with its lock, the commit under that lock and
 * the wait for work. Locks are renewed by our own heartbeat, and nothing is put back by itself when one runs out: such an attempt
 * is over, and the job rows decide what follows. Works from the moment that Redis can be reached.
 */
export function startConsumer(options: ConsumerOptions): Consumer {
  const { keys, log, lane, slots, leaseMs } = options
  const redis = patientClient(options.url, options.connect)
  const name = workerName(randomUUID(), slots)
  const outage = createOutage(log, { fails: "Redis is away; this worker waits for it", works: "Redis is back" })
  const trouble = createOutage(log, { fails: "Redis refuses what this worker does", works: "Redis takes it again" })
  redis.on("error", (error) => outage.failed(problemOf(error)))
  redis.on("ready", outage.over)
  const worker = new Worker<OfferData>(lane, null, {
    connection: redis,
    prefix: keys.prefix,
    name,
    lockDuration: leaseMs,
    skipLockRenewal: true,
    skipStalledCheck: true,
    // It would print its warnings as plain lines; the server's side says what they say.
    skipVersionCheck: true,
  })
  worker.on("error", (error) => outage.failed(problemOf(error)))

  const running = new Set<Held>()
  const ended = new Map<Held, Promise<void>>()
  const heart = startHeartbeat({ redis, keys, lane, name, leaseMs, outage, running })
  const unlisten = options.ears.onCancel(({ jobId, reason }) => {
    for (const held of running) if (held.jobId === jobId) cancel(held, reason)
  })
  const tell = createMouth(redis, keys)
  const parts = {
    ...options,
    redis,
    trouble: whileConnected(redis, trouble),
    tell,
    mayTakeNext: () => !ending.signal.aborted,
  }
  let freed = Promise.withResolvers<void>()
  let claims = 0
  const ending = new AbortController()
  let handsBack = false

  const start = (job: Job<OfferData>, token: string) => {
    const held = holdOf(job, token)
    if (!held) {
      void refuse(job, token, log)
      return
    }
    running.add(held)
    // A claim whose answer was under way when the grace ended.
    const run = handsBack ? handBack(parts, held).catch(() => undefined) : runAttempt(parts, held)
    const end = run.then((next) => {
      running.delete(held)
      ended.delete(held)
      freed.resolve()
      // BullMQ gives the next attempt together with the commit, locked by the same token.
      if (next) start(Job.fromJSON<OfferData>(worker, next.json, next.id), token)
    })
    ended.set(held, end)
  }
  const fetch = async () => {
    await heart.beat()
    while (!ending.signal.aborted) {
      if (running.size >= slots) {
        freed = Promise.withResolvers()
        await freed.promise
        continue
      }
      const token = `${name}:${claims++}`
      try {
        const job = await worker.getNextJob(token)
        trouble.over()
        if (job) start(job, token)
      } catch (error) {
        parts.trouble.failed(problemOf(error))
        await sleep(TRY_AGAIN_MS)
      }
    }
  }
  const fetching = fetch()

  const stop = async (graceMs: number) => {
    ending.abort()
    freed.resolve()
    // Ends the wait for work; what runs goes on over the other connection.
    const closed = worker.close(true)
    const all = async () => {
      await fetching
      while (ended.size > 0) await Promise.all(ended.values())
    }
    await quietly(all(), graceMs)
    handsBack = true
    for (const { controller } of running) controller.abort(new LaneStop("handed_back", "The worker stops."))
    await quietly(all(), STOPS_WITHIN_MS)
    heart.stop()
    unlisten()
    const left = [...running].map((held) => handBack(parts, held))
    await quietly(Promise.allSettled([...left, redis.zrem(keys.workers(lane), name)]), LEAVES_WITHIN_MS)
    await quietly(closed, LEAVES_WITHIN_MS)
    redis.disconnect()
  }
  let stopped: Promise<void> | undefined
  return { stop: ({ graceMs = 10_000 } = {}) => (stopped ??= stop(graceMs)) }
}

/** While the connection is away, that is what is told. */
function whileConnected(redis: Redis, trouble: Outage): Pick<Outage, "failed"> {
  return { failed: (problem) => void (redis.status === "ready" && trouble.failed(problem)) }
}

function holdOf(job: Job<OfferData>, token: string): Held | undefined {
  const id = job.id ?? ""
  const which = parseEntryId(id)
  if (!which || !offerData.safeParse(job.data).success || job.data.payload === undefined) return undefined
  return { id, ...which, job, token, controller: new AbortController(), renewedAt: performance.now() }
}

/** Somebody put it there by hand, or its data is gone. */
async function refuse(job: Job, token: string, log: Logger): Promise<void> {
  log.error({ entry: job.id }, "a queue held something that is no attempt; taken out")
  await job.moveToFailed(new Error("not an attempt of this studio"), token, false).catch(() => undefined)
}

/** At most so long, and whatever comes of it. */
async function quietly(work: Promise<unknown>, ms: number): Promise<void> {
  await within(work, "stopping", ms).catch(() => undefined)
}
