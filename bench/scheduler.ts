import { parseArgs } from "node:util"
import { choose } from "#src/platform/queue/schedule.ts"
import type { WaitingJob } from "#src/platform/queue/schedule.ts"
import { outlook } from "#src/platform/queue/schedule.outlook.ts"
import { simulate } from "#tests/platform/queue/simulator/engine.ts"
import { affinityOnly, fairOnly, fifo, ours } from "#tests/platform/queue/simulator/policy.ts"
import type { Policy } from "#tests/platform/queue/simulator/policy.ts"
import { meanScore, quantile, score } from "#tests/platform/queue/simulator/score.ts"
import type { Score } from "#tests/platform/queue/simulator/score.ts"
import { makeWorkload, MODELS } from "#tests/platform/queue/simulator/workload.ts"
import { seeded } from "#tests/seeded.ts"
import type { Crowd } from "#tests/platform/queue/simulator/workload.ts"

// The choice of GPU servers, on simulated days: deterministic, so that every figure but the decision times is the same on
// every machine. `-- --light 40 --servers 6` plays another day, `-- --delta 60` another bound of affinity. The goals are for
// the mean of twenty seeds; single days scatter around them.

const USAGE = "Options, all numbers: --seeds --delta; another day: --light --heavy --hours --servers --vram (GB)."

interface Scenario {
  name: string
  crowd: Crowd
  /** Of each server. */
  gb: number[]
  goals: Goal[]
}

/** A bound on a ratio between our figure and that of another policy. */
interface Goal {
  figure: keyof Score
  against: Policy
  atMost: number
}

const goal = (figure: keyof Score, atMost: number, against = fifo): Goal => ({ figure, atMost, against })
const goals = (lightP95: number): Goal[] => [
  goal("lightP95", lightP95),
  goal("swaps", 0.35),
  goal("makespan", 0.9),
  goal("makespan", 1.05, affinityOnly),
  goal("rushP95", 0.05),
]
const servers = (count: number, gb: number) => Array.from({ length: count }, () => gb)
const DAY: Crowd = { light: 12, heavy: 3, hours: 1 }
/** Only the largest server can run it. */
const largeFilm = MODELS.map((model) => (model.signature === "film" ? { ...model, gb: 30 } : model))

const SCENARIOS: Scenario[] = [
  { name: "moderate", crowd: DAY, gb: servers(4, 24), goals: goals(0.35) },
  { name: "overload", crowd: { ...DAY, light: 30 }, gb: servers(4, 24), goals: goals(0.5) },
  {
    name: "everything fits",
    crowd: DAY,
    gb: servers(2, 48),
    goals: [goal("lightP50", 0.5), goal("makespan", 1.01), goal("rushP95", 0.05)],
  },
  {
    name: "one large server of four",
    crowd: { ...DAY, models: largeFilm },
    gb: [48, ...servers(3, 24)],
    goals: [goal("lightP95", 0.35), goal("makespan", 1.01), goal("rushP95", 0.05)],
  },
]

const COLUMNS: { figure: keyof Score; title: string }[] = [
  { figure: "makespan", title: "makespan" },
  { figure: "lightP50", title: "light p50" },
  { figure: "lightP95", title: "light p95" },
  { figure: "worstLight", title: "worst light" },
  { figure: "rushP95", title: "rush p95" },
  { figure: "swaps", title: "swaps" },
  { figure: "load", title: "load %" },
]

/** Plays all policies, prints them, and says whether ours keeps to the goals. */
function play({ name, crowd, gb, goals }: Scenario, mine: Policy, seeds: number): boolean {
  console.log(
    `\n${name}: ${gb.join(" + ")} GB, ${crowd.light} light and ${crowd.heavy} heavy users, ${crowd.hours} h; mean of ${seeds} seeds, seconds`,
  )
  console.log(`${"".padEnd(15)}${COLUMNS.map(({ title }) => title.padStart(12)).join("")}`)
  const scores = new Map<Policy, Score>()
  for (const policy of [fifo, affinityOnly, fairOnly, mine]) {
    const runs = Array.from({ length: seeds }, (_, n) => simulate(makeWorkload(crowd, seeded(n + 1)), gb, policy))
    const result = meanScore(runs.map(score))
    scores.set(policy, result)
    const cells = COLUMNS.map(({ figure }) => (result[figure] * (figure === "load" ? 100 : 1)).toFixed(0).padStart(12))
    console.log(`${policy.name.padEnd(15)}${cells.join("")}`)
  }
  const verdicts = goals.map(({ figure, against, atMost }) => {
    const ratio = (scores.get(mine)?.[figure] ?? NaN) / (scores.get(against)?.[figure] ?? NaN)
    const met = ratio <= atMost
    const title = COLUMNS.find((column) => column.figure === figure)?.title ?? figure
    console.log(
      `  ${met ? "ok  " : "MISS"} ${title} / ${against.name}: ${ratio.toFixed(3)}, goal at most ${atMost.toFixed(2)}`,
    )
    return met
  })
  return verdicts.every(Boolean)
}

const BACKLOG = 10_000
const ROUNDS = 100
const WARM_UP = 5

/** Ten thousand waiting jobs of thirty accounts and twelve models, eight servers of two sizes: one decision, one outlook. */
function timeDecisions(): void {
  const random = seeded(1)
  const needs = Array.from({ length: 12 }, (_, n) => ({
    kinds: ["comfyui"],
    vramMb: 6_000 + 3_000 * n,
    requires: [`model ${n}`, "KSampler", "SaveImage"],
  }))
  const jobs = Array.from({ length: BACKLOG }, (_, n): WaitingJob => {
    const model = Math.floor(random() * needs.length)
    return {
      id: `job ${n}`,
      accountId: `account ${Math.floor(random() * 30)}`,
      urgency: n < BACKLOG / 50 ? 0 : 1,
      tag: n,
      seq: n,
      signature: `model ${model}`,
      seconds: 6 + 74 * random(),
      needs: needs[model] ?? { kinds: [], requires: [] },
      avoid: {},
    }
  })
  const fleet = Array.from({ length: 8 }, (_, n) => ({
    id: `gpu ${n}`,
    kind: "comfyui",
    slots: 1,
    inFlight: 0,
    vramMb: n === 0 ? 48_000 : 24_000,
    has: () => true,
    warm: [`model ${n}`],
    open: true,
  }))
  console.log(`\n${BACKLOG} waiting jobs, 8 servers; CPU time`)
  report("a decision that fills 8 slots, ms (goal 5)", ROUNDS, () => choose(jobs, fleet, new Map()))
  report("the outlook of all, ms (goal 50)", ROUNDS / 5, () => outlook(jobs, fleet, [], { loadS: () => 20 }))
}

/** In CPU time of this thread, so that whatever else the machine does counts little. */
function report(what: string, rounds: number, work: () => unknown): void {
  for (let n = 0; n < WARM_UP; n++) work()
  const times = Array.from({ length: rounds }, () => {
    const before = process.threadCpuUsage()
    work()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000
  })
  console.log(`  ${what}: p50 ${quantile(times, 0.5).toFixed(1)}, p95 ${quantile(times, 0.95).toFixed(1)}`)
}

/** The scenarios to play: ours, or the one that the options describe, which has no goals. */
function readOptions(): { seeds: number; mine: Policy; scenarios: Scenario[] } {
  const names = ["seeds", "delta", "light", "heavy", "hours", "servers", "vram"] as const
  const { values } = parseArgs({
    options: Object.fromEntries(names.map((name) => [name, { type: "string" }] as const)),
  })
  const read = (name: (typeof names)[number], standard: number) => {
    const value = Number(values[name] ?? standard)
    if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} ${String(values[name])}. ${USAGE}`)
    return value
  }
  const mine = values.delta === undefined ? ours() : ours({ deltaS: read("delta", 0) })
  const seeds = Math.max(1, read("seeds", 20))
  if (!["light", "heavy", "hours", "servers", "vram"].some((name) => values[name] !== undefined))
    return { seeds, mine, scenarios: SCENARIOS }
  const crowd = { light: read("light", DAY.light), heavy: read("heavy", DAY.heavy), hours: read("hours", DAY.hours) }
  const gb = servers(Math.max(1, read("servers", 4)), read("vram", 24))
  return { seeds, mine, scenarios: [{ name: "as asked", crowd, gb, goals: [] }] }
}

const { seeds, mine, scenarios } = readOptions()
const met = scenarios.map((scenario) => play(scenario, mine, seeds))
timeDecisions()
if (!met.every(Boolean)) {
  console.error("\nA goal was missed.")
  process.exitCode = 1
}
