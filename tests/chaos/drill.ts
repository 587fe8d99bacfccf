import { appendFileSync, existsSync } from "node:fs"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { z } from "zod"
import { createQuota } from "#src/platform/quota/quota.ts"
import { loadConfig } from "#src/platform/config.ts"
import { databasePath, openDataDir } from "#src/platform/store/data-dir.ts"
import { openDb, type Db } from "#src/platform/store/db.ts"
import { createWitness, judge, type Verdict } from "#tests/chaos/check.ts"
import type { Fault, World } from "#tests/chaos/faults.ts"
import { signalProcess, startStudio, type StudioProcess } from "#tests/chaos/world.ts"
import { seeded } from "#tests/seeded.ts"
import { startComfyUi, type ComfyUi } from "#tests/servers/comfyui/server.ts"
import { startRedis } from "#tests/servers/redis.ts"

export interface DrillOptions {
  driver: "sqlite" | "bullmq"
  /** Processes killed with -9: workers mostly, now and then the studio itself. */
  kills: number
  jobs: number
  seed: number
  fault?: Fault
  workers?: number
  leaseMs?: number
  /** Milliseconds of one job of this machine. */
  jobMs?: number
  signal?: AbortSignal
}

export interface Report extends Verdict {
  kills: number
  seconds: number
  /** Longest wait for an answer of a living studio, ms. */
  slowestAcceptMs: number
  /** Answers that a job could not be stored: the client sent it again. */
  refused: number
  /** Runs that the servers were asked for: more than one for a job is work that is paid twice. */
  sent: number
}

const ACCOUNTS = 5
/** A fifth more is asked for than the limits allow, so that there is something to refuse. */
const ASKED = 1.2
const LOOK_EVERY_MS = 50
const ENDS_WITHIN_MS = 180_000

/** Lets clients ask for jobs while things break, waits for the end of all work, and judges. */
export async function drill(options: DrillOptions): Promise<Report> {
  const { jobs, seed, fault, leaseMs = 2_000, signal = new AbortController().signal } = options
  const began = performance.now()
  const random = seeded(seed)
  const dataDir = await mkdtemp(join(tmpdir(), "atelier-chaos-"))
  const trail = join(dataDir, "trail")
  const promises = join(dataDir, "promises")
  const limit = Math.ceil(jobs / ACCOUNTS)
  const redis = options.driver === "bullmq" ? await startRedis({ running: fault?.startsDown !== true }) : undefined
  const servers = fault?.servers ? await Promise.all([startComfyUi(), startComfyUi()]) : []
  const env = {
    ATELIER_DATA: dataDir,
    ATELIER_WORKERS: String(options.workers ?? 2),
    ATELIER_QUOTA_JOBS_PER_DAY: String(limit),
    ...(redis ? { REDIS_URL: redis.url } : {}),
  }
  const db = prepare(dataDir, servers)
  const witness = createWitness(db, limit)
  const looking = setInterval(witness.look, LOOK_EVERY_MS)
  let studio: StudioProcess | undefined
  try {
    studio = await startStudio({ env, leaseMs, trail })
    const world: World = { studio, redis, servers, leaseMs, random, signal }
    const clients = askAll({ ...options, studio, promises, random, signal })
    const killed = await disturb(world, options, { clients, isUnderWay: () => countEnded(db) >= jobs / 10 })
    const { promised, denied } = await clients
    await ended(db, signal)
    witness.look()
    const quota = createQuota({
      db,
      clock: { now: () => Date.now() },
      config: loadConfig(env, join(dataDir, "no.env")),
    })
    const runs = existsSync(trail) ? (await readFile(trail, "utf8")).trim().split("\n").length : 0
    const verdict = judge({
      db,
      promised,
      denied,
      runs,
      limit,
      witness,
      openHolds: quota.openHolds(),
      violations: quota.checkInvariant().length,
    })
    return {
      ...verdict,
      kills: killed,
      seconds: (performance.now() - began) / 1000,
      slowestAcceptMs: studio.slowest(),
      refused: studio.refused(),
      sent: servers.reduce((sum, server) => sum + server.posted.length, 0),
    }
  } finally {
    clearInterval(looking)
    await studio?.kill()
    await Promise.all(servers.map((server) => server.close()))
    await redis?.close()
    db.close()
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
}

function prepare(dataDir: string, servers: readonly ComfyUi[]): Db {
  openDataDir(dataDir).close()
  const db = openDb(databasePath(dataDir))
  for (const id of accounts()) db.run("INSERT INTO account (id, name, created_at) VALUES (:id, :id, 0)", { id })
  for (const [index, { url }] of servers.entries())
    db.run(
      `INSERT INTO server (id, name, kind, url, slots, settings, created_at, ok, probed_at)
       VALUES (:name, :name, 'comfyui', :url, 1, '{}', 0, 1, 1)`,
      { name: `gpu${index + 1}`, url },
    )
  return db
}

const accounts = () => Array.from({ length: ACCOUNTS }, (_, n) => `client${n}`)

interface Asking extends DrillOptions {
  studio: StudioProcess
  promises: string
  random(): number
  signal: AbortSignal
}

/** Every account asks for its jobs one after the other and writes down what it is promised. */
async function askAll({ studio, promises, jobs, jobMs = 40, fault, random, signal }: Asking) {
  const promised = new Map<string, string>()
  let denied = 0
  const ask = async (account: string) => {
    for (let n = 0; n < Math.ceil((jobs * ASKED) / ACCOUNTS); n++) {
      const key = `${account}-${n}`
      const kind = fault?.servers ? "picture" : "step"
      const id = await studio.accept({ do: "accept", key, account, kind, ms: jobMs * (0.5 + random()) }, signal)
      if (id === undefined) denied++
      else {
        promised.set(key, id)
        appendFileSync(promises, `${key} ${id}\n`)
      }
      await sleep(random() * 20, undefined, { signal })
    }
  }
  await Promise.all(accounts().map(ask))
  return { promised, denied }
}

/** Kills, and the fault, spread over the time in which there is work. Returns how many processes were killed. */
async function disturb(
  world: World,
  { kills, fault }: DrillOptions,
  { clients, isUnderWay }: { clients: Promise<unknown>; isUnderWay(): boolean },
): Promise<number> {
  const { studio, random, signal } = world
  const asking = new AbortController()
  void clients.finally(() => asking.abort()).catch(() => undefined)
  // Before there is work nothing that happens can do harm.
  if (!fault?.startsDown && !fault?.early) while (!isUnderWay()) await sleep(20, undefined, { signal })
  const striking = fault?.strike(world)
  let killed = 0
  for (let round = 0; killed < kills && (!asking.signal.aborted || round < kills * 4); round++) {
    await sleep(80 + random() * 240, undefined, { signal })
    // A fault that restarts the studio itself is left to do so.
    if (random() < 0.2 && fault?.name !== "disk-full") {
      await studio.kill()
      killed++
      await studio.start()
    } else {
      const workers = studio.workers()
      const victim = workers[Math.floor(random() * workers.length)]
      if (victim !== undefined && signalProcess(victim, "SIGKILL")) killed++
    }
  }
  await striking
  return killed
}

async function ended(db: Db, signal: AbortSignal): Promise<void> {
  const limit = performance.now() + ENDS_WITHIN_MS
  while (performance.now() < limit && count(db, "ended_at IS NULL") > 0) await sleep(100, undefined, { signal })
}

const countEnded = (db: Db) => count(db, "ended_at IS NOT NULL")

function count(db: Db, condition: string): number {
  return db.get(z.object({ n: z.number() }), `SELECT count(*) AS n FROM job WHERE ${condition}`)?.n ?? 0
}
