import { fork } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { afterEach, describe, expect, it } from "vitest"
import { z } from "zod"
import type { SubmitterOrder } from "#tests/platform/queue/probes/submitter.ts"
import { startRig } from "#tests/platform/queue/rig.ts"
import type { Rig } from "#tests/platform/queue/rig.ts"

const script = fileURLToPath(new URL("./probes/submitter.ts", import.meta.url))
const KILLS = 8
const children = new Set<ChildProcess>()
let dataDir = ""
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL")
  children.clear()
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

function submitter(order: SubmitterOrder): { child: ChildProcess; report: Promise<{ denied: number }> } {
  const child = fork(script, [], { execPath: process.execPath, execArgv: [], stdio: ["ignore", 2, 2, "ipc"] })
  children.add(child)
  const { promise: report, resolve } = Promise.withResolvers<{ denied: number }>()
  child.once("message", (message) => resolve(z.object({ denied: z.number() }).parse(message)))
  child.once("exit", () => children.delete(child))
  child.send(order)
  return { child, report }
}

const lines = async (path: string) => (existsSync(path) ? (await readFile(path, "utf8")).trim().split("\n") : [])

describe("many processes on one data directory", () => {
  it("grant exactly the limit to 51 callers from 3 processes", async () => {
    dataDir = await mkdtemp(join(tmpdir(), "atelier-limit-"))
    const rig = await startRig({ dataDir, workers: "none" })
    const promises = join(dataDir, "promises")
    const orderOf = (name: string): SubmitterOrder => ({
      dataDir,
      workers: "none",
      jobsPerDay: 10,
      keys: Array.from({ length: 17 }, (_, n) => `${name} ${n}`),
      payload: { ms: 0 },
      promises,
      leaseMs: 10_000,
    })
    const reports = await Promise.all(["a", "b", "c"].map((name) => submitter(orderOf(name)).report))
    expect(reports.reduce((sum, { denied }) => sum + denied, 0)).toBe(41)
    expect(await lines(promises)).toHaveLength(10)
    expect(rig.quota.show("ada")[0]).toMatchObject({ unit: "jobs", used: 0, held: 10 })
    expect(rig.quota.checkInvariant()).toEqual([])
    await rig.close()
  })

  it("lose no accepted job, commit none twice and leave the quota exact when workers and submitters are killed", async () => {
    const seed = Number(process.env.KILL_SEED ?? 1)
    const random = mulberry32(seed)
    dataDir = await mkdtemp(join(tmpdir(), "atelier-kill-"))
    const rig = await startRig({ dataDir, workers: "processes", leaseMs: 2_000, env: { ATELIER_WORKERS: "1" } })
    const [trail, promises] = [join(dataDir, "trail"), join(dataDir, "promises")]
    const orderOf = (from: number): SubmitterOrder => ({
      dataDir,
      workers: "processes",
      jobsPerDay: 500,
      keys: Array.from({ length: 20 }, (_, n) => `job ${from + n}`),
      payload: { ms: 80, trail },
      promises,
      leaseMs: 2_000,
    })
    const submitters = [0, 20, 40].map((from) => ({ from, ...submitter(orderOf(from)) }))
    let kills = 0
    for (let round = 0; round < 40 && kills < KILLS; round++) {
      await sleep(100 + random() * 200)
      const worker = pick(busyWorkers(rig), random)
      if (worker !== undefined && kill(worker)) kills++
      const place = round % 4 === 3 ? Math.floor(random() * submitters.length) : -1
      const victim = submitters[place]
      if (victim?.child.kill("SIGKILL")) {
        kills++
        // It comes back and says the same again, not knowing what it had said.
        submitters[place] = { from: victim.from, ...submitter(orderOf(victim.from)) }
      }
    }
    await Promise.all(submitters.map(({ report }) => report))
    await settled(rig)

    const promised = new Map((await lines(promises)).map((line) => line.split(/ (?=\S+$)/) as [string, string]))
    const rows = rig.db.all(row, "SELECT id, idem_key, state, attempt FROM job")
    const runs = (await lines(trail)).length
    const context = `seed ${seed}, ${kills} kills, ${runs} runs of ${rows.length} jobs`
    expect(kills, context).toBeGreaterThanOrEqual(KILLS)
    expect(promised.size, context).toBe(60)
    expect(new Map(rows.map((one) => [one.idem_key, one.id])), context).toEqual(promised)
    expect(
      rows.filter((one) => one.state !== "done"),
      context,
    ).toEqual([])
    expect(runs, context).toBeLessThanOrEqual(60 + kills)
    expect(rig.quota.show("ada")[0], context).toMatchObject({ unit: "jobs", used: 60, held: 0 })
    expect(rig.quota.checkInvariant(), context).toEqual([])
    expect(rig.quota.openHolds(), context).toEqual([])
    expect(rig.db.check()).toBe("ok")
    await rig.close()
  })
})

const row = z.object({ id: z.string(), idem_key: z.string(), state: z.string(), attempt: z.number() })
const pidRow = z.object({ pid: z.number() })

function busyWorkers({ db }: Rig): number[] {
  return db
    .all(
      pidRow,
      "SELECT DISTINCT w.pid FROM lane_worker w JOIN lane_entry e ON e.worker = w.id WHERE e.state = 'active'",
    )
    .map(({ pid }) => pid)
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL")
  } catch {
    return false // it ended by itself in between
  }
}

async function settled(rig: Rig): Promise<void> {
  for (let round = 0; round < 300; round++) {
    const open = rig.db.get(z.object({ n: z.number() }), "SELECT count(*) AS n FROM job WHERE ended_at IS NULL")
    if (open?.n === 0) return
    await sleep(50)
  }
  throw new Error(`still open: ${JSON.stringify(rig.jobs.list("ada", { states: ["waiting", "running"] }))}`)
}

function pick<T>(from: readonly T[], random: () => number): T | undefined {
  return from[Math.floor(random() * from.length)]
}

/** Small seeded generator, public domain (Tommy Ettinger). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
