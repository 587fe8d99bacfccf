import { afterEach, describe, expect, it, vi } from "vitest"
import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { job as probe } from "#tests/platform/queue/probes/probe/run.job.ts"
import { callerOf, startRig } from "#tests/platform/queue/rig.ts"
import type { Rig, RigOptions } from "#tests/platform/queue/rig.ts"

const ada = { caller: callerOf("ada"), title: "a probe" }
const soon = { timeoutMs: 8_000 }
const rigs: Rig[] = []
const open = async (options: RigOptions = {}) => {
  const rig = await startRig(options)
  rigs.push(rig)
  return rig
}
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close()
})
const line = (rig: Rig, unit: string) => rig.quota.show("ada").find((one) => one.unit === unit)
const running = async (rig: Rig, id: string) =>
  vi.waitFor(() => expect(rig.jobs.get("ada", id)?.state).toBe("running"), { timeout: 5_000, interval: 5 })

describe("accepting", () => {
  it("answers with a waiting job, which runs, is charged once and is put into words", async () => {
    const rig = await open()
    const accepted = rig.jobs.submit(probe, { note: "gold", ms: 30 }, ada)
    expect(accepted).toMatchObject({ state: "waiting", position: 1, attempt: 0, payload: { note: "gold" } })
    expect(line(rig, "jobs")).toMatchObject({ used: 0, held: 1 })
    const told: (string | undefined)[] = []
    const done = await rig.jobs.wait(accepted.id, { ...soon, onProgress: (view) => told.push(view.progress?.text) })
    expect(done).toMatchObject({ state: "done", attempt: 1, result: { note: "gold" } })
    expect(told).toContain("probing gold")
    expect(rig.jobs.reply(done)?.say).toBe("probed gold")
    expect(line(rig, "jobs")).toMatchObject({ used: 1, held: 0, limit: 500 })
    expect(line(rig, "cpu_seconds")).toMatchObject({ used: 1, held: 0, limit: null })
    expect(rig.quota.checkInvariant()).toEqual([])
  })

  it("gives the same job for the same key, once charged, whatever its state", async () => {
    const rig = await open()
    const key = { ...ada, idempotencyKey: "call-1" }
    const first = rig.jobs.submit(probe, {}, key)
    expect(rig.jobs.submit(probe, {}, key).id).toBe(first.id)
    await rig.jobs.wait(first.id, soon)
    expect(rig.jobs.submit(probe, {}, key)).toMatchObject({ id: first.id, state: "done" })
    expect(rig.jobs.submit(probe, {}, { ...key, caller: callerOf("bob") }).id).not.toBe(first.id)
    expect(line(rig, "jobs")).toMatchObject({ used: 1, held: 0 })
  })

  it("answers from a finished result of the same cache key for nothing, and joins an open one", async () => {
    const rig = await open()
    const key = { ...ada, cacheKey: "abc" }
    const first = rig.jobs.submit(probe, { mode: "file", note: "x" }, key)
    expect(rig.jobs.submit(probe, { mode: "file", note: "x" }, key).id).toBe(first.id)
    const done = await rig.jobs.wait(first.id, soon)
    const again = rig.jobs.submit(probe, { mode: "file", note: "x" }, key)
    expect(again).toMatchObject({ state: "done", result: done.result })
    expect(again.id).not.toBe(first.id)
    expect(line(rig, "jobs")).toMatchObject({ used: 1, held: 0 })
    rig.db.run("DELETE FROM artifact_link")
    rig.db.run("DELETE FROM artifact")
    expect(rig.jobs.submit(probe, { mode: "file", note: "x" }, key).state).toBe("waiting")
  })

  it("keeps the files of a result alive under the job's name", async () => {
    const rig = await open()
    const { id } = rig.jobs.submit(probe, { mode: "file" }, ada)
    const { result } = await rig.jobs.wait(id, soon)
    const row = z.object({ owner: z.string(), artifact_id: z.string() })
    const links = rig.db.all(row, "SELECT owner, artifact_id FROM artifact_link")
    expect(links).toEqual([{ owner: `job:${id}`, artifact_id: probe.result.parse(result).artifacts?.[0]?.id }])
  })

  it("refuses more than the quota with used, limit and reset time, and leaves nothing behind", async () => {
    const rig = await open({ env: { ATELIER_QUOTA_JOBS_PER_DAY: "1" } })
    rig.jobs.submit(probe, { ms: 500 }, ada)
    expect(() => rig.jobs.submit(probe, {}, ada)).toThrow(
      /used 1 of 1 jobs today \(1 of them held.*this needs 1\. It resets in/,
    )
    expect(rig.jobs.list("ada")).toHaveLength(1)
    expect(rig.quota.checkInvariant()).toEqual([])
  })

  it("refuses an input outside the contract and one that is too large", async () => {
    const rig = await open({ workers: "none" })
    expect(() => rig.jobs.submit(probe, { ms: -1 }, ada)).toThrow(UserError)
    expect(() => rig.jobs.submit(probe, { note: "x".repeat(1024 * 1024) }, ada)).toThrow(/At most 1048576/)
    expect(rig.jobs.list("ada")).toEqual([])
  })

  it("says that the disk is full, charges nothing, and goes on when there is room", async () => {
    const rig = await open({ maxPages: 150 })
    const payload = { note: "x".repeat(20_000) }
    let accepted = 0
    const fill = () => {
      for (; accepted < 100; accepted++) rig.jobs.submit(probe, payload, ada)
    }
    expect(fill).toThrow(/disk is full/)
    expect(rig.jobs.list("ada", { limit: 200 })).toHaveLength(accepted)
    expect(line(rig, "jobs")).toMatchObject({ used: 0, held: accepted })
    expect(rig.quota.checkInvariant()).toEqual([])
    rig.db.run("PRAGMA max_page_count = 100000")
    const late = rig.jobs.submit(probe, {}, { ...ada, urgency: "rush" })
    expect(await rig.jobs.wait(late.id, soon)).toMatchObject({ state: "done" })
  })
})

describe("order", () => {
  it("lets a newcomer in before the rest of somebody's pile, and rush before both", async () => {
    const rig = await open({ workers: "none" })
    const submit = (account: string, title: string, urgency: "rush" | "normal" | "background" = "normal") =>
      rig.jobs.submit(probe, { ms: 1_000 }, { caller: callerOf(account), title, urgency })
    for (const n of [1, 2, 3]) submit("ada", `ada ${n}`)
    submit("ada", "ada later", "background")
    submit("bob", "bob 1")
    submit("cy", "cy rush", "rush")
    const views = ["ada", "bob", "cy"].flatMap((account) => rig.jobs.list(account))
    const order = views.sort((a, b) => (a.position ?? 0) - (b.position ?? 0)).map((view) => view.title)
    expect(order).toEqual(["cy rush", "ada 1", "bob 1", "ada 2", "ada 3", "ada later"])
    expect(views.map((view) => view.etaS)).toEqual([1, 2, 3, 4, 5, 6])
  })
})

describe("failing", () => {
  it("tries a transient failure again and charges the run that succeeded", async () => {
    const rig = await open()
    const { id } = rig.jobs.submit(probe, { mode: "transient", untilAttempt: 2 }, ada)
    expect(await rig.jobs.wait(id, soon)).toMatchObject({ state: "done", attempt: 3 })
    expect(line(rig, "jobs")).toMatchObject({ used: 1, held: 0 })
  })

  it.each([
    ["transient", 3, "backend", /probe failed: not now/],
    ["user_error", 1, "bad_input", /The probe is 7 mm long/],
    ["bug", 1, "internal", /^Something in the studio broke/],
    ["bad_result", 1, "internal", /broke/],
  ] as const)(
    "ends a job that goes on failing (%s) after %i runs, refunded, in words",
    async (mode, attempt, code, problem) => {
      const rig = await open()
      const { id } = rig.jobs.submit(probe, { mode }, ada)
      const failed = await rig.jobs.wait(id, soon)
      expect(failed).toMatchObject({
        state: "failed",
        attempt,
        error: { code, problem: expect.stringMatching(problem) },
      })
      expect(JSON.stringify(failed)).not.toContain("secret detail")
      expect(rig.jobs.reply(failed)).toBeUndefined()
      expect(line(rig, "jobs")).toMatchObject({ used: 0, held: 0 })
      expect(rig.quota.checkInvariant()).toEqual([])
    },
  )

  it("stops a run at its time limit, also when the handler does not listen", async () => {
    const rig = await open()
    const short = { ...probe, timeLimitS: 0.2 }
    const { id } = rig.jobs.submit(short, { mode: "ignore_signal", ms: 20_000 }, ada)
    const failed = await rig.jobs.wait(id, soon)
    expect(failed.error?.problem).toMatch(/stopped after 0.2 s, its time limit/)
    expect(line(rig, "jobs")).toMatchObject({ used: 0, held: 0 })
  })
})

describe("cancelling", () => {
  it("ends a waiting job at once and refunds it", async () => {
    const rig = await open({ workers: "none" })
    const { id } = rig.jobs.submit(probe, {}, ada)
    expect(rig.jobs.cancel("ada", id)).toMatchObject({ state: "cancelled", error: { code: "cancelled" } })
    expect(line(rig, "jobs")).toMatchObject({ used: 0, held: 0 })
    expect(() => rig.jobs.cancel("ada", id)).toThrow(/cancelled already/)
    expect(() => rig.jobs.cancel("bob", id)).toThrow(/There is no job/)
  })

  it("stops a running job and charges the part that ran", async () => {
    const rig = await open()
    const { id } = rig.jobs.submit(probe, { ms: 30_000 }, ada)
    await running(rig, id)
    expect(rig.jobs.cancel("ada", id)).toMatchObject({ state: "running", progress: { text: "stopping" } })
    expect(await rig.jobs.wait(id, { timeoutMs: 2_500 })).toMatchObject({ state: "cancelled" })
    expect(line(rig, "cpu_seconds")).toMatchObject({ used: 1, held: 0 })
    expect(rig.quota.checkInvariant()).toEqual([])
  })

  it("ends a job within seconds even when its handler does not listen", async () => {
    const rig = await open()
    const { id } = rig.jobs.submit(probe, { mode: "ignore_signal", ms: 6_000 }, ada)
    await running(rig, id)
    rig.jobs.cancel("ada", id)
    expect(await rig.jobs.wait(id, { timeoutMs: 4_500 })).toMatchObject({ state: "cancelled" })
  })
})

describe("time", () => {
  it.each([3_600_000, -3_600_000])(
    "survives a jump of the wall clock by %i ms: nothing is lost, stolen or run twice",
    async (jump) => {
      let offset = 0
      const rig = await open({ clock: { now: () => Date.now() + offset }, leaseMs: 1_000 })
      const { id } = rig.jobs.submit(probe, { ms: 600, mode: "transient", untilAttempt: 1 }, ada)
      const queued = rig.jobs.submit(probe, {}, ada)
      await running(rig, id)
      offset = jump
      expect(await rig.jobs.wait(id, soon)).toMatchObject({ state: "done", attempt: 2 })
      expect(await rig.jobs.wait(queued.id, soon)).toMatchObject({ state: "done", attempt: 1 })
      expect(line(rig, "jobs")?.held).toBe(0)
      expect(rig.quota.checkInvariant()).toEqual([])
    },
  )

  it("waits no longer than asked, and stops waiting when told", async () => {
    const rig = await open({ workers: "none" })
    const { id } = rig.jobs.submit(probe, {}, ada)
    expect(await rig.jobs.wait(id, { timeoutMs: 20 })).toMatchObject({ state: "waiting" })
    await expect(rig.jobs.wait(id, { ...soon, signal: AbortSignal.timeout(20) })).rejects.toThrow(/timeout/)
    await expect(rig.jobs.wait("job_unknown", soon)).rejects.toThrow(/There is no job/)
  })
})

describe("crashes between the steps", () => {
  it("offers again what the lane has never heard of", async () => {
    const rig = await open({ workers: "none" })
    const { id } = rig.jobs.submit(probe, { note: "lost" }, ada)
    rig.db.run("UPDATE job SET state = 'offered', attempt = 1, token = 5 WHERE id = :id", { id })
    await vi.waitFor(
      async () => expect((await rig.lane.inspect("cpu")).entries).toMatchObject([{ jobId: id, attempt: 1, token: 5 }]),
      4_000,
    )
  })

  it("refuses a result that carries another token than the attempt's", async () => {
    const rig = await open({ workers: "none" })
    const { id } = rig.jobs.submit(probe, {}, ada)
    rig.db.run("UPDATE job SET state = 'running', attempt = 1, token = 5 WHERE id = :id", { id })
    await rig.lane.offer("cpu", { jobId: id, attempt: 1, token: 4, payload: {} })
    rig.db.run(`UPDATE lane_entry SET state = 'completed', result = '{"pid":1,"note":"forged"}'`)
    await vi.waitFor(async () => expect((await rig.lane.inspect("cpu")).entries).toEqual([]), 4_000)
    expect(rig.jobs.get("ada", id)?.state).not.toBe("done")
  })

  it("gives back a hold whose job is gone", async () => {
    const rig = await open({ workers: "none" })
    const { id } = rig.jobs.submit(probe, {}, ada)
    rig.db.run("DELETE FROM job WHERE id = :id", { id })
    await vi.waitFor(() => expect(line(rig, "jobs")?.held).toBe(0), 4_000)
    expect(rig.quota.checkInvariant()).toEqual([])
  })
})
