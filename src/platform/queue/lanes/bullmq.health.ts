import type { Redis } from "ioredis"
import type { Logger } from "pino"
import { hostOf } from "#src/platform/queue/lanes/bullmq.client.ts"
import type { Connection } from "#src/platform/queue/lanes/bullmq.client.ts"
import type { Keys } from "#src/platform/queue/lanes/bullmq.entry.ts"

const EVICTION = "this Redis throws jobs away when its memory is full: set its maxmemory-policy to noeviction"
const NO_LOG =
  "this Redis writes no log, so what it loses in a crash is done again: set its appendonly to yes to avoid that"

/** One line on a Redis that can be reached, and what could be better there. */
export async function healthOf(
  redis: Redis,
  url: string,
  keys: Keys,
  lanes: Iterable<string>,
): Promise<{ ok: boolean; detail: string; hint?: string }> {
  const info = await redis.info()
  const [seconds] = await redis.time()
  let workers = 0
  for (const lane of lanes) workers += await redis.zcount(keys.workers(lane), `(${Number(seconds) * 1000}`, "+inf")
  const words = `${workers} ${workers === 1 ? "worker" : "workers"}`
  const detail = `BullMQ on Redis ${field(info, "redis_version")} at ${hostOf(url)}: ${words}`
  if (evicts(info)) return { ok: true, detail, hint: EVICTION }
  return field(info, "aof_enabled") === "0" ? { ok: true, detail, hint: NO_LOG } : { ok: true, detail }
}

/** Once, when Redis can first be reached. Anything but a refusal to store would lose jobs without a word. */
export function warnOfEviction({ redis, call }: Connection, log: Logger): void {
  redis.once("ready", () => {
    const looked = call(() => redis.info("memory")).then((info) => {
      if (evicts(info)) log.warn({ policy: field(info, "maxmemory_policy") }, EVICTION)
    })
    looked.catch(() => undefined) // whoever needs Redis says that it is away
  })
}

function evicts(info: string): boolean {
  return !["noeviction", "?"].includes(field(info, "maxmemory_policy"))
}

function field(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "?"
}
