import type { Redis } from "ioredis"
import { z } from "zod"
import type { LaneEvent } from "#src/platform/queue/lane.ts"
import { parseEntryId } from "#src/platform/queue/lanes/bullmq.entry.ts"
import type { Keys } from "#src/platform/queue/lanes/bullmq.entry.ts"

const KINDS = ["progress", "completed", "failed", "stalled"] as const
const cancelShape = z.object({ jobId: z.string(), reason: z.string() })
export type Cancel = z.infer<typeof cancelShape>

export interface Ears {
  onHint(listener: (event: LaneEvent) => void): () => void
  onCancel(listener: (cancel: Cancel) => void): () => void
  close(): void
}

/**
 * Listens to what workers tell and to cancels, over one connection of its own that opens with the first listener. What was
 * said while it was away is missed: hints are not the truth, and a cancel also stands in a key.
 */
export function createEars(keys: Keys, open: () => Redis): Ears {
  const hints = new Set<(event: LaneEvent) => void>()
  const cancels = new Set<(cancel: Cancel) => void>()
  let redis: Redis | undefined

  const hear = (channel: string, message: string) => {
    if (channel === keys.cancels) {
      const cancel = cancelShape.parse(JSON.parse(message))
      for (const listener of cancels) listener(cancel)
      return
    }
    for (const event of message.split("\n").flatMap((line) => eventOf(line) ?? []))
      for (const listener of hints) listener(event)
  }
  const connected = () => {
    if (redis) return redis
    redis = open()
    redis.on("message", hear)
    redis.on("error", () => undefined) // it comes back by itself, and whoever needs Redis says that it is away
    return redis
  }
  const listen = <T>(channel: string, listeners: Set<T>, listener: T): (() => void) => {
    // Said again by the library whenever it has connected anew; refused only when this connection is closed.
    if (listeners.size === 0)
      void connected()
        .subscribe(channel)
        .catch(() => undefined)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return {
    onHint: (listener) => listen(keys.hints, hints, listener),
    onCancel: (listener) => listen(keys.cancels, cancels, listener),
    close: () => redis?.disconnect(),
  }
}

function eventOf(line: string): LaneEvent | undefined {
  const [kind, id = ""] = line.split(" ")
  const known = KINDS.find((one) => one === kind)
  const which = parseEntryId(id)
  return known && which ? { kind: known, ...which } : undefined
}

/** Hints that come one after the other share a message: each is a write to the network, and many short jobs make many. */
const TOGETHER_MS = 2

/** Tells the server's side that something happened: the first hint at once. Nothing while Redis is away. */
export function createMouth(redis: Redis, keys: Keys): (kind: LaneEvent["kind"], id: string) => void {
  let lines: string[] = []
  let toldAt = -Infinity
  const flush = () => {
    const message = lines.join("\n")
    lines = []
    toldAt = performance.now()
    if (redis.status === "ready") void redis.publish(keys.hints, message).catch(() => undefined)
  }
  return (kind, id) => {
    if (lines.push(`${kind} ${id}`) > 1) return
    if (performance.now() - toldAt > TOGETHER_MS) setImmediate(flush)
    else setTimeout(flush, TOGETHER_MS)
  }
}
