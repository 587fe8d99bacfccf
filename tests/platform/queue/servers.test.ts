import { afterEach, expect, test, vi } from "vitest"
import { setTimeout as sleep } from "node:timers/promises"
import type { z } from "zod"
import { BackendError } from "#src/errors.ts"
import { SERVER_LANE, type ServerRef } from "#src/job.ts"
import type { Consumer, LaneHandler } from "#src/platform/queue/lane.ts"
import { attemptPayload } from "#src/platform/queue/offer.ts"
import { createServers } from "#src/platform/servers/servers.ts"
import { callerOf, startRig, type Rig, type RigOptions } from "#tests/platform/queue/rig.ts"
import { job } from "#tests/platform/queue/probes/probe/remote.job.ts"

interface Server {
  vramMb?: number
  has?: string[]
  slots?: number
  kind?: string
  ok?: boolean
}

/** One attempt as it reaches a server. */
interface Run {
  server: ServerRef
  note: string
  attempt: number
  handle: unknown
  signal: AbortSignal
  keep: (handle: unknown) => Promise<void>
}

const rigs: Rig[] = []
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close()
})

async function studio(servers: Record<string, Server>, options: RigOptions = {}): Promise<Rig> {
  const rig = await startRig({ workers: "none", ...options })
  rigs.push(rig)
  for (const [name, server] of Object.entries(servers)) addServer(rig, name, server)
  return rig
}

function addServer(rig: Rig, name: string, { vramMb, has, slots = 1, kind = "comfyui", ok = true }: Server): void {
  rig.db.run(
    `INSERT INTO server (id, name, kind, url, slots, settings, created_at, probed_at, ok, probed_vram_mb, inventory)
     VALUES (:name, :name, :kind, 'http://127.0.0.1:1', :slots, '{}', 0, 1, :ok, :vram, :inventory)`,
    {
      name,
      kind,
      slots,
      ok: ok ? 1 : 0,
      vram: vramMb ?? null,
      inventory: has ? JSON.stringify(has) : null,
    },
  )
}

/** Workers of the lane of servers; `run` is what happens on the server. */
function work(rig: Rig, run: (run: Run) => Promise<void> | void): Promise<Consumer> {
  const handler: LaneHandler = async ({ attempt, payload: raw, handle }, signal, _progress, keep) => {
    const { server, payload } = attemptPayload.parse(raw)
    if (!server) throw new Error("no server came with the attempt")
    const { note } = job.payload.parse(payload)
    await run({ server, note, attempt, handle, signal, keep })
    return { server: server.name, note }
  }
  return rig.lane.consume(SERVER_LANE, handler, { slots: 16, leaseMs: 60_000 })
}

function submit(rig: Rig, note: string, wish: Omit<z.input<typeof job.payload>, "note"> = {}, who = "ada") {
  return rig.jobs.submit(job, { note, ...wish }, { caller: callerOf(who), title: note }).id
}

const soon = { timeoutMs: 10_000 }
const serverOf = (view: { result?: unknown }) => job.result.parse(view.result).server

test("work goes to the server that has the model, the memory and the kind it needs", async () => {
  const rig = await studio({
    small: { vramMb: 8_000, has: ["checkpoints/a", "checkpoints/b"] },
    other: { vramMb: 24_000, has: ["checkpoints/a"] },
    right: { vramMb: 24_000, has: ["checkpoints/a", "checkpoints/b"] },
    sculptor: { kind: "hunyuan3d", vramMb: 80_000 },
  })
  await work(rig, () => undefined)
  const needs = { requires: ["checkpoints/a", "checkpoints/b"], vramMb: 16_000 }
  const ids = [1, 2, 3].map((n) => submit(rig, `picture ${n}`, needs))
  for (const id of ids) expect(serverOf(await rig.jobs.wait(id, soon))).toBe("right")
})

test("a server never gets more at once than it has slots, whoever asks", async () => {
  const rig = await studio({ one: { slots: 1 }, two: { slots: 2 } })
  const now = new Map<string, number>()
  const most = new Map<string, number>()
  await work(rig, async ({ server }) => {
    const running = (now.get(server.name) ?? 0) + 1
    now.set(server.name, running)
    most.set(server.name, Math.max(most.get(server.name) ?? 0, running))
    await sleep(15)
    now.set(server.name, (now.get(server.name) ?? 0) - 1)
  })
  const ids = Array.from({ length: 24 }, (_, n) => submit(rig, `n${n}`, {}, ["ada", "bob", "cy"][n % 3]))
  for (const id of ids) expect(await rig.jobs.wait(id, soon)).toMatchObject({ state: "done" })
  expect(Object.fromEntries(most)).toEqual({ one: 1, two: 2 })
})

test("a run that is out of memory goes to another server and never back; when all are too small it ends and says so", async () => {
  const rig = await studio({ a: {}, b: {}, c: {} })
  const tried: string[] = []
  await work(rig, ({ server, note }) => {
    if (note !== "large") return
    tried.push(server.name)
    throw new BackendError(server.name, "out of GPU memory", "capacity")
  })
  const large = await rig.jobs.wait(submit(rig, "large"), soon)
  expect(tried.toSorted()).toEqual(["a", "b", "c"])
  expect(large).toMatchObject({ state: "failed" })
  expect(rig.quota.openHolds()).toEqual([])
  expect(await rig.jobs.wait(submit(rig, "small"), soon)).toMatchObject({ state: "done" })
})

test("a server that fails three times in a row rests, and others do its work meanwhile", async () => {
  const rig = await studio({ bad: {}, good: {} })
  const calls: string[] = []
  await work(rig, ({ server }) => {
    calls.push(server.name)
    if (server.name === "bad") throw new BackendError("bad", "the connection was reset", "transient")
  })
  for (let n = 0; n < 8; n++) {
    const view = await rig.jobs.wait(submit(rig, `n${n}`, { model: `m${n}` }), soon)
    expect(serverOf(view)).toBe("good")
  }
  expect(calls.filter((name) => name === "bad").length).toBeLessThanOrEqual(3)
  expect(calls.filter((name) => name === "good")).toHaveLength(8)
})

test("when its worker goes, a run is found again on the same server by what it kept", async () => {
  const rig = await studio({ a: {}, b: {} })
  const started: string[] = []
  const first = await work(rig, async ({ server, keep, signal }) => {
    started.push(server.name)
    await keep({ prompt: "p1" })
    await sleep(60_000, undefined, { signal })
  })
  const id = submit(rig, "long")
  await vi.waitFor(() => expect(rig.jobs.get("ada", id)?.state).toBe("running"), 5_000)
  await first.stop({ graceMs: 0 })
  const seen: Run[] = []
  await work(rig, (run) => void seen.push(run))
  const view = await rig.jobs.wait(id, soon)
  expect(view.state).toBe("done")
  expect(seen.map(({ server, handle }) => [server.name, handle])).toEqual([[started[0], { prompt: "p1" }]])
})

test("after a failure of the server the work begins anew, without the handle of the failed run", async () => {
  const rig = await studio({ a: {}, b: {} })
  const seen: [string, unknown][] = []
  await work(rig, async ({ server, handle, keep }) => {
    seen.push([server.name, handle])
    if (seen.length > 1) return
    await keep("p1")
    throw new BackendError(server.name, "it was restarted", "transient")
  })
  const view = await rig.jobs.wait(submit(rig, "x"), soon)
  expect(view).toMatchObject({ state: "done", attempt: 2 })
  expect(seen[1]?.[1]).toBeUndefined()
  expect(seen[1]?.[0]).not.toBe(seen[0]?.[0])
})

test("a run that only went out of sight is looked for on its server again, not begun elsewhere", async () => {
  const rig = await studio({ a: {}, b: {} })
  const seen: [string, unknown][] = []
  await work(rig, async ({ server, handle, keep }) => {
    seen.push([server.name, handle])
    if (seen.length > 1) return
    await keep("p1")
    throw new BackendError(server.name, "it cannot be reached", "transient", { goesOn: true })
  })
  const view = await rig.jobs.wait(submit(rig, "x"), soon)
  expect(view).toMatchObject({ state: "done", attempt: 2 })
  expect(seen[1]).toEqual([seen[0]?.[0], "p1"])
})

test("a server that is found to be down does not keep the run that went out of sight there", async () => {
  const rig = await studio({ a: {}, b: {} })
  const seen: [string, unknown][] = []
  await work(rig, async ({ server, handle, keep }) => {
    seen.push([server.name, handle])
    if (seen.length > 1) return
    await keep("p1")
    rig.db.run("UPDATE server SET ok = 0 WHERE name = :name", { name: server.name })
    throw new BackendError(server.name, "it cannot be reached", "transient", { goesOn: true })
  })
  expect(await rig.jobs.wait(submit(rig, "x"), soon)).toMatchObject({ state: "done", attempt: 2 })
  expect(seen[1]?.[0]).not.toBe(seen[0]?.[0])
  expect(seen[1]?.[1]).toBeUndefined()
})

test("jobs of one model follow one another on the server that holds it", async () => {
  const rig = await studio({ a: { vramMb: 24_000 }, b: { vramMb: 24_000 } })
  const order: [string, string][] = []
  const gate = Promise.withResolvers<void>()
  await work(rig, async ({ server, note }) => {
    await gate.promise
    order.push([server.name, note.split(" ")[0] ?? ""])
  })
  const wish = (model: string) => ({ model, vramMb: 20_000, seconds: 5 })
  const ids = Array.from({ length: 12 }, (_, n) =>
    submit(rig, `m${n % 2} ${n}`, wish(`m${n % 2}`), ["ada", "bob", "cy"][n % 3]),
  )
  gate.resolve()
  for (const id of ids) await rig.jobs.wait(id, soon)
  const swaps = ["a", "b"].map((name) => {
    const models = order.filter(([server]) => server === name).map(([, model]) => model)
    return models.filter((model, at) => at > 0 && model !== models[at - 1]).length
  })
  expect(Math.max(...swaps)).toBeLessThanOrEqual(1)
})

test("work that no server can do waits with the reason, and ends when nobody has mended it in time", async () => {
  let steady = 0
  const rig = await studio({ a: { has: ["checkpoints/a"] } }, { monotonic: () => steady + performance.now() })
  await work(rig, () => undefined)
  const id = submit(rig, "x", { requires: ["checkpoints/a", "loras/gold.safetensors"] })
  await vi.waitFor(
    () => expect(rig.jobs.get("ada", id)?.progress?.text).toContain("models/loras/gold.safetensors"),
    5_000,
  )
  steady += 700_000
  expect(await rig.jobs.wait(id, soon)).toMatchObject({
    state: "failed",
    error: { problem: "No server has all that this needs. a comes closest; it lacks models/loras/gold.safetensors." },
  })
  expect(rig.quota.openHolds()).toEqual([])
})

test("work whose servers are down waits for them and begins when one is back", async () => {
  const rig = await studio({ a: { ok: false, has: [] } })
  await work(rig, () => undefined)
  const id = submit(rig, "x")
  await vi.waitFor(() => expect(rig.jobs.get("ada", id)?.progress?.text).toContain("not available now (a)"), 5_000)
  rig.db.run("UPDATE server SET ok = 1")
  expect(serverOf(await rig.jobs.wait(id, soon))).toBe("a")
})

test("a draining server ends what it has and gets nothing new", async () => {
  const rig = await studio({ a: {}, b: {} })
  rig.db.run("UPDATE server SET draining = 1 WHERE name = 'a'")
  await work(rig, () => undefined)
  const ids = [1, 2, 3, 4].map((n) => submit(rig, `n${n}`))
  for (const id of ids) expect(serverOf(await rig.jobs.wait(id, soon))).toBe("b")
})

test("people see their place and the time left, from what such work took before", async () => {
  let time = 1_000_000
  let steady = 0
  const rig = await studio({ a: {} }, { clock: { now: () => time }, monotonic: () => steady + performance.now() })
  const gates: (() => void)[] = []
  await work(rig, async () => {
    const gate = Promise.withResolvers<void>()
    gates.push(gate.resolve)
    await gate.promise
  })
  const run = async (seconds: number) => {
    const id = submit(rig, "measured", { seconds: 10 })
    await vi.waitFor(() => expect(gates.length).toBe(1), 5_000)
    time += seconds * 1_000
    gates.pop()?.()
    await rig.jobs.wait(id, soon)
  }
  for (let n = 0; n < 6; n++) await run(30)
  submit(rig, "first", { seconds: 10 })
  await vi.waitFor(() => expect(gates.length).toBe(1), 5_000)
  const second = submit(rig, "second", { seconds: 10 })
  const third = submit(rig, "third", { seconds: 10 })
  steady += 2_000 // the outlook is kept for a second
  const [view2, view3] = [rig.jobs.get("ada", second), rig.jobs.get("ada", third)]
  expect([view2?.position, view3?.position]).toEqual([1, 2])
  // Six runs of 30 s moved the estimate of 10 s most of the way.
  expect(view2?.etaS).toBeGreaterThan(40)
  expect(view3?.etaS).toBeGreaterThan((view2?.etaS ?? 0) + 20)
  gates.pop()?.()
})

test("every job of a long backlog runs once, and the servers count them", async () => {
  const rig = await studio({ a: { slots: 4 }, b: { slots: 4 } })
  const running: string[] = []
  await work(rig, ({ note }) => void running.push(note))
  const ids = Array.from({ length: 200 }, (_, n) =>
    submit(rig, `n${n}`, { model: `m${n % 5}` }, ["ada", "bob", "cy"][n % 3]),
  )
  for (const id of ids) expect(await rig.jobs.wait(id, { timeoutMs: 20_000 })).toMatchObject({ state: "done" })
  expect(new Set(running).size).toBe(200)
  const views = createServers({ db: rig.db, clock: { now: () => Date.now() } }).list()
  expect(views.reduce((sum, view) => sum + view.runsDone, 0)).toBe(200)
})
