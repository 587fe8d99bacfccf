import { Redis } from "ioredis"
import type { RedisOptions } from "ioredis"
import { LaneDown } from "#src/platform/queue/lane.ts"

export type ConnectOptions = RedisOptions & { replyMapping?: "legacy" }
/** Makes a connection; a test puts its own in between. */
export type Connect = (url: string, options: ConnectOptions) => Redis

/** A call that takes longer counts as failed: whoever made it looks again in its next round. */
const CALL_MS = 800
const CONNECT_MS = 5_000
const LONGEST_RETRY_MS = 2_000
const DEFAULT_PORT = 6379

const connectRedis: Connect = (url, options) => new Redis(url, options)

/** Comes back by itself, at first soon, then every two seconds. */
const lasting: ConnectOptions = {
  connectTimeout: CONNECT_MS,
  retryStrategy: (times) => Math.min(LONGEST_RETRY_MS, 50 * 2 ** Math.min(times, 6)) * (0.75 + Math.random() / 4),
  // A replica that was promoted while this connection stayed with the old one.
  reconnectOnError: (error) => error.message.startsWith("READONLY"),
}

/** For whoever works: what is sent while Redis is away is sent when it is back. */
export function patientClient(url: string, connect: Connect = connectRedis): Redis {
  return connect(url, { ...lasting, maxRetriesPerRequest: null })
}

export interface Connection {
  redis: Redis
  /** Runs `work` when Redis can be reached, within a second. Throws LaneDown, at once while it is known to be away. */
  call<T>(work: (redis: Redis) => Promise<T>): Promise<T>
  close(): void
}

/** For whoever asks and goes on: nothing waits for Redis. */
export function impatientConnection(url: string, connect: Connect = connectRedis): Connection {
  const redis = connect(url, { ...lasting, maxRetriesPerRequest: 0, enableOfflineQueue: false })
  let away = ""
  let closed = false
  redis.on("error", (error) => (away = problemOf(error)))
  redis.on("close", () => (away ||= "the connection was closed"))
  redis.on("ready", () => (away = ""))

  const ready = async () => {
    if (closed) throw new LaneDown("this connection is closed")
    if (away) throw new LaneDown(`Redis at ${hostOf(url)} cannot be reached: ${away}`)
    if (redis.status === "ready") return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const fail = () => reject(new LaneDown(`Redis at ${hostOf(url)} cannot be reached: ${away}`))
    redis.once("ready", resolve).once("close", fail)
    try {
      await within(promise, `Redis at ${hostOf(url)} does not answer`)
    } finally {
      redis.off("ready", resolve).off("close", fail)
    }
  }
  return {
    redis,
    call: async (work) => {
      await ready()
      try {
        return await within(work(redis), `Redis at ${hostOf(url)} does not answer`)
      } catch (error) {
        // A connection that swallows what is sent may be dead without knowing it.
        if (error instanceof LaneDown && redis.status === "ready") redis.disconnect(true)
        throw error instanceof LaneDown ? error : new LaneDown(problemOf(error))
      }
    },
    close: () => {
      closed = true
      redis.disconnect()
    },
  }
}

/** `work` with an end. It goes on by itself after that, and what it then throws is of no interest. */
export async function within<T>(work: Promise<T>, problem: string, ms = CALL_MS): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new LaneDown(`${problem} within ${ms} ms`)), ms)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What an error says, alone: the objects that the library throws carry the command and its arguments, passwords too. */
export function problemOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  return text.slice(0, 300)
}

/** The address without user and password. */
export function hostOf(url: string): string {
  const { hostname, port } = new URL(url)
  return `${hostname}:${port || DEFAULT_PORT}`
}
