import { afterEach, expect, it } from "vitest"
import { chargeFor } from "#src/platform/queue/price.ts"
import { job as probe } from "#tests/platform/queue/probes/probe/run.job.ts"
import { callerOf, startRig, type Rig } from "#tests/platform/queue/rig.ts"

let rig: Rig | undefined
afterEach(async () => {
  await rig?.close()
  rig = undefined
})

const seconds = () => rig?.quota.show("ada").find((line) => line.unit === "cpu_seconds")
const rush = { caller: callerOf("ada"), title: "in a hurry", urgency: "rush" } as const

it("a job costs one job and its seconds, rounded up, in the unit of its lane; in a rush four times the seconds", () => {
  expect(chargeFor({ lane: "cpu", seconds: 2.1, rush: false })).toEqual({ jobs: 1, cpu_seconds: 3 })
  expect(chargeFor({ lane: "gpu", seconds: 2.1, rush: true })).toEqual({ jobs: 1, gpu_seconds: 12 })
})

it("a rush holds four times its estimate, gives it all back when it never ran, and costs four times the part that did", async () => {
  rig = await startRig({ workers: "none" })
  const waiting = rig.jobs.submit(probe, { ms: 5_000 }, rush)
  expect(seconds()).toMatchObject({ used: 0, held: 20 })
  rig.jobs.cancel("ada", waiting.id)
  expect(seconds()).toMatchObject({ used: 0, held: 0 })
  await rig.close()

  rig = await startRig()
  const { jobs } = rig
  const { id } = jobs.submit(probe, { ms: 5_000 }, rush)
  await expect.poll(() => jobs.get("ada", id)?.state, { timeout: 5_000, interval: 5 }).toBe("running")
  jobs.cancel("ada", id)
  expect(await jobs.wait(id, { timeoutMs: 4_000 })).toMatchObject({ state: "cancelled" })
  expect(seconds()?.held).toBe(0)
  const used = seconds()?.used ?? 0
  expect([used > 0, used % 4]).toEqual([true, 0])
  expect(rig.quota.checkInvariant()).toEqual([])
})
