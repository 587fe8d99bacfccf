import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Redis } from "ioredis"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { openHouse } from "#src/compose.ts"
import { job as build } from "#src/design/build.job.ts"
import { newRecipe } from "#src/design/recipe.ts"
import { loadConfig } from "#src/platform/config.ts"
import { serve } from "#src/serve.ts"
import { job as probe } from "#tests/platform/queue/probes/probe/run.job.ts"
import { callerOf, startRig } from "#tests/platform/queue/rig.ts"
import type { Rig } from "#tests/platform/queue/rig.ts"
import { freePort, hasRedis, startRedis } from "#tests/servers/redis.ts"
import type { TestRedis } from "#tests/servers/redis.ts"

const LEASE_MS = 1_500
const ada = { caller: callerOf("ada"), title: "a probe" }
const soon = { timeoutMs: 60_000 }
const until = { timeout: 40_000, interval: 20 }
const launch = fileURLToPath(new URL("../../../src/launch.js", import.meta.url))
const script = fileURLToPath(new URL("./probes/remote-worker.ts", import.meta.url))

let folder = ""
let rigs: Rig[] = []
let servers: TestRedis[] = []
const workers = new Set<ChildProcess>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-remote-"))
})
afterEach(async () => {
  for (const worker of workers) worker.kill("SIGKILL")
  workers.clear()
  for (const rig of rigs) await rig.close()
  for (const server of servers) await server.close()
  rigs = []
  servers = []
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function redisServer(options: Parameters<typeof startRedis>[0] = {}): Promise<TestRedis> {
  const server = await startRedis(options)
  servers.push(server)
  return server
}

async function studio({ url }: TestRedis): Promise<Rig> {
  const rig = await startRig({ workers: "none", env: { REDIS_URL: url } })
  rigs.push(rig)
  return rig
}

/** A process that knows nothing but where Redis is. */
function worker({ url }: TestRedis, args: string[] = [script, String(LEASE_MS)], cwd = folder): ChildProcess {
  const child = spawn(process.execPath, args, { cwd, env: { REDIS_URL: url }, stdio: ["ignore", "ignore", "pipe"] })
  child.stderr?.setEncoding("utf8")
  workers.add(child)
  return child
}

const running = async (rig: Rig, id: string) =>
  vi.waitFor(() => expect(rig.jobs.get("ada", id)?.state).toBe("running"), until)
const runsOf = (trail: string) => (existsSync(trail) ? readFileSync(trail, "utf8").trim().split("\n") : [])
const charged = (rig: Rig) => rig.quota.show("ada").find((line) => line.unit === "jobs")

describe.skipIf(!hasRedis)("jobs in Redis (skipped without redis-server)", { timeout: 90_000 }, () => {
  it("are done by a worker that has nothing but REDIS_URL: a ring is made, and its files are in the studio", async () => {
    const redis = await redisServer()
    const dataDir = join(folder, "studio")
    const far = await mkdtemp(join(folder, "far-"))
    const env = { ATELIER_DATA: dataDir, ATELIER_WORKERS: "0", ATELIER_LOG: "silent", REDIS_URL: redis.url }
    const house = openHouse(loadConfig({ ...env, ATELIER_PORT: String(await freePort()) }, join(folder, "no.env")))
    const served = await serve(house)
    const { recipe } = newRecipe({ size: "7", size_system: "us", stone: "diamond", carat: 1 })
    const order = { recipe, name: "ring", picture: "draft" as const, files: ["glb", "stl"], group: "g" }
    const options = { caller: house.owner("cli"), title: "a ring" }
    const { id } = house.services.jobs.submit(build, order, options)
    // With its first look into the lanes the studio tells its address, for which the worker asks when it starts.
    await house.lane.inspect("cpu")
    const child = worker(redis, [launch, "worker"], far)
    let said = ""
    child.stderr?.on("data", (text: string) => (said += text))
    const done = await house.services.jobs.wait(id, soon)
    expect(done).toMatchObject({ state: "done", attempt: 1 })
    const queue = async () =>
      (await house.services.health(AbortSignal.timeout(5_000))).find(({ name }) => name === "job queue")
    expect(await queue()).toMatchObject({
      state: "ok",
      detail: expect.stringMatching(
        /^BullMQ on Redis [\d.]+ at 127.0.0.1:\d+: 1 worker; files at .*, out of reach for workers/,
      ),
    })
    const made = house.services.artifacts.group(options.caller.accountId, "g")
    expect(made.map((it) => it.mediaType).sort()).toEqual(["image/png", "model/gltf-binary", "model/stl"])
    for (const { id: file, bytes } of made) expect(readFileSync(house.services.artifacts.path(file)).length).toBe(bytes)
    expect(readdirSync(far)).toEqual([])
    child.kill("SIGTERM")
    await once(child, "exit")
    expect(child.exitCode).toBe(0)
    expect(said).toContain(
      `Files go to ${served.server.url}, which only workers on the studio's own machine can reach.`,
    )
    await redis.kill()
    await vi.waitFor(async () => expect(await queue()).toMatchObject({ state: "failing" }), until)
    const ready = await fetch(`${served.server.url}/health/ready`)
    expect([ready.status, await ready.json()]).toMatchObject([200, { status: "degraded" }])
    await served.close()
    await house.close()
  })

  it("find a process for each job that computes, and one for many that wait for servers, in one command", async () => {
    const redis = await redisServer()
    const rig = await studio(redis)
    const child = worker(redis, [launch, "worker", "--lanes", "cpu,gpu"])
    const slots = async (lane: string) => (await rig.lane.inspect(lane)).slots
    await vi.waitFor(async () => expect([await slots("cpu"), await slots("gpu")]).toEqual([1, 16]), until)
    child.kill("SIGTERM")
    await once(child, "exit")
    expect([child.exitCode, await slots("cpu"), await slots("gpu")]).toEqual([0, 0, 0])
  })

  it("are done once when workers are killed in the middle of the work", async () => {
    const redis = await redisServer()
    const rig = await studio(redis)
    const trail = join(folder, "killed")
    const first = worker(redis)
    const { id } = rig.jobs.submit(probe, { ms: 700, trail }, ada)
    await running(rig, id)
    first.kill("SIGKILL")
    worker(redis)
    expect(await rig.jobs.wait(id, soon)).toMatchObject({ state: "done", attempt: 2 })
    expect(runsOf(trail)).toHaveLength(1)
    expect(charged(rig)).toMatchObject({ used: 1, held: 0 })
    await vi.waitFor(() => expect(rig.lane.inspect("cpu")).resolves.toMatchObject({ entries: [] }), until)
  })

  it("are done once when a worker stands still for longer than its lease; its late result is refused", async () => {
    const redis = await redisServer()
    const rig = await studio(redis)
    const trail = join(folder, "stopped")
    const first = worker(redis)
    const { id } = rig.jobs.submit(probe, { ms: 500, trail }, ada)
    await running(rig, id)
    first.kill("SIGSTOP")
    worker(redis)
    const done = await rig.jobs.wait(id, soon)
    expect(done).toMatchObject({ state: "done", attempt: 2 })
    first.kill("SIGCONT")
    await vi.waitFor(async () => expect((await rig.lane.inspect("cpu")).slots).toBe(2), until)
    expect(rig.jobs.get("ada", id)).toEqual(done)
    expect(charged(rig)).toMatchObject({ used: 1, held: 0 })
  })

  it("are all done when Redis is killed and comes back in the middle, with what it wrote down and without", async () => {
    const redis = await redisServer()
    const rig = await studio(redis)
    worker(redis)
    const submit = (ms: number) => rig.jobs.submit(probe, { ms }, ada).id
    for (const forget of [false, true]) {
      const ids = [submit(600), submit(0), submit(0)]
      await running(rig, ids[0] ?? "")
      await redis.kill()
      ids.push(submit(0))
      await redis.start({ forget })
      for (const id of ids) expect(await rig.jobs.wait(id, soon)).toMatchObject({ state: "done" })
    }
    expect(charged(rig)).toMatchObject({ used: 8, held: 0 })
    expect(rig.quota.checkInvariant()).toEqual([])
  })

  it("are accepted, listed and cancelled while Redis is not there, and done when it comes up", async () => {
    const redis = await redisServer({ running: false })
    const rig = await studio(redis)
    worker(redis)
    const { id } = rig.jobs.submit(probe, { note: "early" }, ada)
    const unwanted = rig.jobs.submit(probe, {}, ada)
    expect(rig.jobs.cancel("ada", unwanted.id).state).toBe("cancelled")
    expect(await rig.lane.health()).toMatchObject({ ok: false, hint: expect.stringContaining("Start Redis") })
    await expect(rig.lane.inspect("cpu")).rejects.toThrow(/cannot be reached: .*ECONNREFUSED/)
    await expect(rig.lane.offer("cpu", { jobId: "job_x", attempt: 1, token: 1, payload: {} })).rejects.toMatchObject({
      name: "LaneDown",
    })
    expect(rig.jobs.get("ada", id)?.state).toBe("waiting")
    await redis.start()
    expect(await rig.jobs.wait(id, soon)).toMatchObject({ state: "done", result: { note: "early" } })
  })

  it("wait while Redis stands still or is full, and are done afterwards; what runs is not lost by it", async () => {
    const redis = await redisServer()
    const rig = await studio(redis)
    worker(redis)
    const first = rig.jobs.submit(probe, { ms: 400 }, ada)
    await running(rig, first.id)
    const hands = new Redis(redis.url)
    await hands.config("SET", "maxmemory", "1")
    const second = rig.jobs.submit(probe, {}, ada)
    // Its result is stored although nothing new is taken.
    expect(await rig.jobs.wait(first.id, soon)).toMatchObject({ state: "done", attempt: 1 })
    await expect(rig.lane.offer("cpu", { jobId: "job_x", attempt: 1, token: 1, payload: {} })).rejects.toThrow(/OOM/)
    expect(rig.jobs.get("ada", second.id)?.state).toBe("waiting")
    await hands.config("SET", "maxmemory", "0")
    expect(await rig.jobs.wait(second.id, soon)).toMatchObject({ state: "done" })
    redis.freeze(true)
    const third = rig.jobs.submit(probe, {}, ada)
    await expect(rig.lane.inspect("cpu")).rejects.toMatchObject({ name: "LaneDown" })
    redis.freeze(false)
    expect(await rig.jobs.wait(third.id, soon)).toMatchObject({ state: "done" })
    hands.disconnect()
  })

  it("are not taken away by another studio that was given the same prefix; it says so", async () => {
    const redis = await redisServer({ args: ["--maxmemory-policy", "allkeys-lru"] })
    const rig = await studio(redis)
    const { id } = rig.jobs.submit(probe, {}, ada)
    await vi.waitFor(() => expect(rig.lane.inspect("cpu")).resolves.toMatchObject({ slots: 0 }), until)
    const { createBullmqLane } = await import("#src/platform/queue/lanes/bullmq.ts")
    const log = { warn: vi.fn() } as never
    const other = createBullmqLane({ url: redis.url, prefix: "atelier", log, studio: "other" })
    await expect(other.inspect("cpu")).rejects.toThrow(/another studio .* ATELIER_REDIS_PREFIX/)
    await other.close()
    worker(redis)
    expect(await rig.jobs.wait(id, soon)).toMatchObject({ state: "done" })
    expect((await rig.lane.health()).hint).toContain("maxmemory-policy to noeviction")
  })
})
