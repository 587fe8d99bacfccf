import { mkdtemp, readFile, rm } from "node:fs/promises"
import { getPriority, tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, describe, expect, it, vi } from "vitest"
import { z } from "zod"
import { SERVER_LANE } from "#src/job.ts"
import { loadConfig } from "#src/platform/config.ts"
import { createLog } from "#src/platform/log.ts"
import { createPool } from "#workers/pool.ts"
import { job as probe } from "#tests/platform/queue/probes/probe/run.job.ts"
import { callerOf, startRig } from "#tests/platform/queue/rig.ts"
import type { Rig, RigOptions } from "#tests/platform/queue/rig.ts"

const ada = { caller: callerOf("ada"), title: "a probe" }
const soon = { timeoutMs: 15_000 }
const until = { timeout: 10_000, interval: 20 }
let rigs: Rig[] = []
let folders: string[] = []
const open = async (options: RigOptions = {}) => {
  const rig = await startRig({ workers: "processes", ...options, env: { ATELIER_WORKERS: "1", ...options.env } })
  rigs.push(rig)
  return rig
}
const folder = async () => {
  const path = await mkdtemp(join(tmpdir(), "atelier-pool-"))
  folders.push(path)
  return path
}
const running = async (rig: Rig, id: string) =>
  vi.waitFor(() => expect(rig.jobs.get("ada", id)?.state).toBe("running"), until)
const alive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
const count = z.object({ n: z.number() })
/** Process that runs a job now. */
const workerOf = (rig: Rig, id: string) => {
  const found = rig.db.get(
    z.object({ pid: z.number() }),
    "SELECT w.pid FROM lane_entry e JOIN lane_worker w ON w.id = e.worker WHERE e.job_id = :id AND e.state = 'active'",
    { id },
  )
  if (!found) throw new Error(`nobody runs ${id}`)
  return found.pid
}
afterEach(async () => {
  for (const rig of rigs) await rig.close()
  for (const path of folders) await rm(path, { recursive: true, force: true })
  rigs = []
  folders = []
})

describe("worker processes", () => {
  it("stand back behind the server, which answers people", async () => {
    const rig = await open()
    const { id } = rig.jobs.submit(probe, { note: "far" }, ada)
    await rig.jobs.wait(id, soon)
    const [pid] = rig.pids()
    expect(getPriority(pid)).toBeGreaterThan(getPriority())
  })

  it("start with the first job, run what this process accepted, and end with the pool", async () => {
    const rig = await open()
    expect(rig.pids()).toEqual([])
    const { id } = rig.jobs.submit(probe, { note: "far" }, ada)
    const done = await rig.jobs.wait(id, soon)
    const [pid = 0] = rig.pids()
    expect(done).toMatchObject({ state: "done", result: { pid, note: "far" } })
    expect(pid).not.toBe(process.pid)
    await rig.close()
    rigs = []
    expect(alive(pid)).toBe(false)
  })

  it("count a run that takes its process down as one attempt, and are started again", async () => {
    const rig = await open()
    const once = rig.jobs.submit(probe, { mode: "crash", untilAttempt: 1 }, ada)
    expect(await rig.jobs.wait(once.id, soon)).toMatchObject({ state: "done", attempt: 2 })
    const always = rig.jobs.submit({ ...probe, attempts: 2 }, { mode: "crash" }, ada)
    const failed = await rig.jobs.wait(always.id, soon)
    expect(failed).toMatchObject({ state: "failed", attempt: 2, error: { code: "backend" } })
    expect(failed.error?.problem).toMatch(/worker stopped in the middle/)
    expect(rig.quota.show("ada")[0]).toMatchObject({ unit: "jobs", used: 1, held: 0 })
  })

  it("run jobs that another process with the same data directory accepted", async () => {
    const dataDir = await folder()
    const server = await open({ dataDir })
    const client = await open({ dataDir, workers: "none" })
    const first = server.jobs.submit(probe, {}, ada)
    await server.jobs.wait(first.id, soon)
    const { id } = client.jobs.submit(probe, { note: "from outside" }, ada)
    expect(await client.jobs.wait(id, soon)).toMatchObject({ state: "done", result: { pid: server.pids()[0] } })
    expect(server.jobs.get("ada", id)?.state).toBe("done")
  })

  it("hand back what they run when they are stopped; the next process goes on, with no attempt lost", async () => {
    const dataDir = await folder()
    const first = await open({ dataDir })
    const { id } = first.jobs.submit(probe, { ms: 1_000 }, ada)
    await running(first, id)
    await first.close()
    rigs = rigs.filter((rig) => rig !== first)
    const second = await open({ dataDir })
    expect(await second.jobs.wait(id, soon)).toMatchObject({ state: "done", attempt: 1 })
  })

  it("are ended when a handler does not obey a cancel, and the next job runs", async () => {
    const rig = await open()
    const { id } = rig.jobs.submit(probe, { mode: "ignore_signal", ms: 30_000 }, ada)
    await running(rig, id)
    const [pid = 0] = rig.pids()
    rig.jobs.cancel("ada", id)
    expect(await rig.jobs.wait(id, { timeoutMs: 5_000 })).toMatchObject({ state: "cancelled" })
    const next = rig.jobs.submit(probe, {}, ada)
    expect(await rig.jobs.wait(next.id, soon)).toMatchObject({ state: "done" })
    expect(alive(pid)).toBe(false)
  })

  it("are one per job that computes, and one for many that wait for servers; each lane has its own", async () => {
    const rig = await open({ dataDir: await folder(), workers: "none" })
    const config = { ...rig.config, workers: 2 }
    const pool = createPool({ config, log: createLog("silent") })
    const slots = async (lane: string) => (await rig.lane.inspect(lane)).slots
    pool.start(SERVER_LANE)
    await vi.waitFor(async () => expect(await slots(SERVER_LANE)).toBe(16), until)
    expect(pool.pids()).toHaveLength(1)
    expect(await slots("cpu")).toBe(0)
    for (let n = 0; n < 3; n++) pool.start("cpu")
    await vi.waitFor(async () => expect(await slots("cpu")).toBe(2), until)
    expect(pool.pids()).toHaveLength(3)
    await pool.stop()
    expect([await slots("cpu"), await slots(SERVER_LANE)]).toEqual([0, 0])
  })

  it("are killed and replaced when they say nothing for too long", async () => {
    const dataDir = await folder()
    const config = loadConfig(
      { ATELIER_DATA: dataDir, ATELIER_WORKERS: "1", ATELIER_LOG: "silent" },
      join(dataDir, "no.env"),
    )
    const pool = createPool({ config, log: createLog("silent"), silentMs: 2_500 })
    pool.start("cpu")
    const [first = 0] = pool.pids()
    process.kill(first, "SIGSTOP")
    await vi.waitFor(() => expect(pool.pids()).not.toEqual([first]), until)
    expect(alive(first)).toBe(false)
    await pool.stop()
    expect(pool.pids()).toEqual([])
  })

  it("lose their attempt when stopped for longer than the lease; the late result is refused", async () => {
    const dataDir = await folder()
    const trail = join(dataDir, "trail")
    const rig = await open({ dataDir, leaseMs: 1_000, env: { ATELIER_WORKERS: "2" } })
    const { id } = rig.jobs.submit(probe, { ms: 400, trail }, ada)
    await running(rig, id)
    const stopped = await vi.waitFor(() => {
      const pid = workerOf(rig, id)
      process.kill(pid, "SIGSTOP")
      return pid
    }, until)
    const done = await rig.jobs.wait(id, soon)
    expect(done).toMatchObject({ state: "done", attempt: 2 })
    expect(done.result).not.toMatchObject({ pid: stopped })
    process.kill(stopped, "SIGCONT")
    // The stopped worker ends its sleep and wants to report; or it notices the lost lease first. Neither may count.
    await vi.waitFor(() => expect(rig.db.get(count, "SELECT count(*) AS n FROM lane_worker")?.n).toBe(2), until)
    expect(rig.jobs.get("ada", id)).toEqual(done)
    expect((await readFile(trail, "utf8")).trim().split("\n").length).toBeGreaterThan(0)
    expect(rig.quota.show("ada")[0]).toMatchObject({ unit: "jobs", used: 1, held: 0 })
  })
})
