import { Queue } from "bullmq"
import type { Logger } from "pino"
import type { LaneEntry, LaneOffer, LaneTransport, LaneView } from "#src/platform/queue/lane.ts"
import { LaneDown } from "#src/platform/queue/lane.ts"
import { impatientConnection } from "#src/platform/queue/lanes/bullmq.client.ts"
import type { Connect } from "#src/platform/queue/lanes/bullmq.client.ts"
import { entryId, entryName, viewOf } from "#src/platform/queue/lanes/bullmq.entry.ts"
import type { Keys, OfferData } from "#src/platform/queue/lanes/bullmq.entry.ts"
import { healthOf, warnOfEviction } from "#src/platform/queue/lanes/bullmq.health.ts"
import { cancelScript, inspectScript, runScript } from "#src/platform/queue/lanes/bullmq.scripts.ts"

export interface LaneServer extends Pick<LaneTransport, "offer" | "withdraw" | "signalCancel" | "inspect" | "health"> {
  /** Where the studio that works with this prefix can be reached, as it said itself. */
  address(): Promise<string | undefined>
  close(): void
}

/** A studio that does not look into its lanes for so long leaves its prefix to another one. */
const OWNS_FOR_MS = 60_000
const MOST_ENTRIES = 10_000
/** A worker that missed the message finds the key at its next heartbeat. */
const CANCEL_STANDS_S = 60
/** BullMQ also writes each event, with the result, into a stream that nobody here reads. */
const EVENTS_KEPT = 100

/** The side that offers and looks. Every call ends within a second, while Redis is away at once. */
export function createLaneServer(options: {
  url: string
  connect?: Connect | undefined
  keys: Keys
  log: Logger
  /** Tells this studio from others. */
  studio: string
  address: () => string
  onStalled: (entry: LaneEntry) => void
}): LaneServer {
  const { url, keys, studio } = options
  const connection = impatientConnection(url, options.connect)
  const { redis, call } = connection
  const queues = new Map<string, Queue<OfferData>>()
  const newlyStalled = firstTime()
  let announced: string | undefined
  redis.on("close", () => (announced = undefined))
  warnOfEviction(connection, options.log)

  /** Made when Redis is there: BullMQ waits without end for its first connection. */
  const queueOf = (lane: string): Queue<OfferData> => {
    let queue = queues.get(lane)
    if (!queue) {
      const streams = { events: { maxLen: EVENTS_KEPT } }
      queue = new Queue(lane, { connection: redis, prefix: keys.prefix, skipVersionCheck: true, streams })
      queue.on("error", () => undefined) // the calls say it themselves
      queues.set(lane, queue)
    }
    return queue
  }
  const remove = async (lanes: Iterable<string>, id: string) => {
    for (const lane of lanes) {
      if (!(await redis.exists(keys.entry(lane, id)))) continue
      return (await queueOf(lane).remove(id)) === 0 ? "active" : "removed"
    }
    return undefined
  }
  const announce = async (lane: string) => {
    const address = options.address()
    if (announced === address + lane) return
    await Promise.all([redis.set(keys.address, address), redis.sadd(keys.lanes, lane)])
    announced = address + lane
  }

  return {
    offer: (lane, offer) => call(() => add(queueOf(lane), offer)),
    withdraw: (jobId, attempt) =>
      call(async () => {
        const id = entryId(jobId, attempt)
        return (await remove(queues.keys(), id)) ?? (await remove(await redis.smembers(keys.lanes), id)) ?? "absent"
      }),
    signalCancel: (jobId, reason) =>
      call(async () => {
        const message = JSON.stringify({ jobId, reason })
        await runScript(redis, cancelScript, [keys.cancel(jobId)], [reason, CANCEL_STANDS_S, keys.cancels, message])
      }),
    inspect: (lane) =>
      call(async () => {
        const view = await look(lane)
        // Not worth a failed look: a full Redis refuses it.
        await announce(lane).catch(() => undefined)
        for (const entry of view.entries) if (newlyStalled(entry)) options.onStalled(entry)
        return view
      }),
    health: async () => {
      try {
        return await call(async () => healthOf(redis, url, keys, await redis.smembers(keys.lanes)))
      } catch (error) {
        return { ok: false, detail: error instanceof Error ? error.message : String(error), hint: AWAY }
      }
    },
    address: async () => (await call(() => redis.get(keys.address))) ?? undefined,
    close: connection.close,
  }

  async function look(lane: string): Promise<LaneView> {
    const args = [keys.lane(lane), studio, OWNS_FOR_MS, MOST_ENTRIES]
    try {
      return viewOf(await runScript(redis, inspectScript, [keys.owner, keys.workers(lane)], args))
    } catch (error) {
      // Two studios in one place would take each other's jobs away.
      if (error instanceof Error && error.message.includes("OWNED by")) throw new LaneDown(OWNED)
      throw error
    }
  }
}

const AWAY = "Start Redis, or correct REDIS_URL. Until then jobs are accepted and wait."
const OWNED =
  "another studio works with this Redis under the same prefix: give one of them an ATELIER_REDIS_PREFIX of its own " +
  "(when the other one is gone, it passes within a minute)"

async function add(queue: Queue<OfferData>, offer: LaneOffer): Promise<void> {
  const { jobId, attempt, payload, handle, notBefore = 0 } = offer
  await queue.add(entryName(offer), handle === undefined ? { payload } : { payload, handle }, {
    jobId: entryId(jobId, attempt),
    attempts: 1,
    delay: Math.max(0, notBefore - Date.now()),
    stackTraceLimit: 0,
    // What has ended stays until it is withdrawn: until then the same offer changes nothing.
    removeOnComplete: false,
    removeOnFail: false,
  })
}

const MOST_REMEMBERED = 1_000

/** True for each stalled attempt once. */
function firstTime(): (entry: LaneEntry) => boolean {
  const known = new Set<string>()
  return ({ state, jobId, attempt }) => {
    const id = entryId(jobId, attempt)
    if (state !== "stalled" || known.has(id)) return false
    if (known.size >= MOST_REMEMBERED) known.clear()
    known.add(id)
    return true
  }
}
