import { once } from "node:events"
import { Redis } from "ioredis"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createLog } from "#src/platform/log.ts"
import type { LaneHandler } from "#src/platform/queue/lane.ts"
import { createBullmqLane } from "#src/platform/queue/lanes/bullmq.ts"
import type { BullmqLane } from "#src/platform/queue/lanes/bullmq.ts"
import type { Connect } from "#src/platform/queue/lanes/bullmq.client.ts"
import { beatScript } from "#src/platform/queue/lanes/bullmq.scripts.ts"
import { laneContract } from "#tests/platform/queue/lanes.contract.ts"
import { hasRedis, startRedis } from "#tests/servers/redis.ts"
import type { TestRedis } from "#tests/servers/redis.ts"

let redis: TestRedis
let fixtures = 0
const log = createLog("silent")

describe.skipIf(!hasRedis)("the lane driver on BullMQ (skipped without redis-server)", () => {
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.close())

  it("finds a cancel at its next heartbeat when the message was missed", async () => {
    const lane = createBullmqLane({ url: redis.url, prefix: "missed", log, studio: "test" })
    const stopped = Promise.withResolvers<unknown>()
    const started = Promise.withResolvers<void>()
    const untilStopped: LaneHandler = async (_job, signal) => {
      started.resolve()
      await once(signal, "abort")
      stopped.resolve(signal.reason)
    }
    await lane.offer("cpu", { jobId: "a", attempt: 1, token: 1, payload: {} })
    await lane.consume("cpu", untilStopped, { slots: 1, leaseMs: 1_000 })
    await started.promise
    const hands = new Redis(redis.url)
    await hands.set("missed:cancel:a", "not wanted")
    expect(await stopped.promise).toMatchObject({ why: "cancelled", message: "not wanted" })
    hands.disconnect()
    await lane.close()
  })

  laneContract("bullmq", 1_000, async () => {
    const prefix = `test${fixtures++}`
    const opened: { lane: BullmqLane; life: Life }[] = []
    return {
      open: async () => {
        const life = { dead: false }
        const lane = createBullmqLane({ url: redis.url, prefix, log, studio: "test", connect: mortal(life) })
        opened.push({ lane, life })
        return lane
      },
      kill: async (lane) => {
        for (const one of opened) if (one.lane === lane) one.life.dead = true
      },
      close: async () => {
        for (const { lane, life } of opened) {
          life.dead = false
          await lane.close()
        }
      },
    }
  })
})

interface Life {
  dead: boolean
}

/** A connection whose heartbeats stop when its process is "dead"; what else it still says must be refused by the lock. */
function mortal(life: Life): Connect {
  return (url, options) => {
    const client = new Redis(url, options)
    const send = client.sendCommand.bind(client)
    client.sendCommand = (command, stream) => {
      if (!life.dead || command.args[0] !== beatScript.sha) return send(command, stream)
      command.resolve([])
      return command.promise
    }
    return client
  }
}
