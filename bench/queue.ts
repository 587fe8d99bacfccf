import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { LaneHandler } from "#src/platform/queue/lane.ts"
import { job as probe } from "#tests/platform/queue/probes/probe/run.job.ts"
import { callerOf, startRig } from "#tests/platform/queue/rig.ts"
import type { Rig, RigOptions } from "#tests/platform/queue/rig.ts"
import { hasRedis, startRedis } from "#tests/servers/redis.ts"
import { ourBullmq, ourSqlite, rawBullmq, startLatency, throughput } from "./queue.lanes.ts"
import type { Carrier } from "./queue.lanes.ts"

// Figures of the queue on this machine, with whatever else runs there: read the ratios, whose sides are measured in turn.
const JOBS = Number(process.argv[2] ?? 200)
const ROUNDS = 5
const ada = { caller: callerOf("ada"), title: "bench" }
const env = { ATELIER_QUOTA_JOBS_PER_DAY: "1000000", ATELIER_WORKERS: "1" }

const quantile = (times: number[], q: number) =>
  [...times].sort((a, b) => a - b)[Math.floor(q * (times.length - 1))] ?? 0
const perSecond = (n: number, took: number) => Math.round((n / took) * 1000)
const ms = (value: number) => `${value.toFixed(1)} ms`
const goal = (holds: boolean, words: string) => `  goal ${words}: ${holds ? "met" : "MISSED"}`

/** Rounds of one measurement of every kind, so that what else runs on the machine meets all of them. */
async function inTurn<T>(kinds: Record<string, () => Promise<T>>, rounds: number): Promise<Record<string, T[]>> {
  const found: Record<string, T[]> = Object.fromEntries(Object.keys(kinds).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [name, measure] of Object.entries(kinds)) found[name]?.push(await measure())
  return found
}

/** Median of the ratios of the rounds. */
const ratio = (ours: number[] = [], peer: number[] = []) =>
  quantile(
    ours.map((value, round) => value / (peer[round] ?? Number.NaN)),
    0.5,
  )
const middle = (values: number[] = []) => quantile(values, 0.5)

async function compareLanes(url: string): Promise<void> {
  const kinds: Record<string, () => Promise<Carrier>> = {
    raw: () => rawBullmq(url),
    bullmq: () => ourBullmq(url),
    normal: () => ourSqlite("NORMAL"),
    full: () => ourSqlite("FULL"),
  }
  for (const open of [kinds.raw, kinds.bullmq]) if (open) await throughput(open, 100, 10)
  for (const slots of [1, 10]) {
    const measures = Object.entries(kinds).map(
      ([name, open]) => [name, () => throughput(open, name === "full" ? JOBS : JOBS * 5, slots)] as const,
    )
    const rates = await inTurn(Object.fromEntries(measures), ROUNDS)
    const figures = Object.entries(rates).map(([name, values]) => `${name} ${Math.round(middle(values))}/s`)
    console.log(`claim + complete, ${slots} ${slots === 1 ? "slot" : "slots"}: ${figures.join(", ")}`)
    if (slots === 1) continue
    const [embedded, ours] = [ratio(rates.normal, rates.raw), ratio(rates.bullmq, rates.raw)]
    console.log(`  embedded with synchronous=FULL beside raw BullMQ: ${ratio(rates.full, rates.raw).toFixed(2)}×`)
    console.log(`  embedded with synchronous=NORMAL beside raw BullMQ: ${embedded.toFixed(2)}×`)
    console.log(goal(embedded >= 1, "≥ 1.0×"))
    console.log(`  our BullMQ lane beside raw BullMQ: ${ours.toFixed(2)}×`)
    console.log(goal(ours >= 0.8, "≥ 0.8×"))
  }
  const latencies = Object.entries(kinds).map(([name, open]) => [name, () => startLatency(open, 30)] as const)
  const times = await inTurn(Object.fromEntries(latencies), 2)
  const all = Object.entries(times).map(([name, values]) => [name, values.flat()] as const)
  const figures = all.map(([name, one]) => `${name} p50 ${ms(quantile(one, 0.5))} p95 ${ms(quantile(one, 0.95))}`)
  console.log(`add → start, in one process: ${figures.join(", ")}`)
  const p50 = Object.fromEntries(all.map(([name, one]) => [name, quantile(one, 0.5)]))
  console.log(goal((p50.normal ?? 0) <= (p50.raw ?? 0), "embedded p50 ≤ that of raw BullMQ"))
}

/** From the end of one job to the start of the next, with one slot and a backlog: settle, decide, offer, claim. */
async function handOver(options: RigOptions): Promise<number[]> {
  const rig = await startRig({ workers: "none", ...options, env: { ...env, ...options.env } })
  const runs: { start: number; end: number }[] = []
  const handler: LaneHandler = async () => {
    const start = performance.now()
    await sleep(5)
    runs.push({ start, end: performance.now() })
    return { pid: process.pid, note: "" }
  }
  const ids = Array.from({ length: 60 }, () => rig.jobs.submit(probe, {}, ada).id)
  await rig.lane.consume("cpu", handler, { slots: 1, leaseMs: 10_000 })
  for (const id of ids) await rig.jobs.wait(id, { timeoutMs: 60_000 })
  await rig.close()
  return runs.slice(1).map(({ start }, before) => start - (runs[before]?.end ?? start))
}

async function compareHandOver(url: string | undefined): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "atelier-bench-"))
  const kinds: Record<string, () => Promise<number[]>> = { embedded: () => handOver({ dataDir }) }
  if (url !== undefined) kinds["in Redis"] = () => handOver({ dataDir, env: { REDIS_URL: url } })
  for (const [name, rounds] of Object.entries(await inTurn(kinds, 3))) {
    const gaps = rounds.flat()
    const p95 = quantile(gaps, 0.95)
    console.log(`hand-over, ${name}: p50 ${ms(quantile(gaps, 0.5))}, p95 ${ms(p95)}`)
    console.log(goal(p95 <= 25, "p95 ≤ 25 ms"))
  }
  await rm(dataDir, { recursive: true, force: true })
}

async function wholeJobs(rig: Rig): Promise<{ accept: number; rate: number }> {
  const start = performance.now()
  const ids = Array.from({ length: JOBS }, () => rig.jobs.submit(probe, {}, ada).id)
  const accepted = performance.now()
  for (const id of ids) await rig.jobs.wait(id, { timeoutMs: 120_000 })
  return { accept: perSecond(JOBS, accepted - start), rate: perSecond(JOBS, performance.now() - start) }
}

/** Submission to the start of the handler in another process (same clock), and to the result seen here. */
async function latency(rig: Rig, count: number): Promise<{ starts: number[]; ends: number[] }> {
  const starts: number[] = []
  const ends: number[] = []
  for (let n = 0; n < count; n++) {
    await sleep(Math.random() * 30)
    const at = performance.now()
    const { id } = rig.jobs.submit(probe, {}, ada)
    const view = await rig.jobs.wait(id, { timeoutMs: 30_000 })
    ends.push(performance.now() - at)
    starts.push((view.startedAt ?? 0) - view.createdAt)
  }
  return { starts, ends }
}

async function acrossProcesses(name: string, more: Record<string, string>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "atelier-bench-"))
  const rig = await startRig({ dataDir, workers: "processes", env: { ...env, ...more } })
  await rig.jobs.wait(rig.jobs.submit(probe, {}, ada).id, { timeoutMs: 30_000 })
  const { accept, rate } = await wholeJobs(rig)
  const { starts, ends } = await latency(rig, 60)
  console.log(`whole jobs, ${name} (accept, quota, offer, run in another process, settle): ${rate}/s`)
  console.log(`  accept + hold: ${accept}/s`)
  console.log(`  add → start: p50 ${ms(quantile(starts, 0.5))}, p95 ${ms(quantile(starts, 0.95))}`)
  console.log(goal(quantile(starts, 0.5) <= 10, "p50 ≤ 10 ms"))
  console.log(`  add → result: p50 ${ms(quantile(ends, 0.5))}, p95 ${ms(quantile(ends, 0.95))}`)
  await rig.close()
  await rm(dataDir, { recursive: true, force: true })
}

// As it is usually run: the log of Redis reaches the disk once a second.
const redis = hasRedis ? await startRedis({ args: ["--appendfsync", "everysec"] }) : undefined
if (redis) await compareLanes(redis.url)
else console.log("No redis-server here (Debian: apt install redis-server): BullMQ is left out.")
await compareHandOver(redis?.url)
await acrossProcesses("embedded", {})
if (redis) await acrossProcesses("in Redis", { REDIS_URL: redis.url })
await redis?.close()
