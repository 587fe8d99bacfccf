import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, describe, expect, it, vi } from "vitest"
import { BackendError } from "#src/errors.ts"
import type { LaneEvent, LaneHandler, LaneTransport } from "#src/platform/queue/lane.ts"
import { LaneStop } from "#src/platform/queue/lane.ts"

/** One driver under test: `open` gives another connection to the same lanes, as another process would have. */
export interface LaneFixture {
  open(): Promise<LaneTransport>
  /** Makes the worker behind this transport vanish without a word, as kill -9 would. */
  kill(transport: LaneTransport): Promise<void>
  close(): Promise<void>
}

const LANE = "cpu"
const until = { timeout: 5_000, interval: 5 }

/** What every lane driver must do. A busy machine must not stand still for `leaseMs`. */
export function laneContract(name: string, leaseMs: number, create: () => Promise<LaneFixture>): void {
  describe(`lane driver ${name}`, () => {
    const options = { slots: 1, leaseMs }
    let fixture: LaneFixture | undefined
    const start = async () => {
      fixture = await create()
      return { fixture, lane: await fixture.open() }
    }
    afterEach(async () => {
      await fixture?.close()
      fixture = undefined
    })
    const offer = (
      lane: LaneTransport,
      jobId: string,
      attempt = 1,
      extra: { notBefore?: number; handle?: unknown } = {},
    ) => lane.offer(LANE, { jobId, attempt, token: 7, payload: { for: jobId }, ...extra })
    const handleOf = async (lane: LaneTransport, jobId: string, attempt = 1) =>
      (await lane.inspect(LANE)).entries.find((entry) => entry.jobId === jobId && entry.attempt === attempt)?.handle
    const stateOf = async (lane: LaneTransport, jobId: string, attempt = 1) =>
      (await lane.inspect(LANE)).entries.find((entry) => entry.jobId === jobId && entry.attempt === attempt)?.state
    const echo: LaneHandler = async ({ payload }) => payload

    it("carries an offer to a worker of another connection and its result back, with the offer's token", async () => {
      const { fixture, lane } = await start()
      await offer(lane, "a")
      await (await fixture.open()).consume(LANE, echo, options)
      await vi.waitFor(async () => expect(await stateOf(lane, "a")).toBe("completed"), until)
      const { entries, slots } = await lane.inspect(LANE)
      expect(entries).toMatchObject([{ jobId: "a", attempt: 1, token: 7, result: { for: "a" } }])
      expect(slots).toBe(1)
      expect((await lane.health()).ok).toBe(true)
    })

    it("takes an offer of the same job and attempt once, even after it has completed", async () => {
      const { lane } = await start()
      const handler = vi.fn(echo)
      await offer(lane, "a")
      await offer(lane, "a")
      expect((await lane.inspect(LANE)).entries).toHaveLength(1)
      await lane.consume(LANE, handler, options)
      await vi.waitFor(async () => expect(await stateOf(lane, "a")).toBe("completed"), until)
      await offer(lane, "a")
      await sleep(50)
      expect(handler).toHaveBeenCalledTimes(1)
    })

    it("keeps the order of offers and runs no more than its slots at once", async () => {
      const { lane } = await start()
      const seen: string[] = []
      let now = 0
      let most = 0
      for (const id of ["a", "b", "c", "d"]) await offer(lane, id)
      await lane.consume(
        LANE,
        async ({ jobId }) => {
          seen.push(jobId)
          most = Math.max(most, ++now)
          await sleep(20)
          now--
        },
        { ...options, slots: 2 },
      )
      await vi.waitFor(() => expect(seen).toEqual(["a", "b", "c", "d"]), until)
      expect(most).toBe(2)
    })

    it("does not start an offer before its time", async () => {
      const { lane } = await start()
      const seen: string[] = []
      await offer(lane, "later", 1, { notBefore: Date.now() + 400 })
      await offer(lane, "now")
      await lane.consume(LANE, async ({ jobId }) => void seen.push(jobId), options)
      await vi.waitFor(() => expect(seen).toEqual(["now"]), until)
      await vi.waitFor(() => expect(seen).toEqual(["now", "later"]), until)
    })

    it("withdraws what is queued or finished, and says when it is running or unknown", async () => {
      const { lane } = await start()
      await offer(lane, "a")
      expect(await lane.withdraw("a", 1)).toBe("removed")
      expect(await lane.withdraw("a", 1)).toBe("absent")
      const gate = Promise.withResolvers<void>()
      await offer(lane, "b")
      await lane.consume(LANE, () => gate.promise, options)
      await vi.waitFor(async () => expect(await stateOf(lane, "b")).toBe("active"), until)
      expect(await lane.withdraw("b", 1)).toBe("active")
      gate.resolve()
      await vi.waitFor(async () => expect(await stateOf(lane, "b")).toBe("completed"), until)
      expect(await lane.withdraw("b", 1)).toBe("removed")
    })

    it("says how an attempt failed, and whether it is worth another try", async () => {
      const { lane } = await start()
      await offer(lane, "a")
      await lane.consume(
        LANE,
        async () => {
          throw new BackendError("renderer", "no memory", "capacity")
        },
        options,
      )
      await vi.waitFor(async () => expect(await stateOf(lane, "a")).toBe("failed"), until)
      const { entries } = await lane.inspect(LANE)
      expect(entries[0]?.failure).toMatchObject({ retry: "capacity", problem: "renderer failed: no memory" })
    })

    it("passes a cancel signal on to the process that runs the attempt", async () => {
      const { fixture, lane } = await start()
      await offer(lane, "a")
      let why: unknown
      await (
        await fixture.open()
      ).consume(
        LANE,
        async (_job, signal) => {
          await sleep(10_000, undefined, { signal }).catch(() => (why = signal.reason))
          signal.throwIfAborted()
        },
        options,
      )
      await vi.waitFor(async () => expect(await stateOf(lane, "a")).toBe("active"), until)
      await lane.signalCancel("a", "not wanted any more")
      await vi.waitFor(async () => expect(await stateOf(lane, "a")).toBe("failed"), until)
      expect(why).toBeInstanceOf(LaneStop)
      expect((await lane.inspect(LANE)).entries[0]?.failure?.code).toBe("cancelled")
    })

    it("tells other connections of progress and ends, and keeps a flood of progress down", async () => {
      const { fixture, lane } = await start()
      const events: LaneEvent[] = []
      lane.subscribe((event) => events.push(event))
      await offer(lane, "a")
      await (
        await fixture.open()
      ).consume(
        LANE,
        async (_job, _signal, progress) => {
          for (let i = 1; i <= 100; i++) {
            progress({ fraction: i / 100, text: `step ${i}` })
            await sleep(5)
          }
          await sleep(300)
        },
        options,
      )
      await vi.waitFor(
        async () => expect((await lane.inspect(LANE)).entries[0]?.progress).toEqual({ fraction: 1, text: "step 100" }),
        until,
      )
      await vi.waitFor(() => expect(events.at(-1)?.kind).toBe("completed"), until)
      const told = events.filter((event) => event.kind === "progress").length
      expect(told).toBeGreaterThan(1)
      expect(told).toBeLessThan(10)
    })

    it("finds the attempt of a vanished worker stalled, gives it no slots, and refuses its late result", async () => {
      const { fixture, lane } = await start()
      const worker = await fixture.open()
      const gate = Promise.withResolvers<string>()
      await offer(lane, "a")
      await worker.consume(LANE, () => gate.promise, options)
      await vi.waitFor(async () => expect(await stateOf(lane, "a")).toBe("active"), until)
      await fixture.kill(worker)
      await vi.waitFor(async () => expect(await stateOf(lane, "a")).toBe("stalled"), until)
      expect((await lane.inspect(LANE)).slots).toBe(0)
      gate.resolve("too late")
      await sleep(100)
      expect(await stateOf(lane, "a")).toBe("stalled")
      expect(await lane.withdraw("a", 1)).toBe("removed")
    })

    it("keeps the lease of a long run alive", async () => {
      const { lane } = await start()
      await offer(lane, "a")
      await lane.consume(LANE, async () => sleep(3 * leaseMs, "slow"), options)
      await vi.waitFor(async () => expect(await stateOf(lane, "a")).toBe("completed"), until)
    })

    it("hands back what a stopping worker cannot finish; the same attempt runs elsewhere", async () => {
      const { fixture, lane } = await start()
      await offer(lane, "a")
      const first = await (
        await fixture.open()
      ).consume(LANE, async (_job, signal) => sleep(10_000, undefined, { signal }), options)
      await vi.waitFor(async () => expect(await stateOf(lane, "a")).toBe("active"), until)
      await first.stop({ graceMs: 0 })
      expect(await stateOf(lane, "a")).toBe("queued")
      await lane.consume(LANE, echo, options)
      await vi.waitFor(async () => expect(await stateOf(lane, "a")).toBe("completed"), until)
    })

    it("shows what a handler kept as soon as that is kept, also after its worker vanished", async () => {
      const { fixture, lane } = await start()
      const worker = await fixture.open()
      const gate = Promise.withResolvers<void>()
      const kept: unknown[] = []
      await offer(lane, "a")
      await worker.consume(
        LANE,
        async (_job, _signal, _progress, keep) => {
          for (const run of [1, 2]) {
            await keep({ run })
            kept.push(await handleOf(lane, "a"))
          }
          await gate.promise
        },
        options,
      )
      await vi.waitFor(() => expect(kept).toEqual([{ run: 1 }, { run: 2 }]), until)
      await fixture.kill(worker)
      await vi.waitFor(async () => expect(await stateOf(lane, "a")).toBe("stalled"), until)
      expect(await handleOf(lane, "a")).toEqual({ run: 2 })
      gate.resolve()
    })

    it("gives the next worker what was kept before the attempt was handed back", async () => {
      const { fixture, lane } = await start()
      await offer(lane, "a", 1, { handle: { run: "old" } })
      const first = await (
        await fixture.open()
      ).consume(
        LANE,
        async ({ handle }, signal, _progress, keep) => {
          await keep({ run: "new", instead: handle })
          await sleep(10_000, undefined, { signal })
        },
        options,
      )
      const now = { run: "new", instead: { run: "old" } }
      await vi.waitFor(async () => expect(await handleOf(lane, "a")).toEqual(now), until)
      await first.stop({ graceMs: 0 })
      await lane.consume(LANE, async ({ handle, payload }) => ({ handle, payload }), options)
      await vi.waitFor(async () => expect(await stateOf(lane, "a")).toBe("completed"), until)
      expect((await lane.inspect(LANE)).entries[0]?.result).toEqual({ handle: now, payload: { for: "a" } })
    })

    it("passes on the handle of an earlier attempt with the offer of the next, and shows it", async () => {
      const { lane } = await start()
      await offer(lane, "a", 2, { handle: { run: 7 } })
      await offer(lane, "b")
      expect(await handleOf(lane, "a", 2)).toEqual({ run: 7 })
      await lane.consume(LANE, async (job) => ("handle" in job ? job.handle : "none"), options)
      await vi.waitFor(async () => expect(await stateOf(lane, "b")).toBe("completed"), until)
      expect((await lane.inspect(LANE)).entries.map((entry) => entry.result)).toEqual([{ run: 7 }, "none"])
    })

    it("refuses a handle from a worker that has lost its attempt", async () => {
      const { fixture, lane } = await start()
      const worker = await fixture.open()
      const gate = Promise.withResolvers<void>()
      const late = Promise.withResolvers<unknown>()
      await offer(lane, "a")
      await worker.consume(
        LANE,
        async (_job, _signal, _progress, keep) => {
          await keep({ run: "first" })
          await gate.promise
          late.resolve(await keep({ run: "late" }).catch((error: unknown) => error))
        },
        options,
      )
      await vi.waitFor(async () => expect(await handleOf(lane, "a")).toEqual({ run: "first" }), until)
      await fixture.kill(worker)
      await vi.waitFor(async () => expect(await stateOf(lane, "a")).toBe("stalled"), until)
      gate.resolve()
      expect(await late.promise).toBeInstanceOf(LaneStop)
      expect(await handleOf(lane, "a")).toEqual({ run: "first" })
    })

    it("fails an attempt that returns more than a result may hold", async () => {
      const { lane } = await start()
      await offer(lane, "a")
      await lane.consume(LANE, async () => "x".repeat(5 * 1024 * 1024), options)
      await vi.waitFor(async () => expect(await stateOf(lane, "a")).toBe("failed"), until)
      expect((await lane.inspect(LANE)).entries[0]?.failure?.retry).toBe("fatal")
    })

    it("lets a stopping worker finish within its grace", async () => {
      const { lane } = await start()
      await offer(lane, "a")
      const consumer = await lane.consume(LANE, async () => sleep(150, "done"), options)
      await vi.waitFor(async () => expect(await stateOf(lane, "a")).toBe("active"), until)
      await consumer.stop({ graceMs: 2_000 })
      expect(await stateOf(lane, "a")).toBe("completed")
    })
  })
}
