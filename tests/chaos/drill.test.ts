import { describe, expect, test } from "vitest"
import { isSound } from "#tests/chaos/check.ts"
import { drill } from "#tests/chaos/drill.ts"
import { faults } from "#tests/chaos/faults.ts"
import { hasRedis } from "#tests/servers/redis.ts"

// Short drills; `npm run chaos` does long ones, with other seeds and every fault.
const SEED = Number(process.env["CHAOS_SEED"] ?? 1)
const fault = (name: string) => faults.find((one) => one.name === name) ?? expect.fail(`no fault ${name}`)

describe("when processes are killed and things break, no accepted job is lost, doubled, oversold or left holding quota", () => {
  test("embedded lanes, workers and studio killed", { timeout: 60_000 }, async () => {
    const report = await drill({ driver: "sqlite", kills: 4, jobs: 40, seed: SEED })
    expect(report, JSON.stringify(report)).toSatisfy(isSound)
    expect(report).toMatchObject({ kills: 4, failed: 0, jobs: 40 })
  })

  test.skipIf(!hasRedis)("Redis killed and started again", { timeout: 60_000 }, async () => {
    const report = await drill({ driver: "bullmq", kills: 2, jobs: 40, seed: SEED, fault: fault("redis-restart") })
    expect(report, JSON.stringify(report)).toSatisfy(isSound)
    expect(report).toMatchObject({ failed: 0, jobs: 40 })
  })

  test("a GPU server killed in the middle of its work", { timeout: 60_000 }, async () => {
    const report = await drill({ driver: "sqlite", kills: 1, jobs: 20, seed: SEED, fault: fault("gpu-die") })
    expect(report, JSON.stringify(report)).toSatisfy(isSound)
    expect(report).toMatchObject({ failed: 0, jobs: 20 })
  })

  test("workers killed while servers work for them: nothing is asked for twice", { timeout: 60_000 }, async () => {
    const report = await drill({ driver: "sqlite", kills: 3, jobs: 30, seed: SEED, fault: fault("ws-cut") })
    expect(report, JSON.stringify(report)).toSatisfy(isSound)
    expect(report).toMatchObject({ failed: 0, jobs: 30, sent: 30 })
  })
})
