import { beforeAll, describe, expect, it } from "vitest"
import { simulate } from "#tests/platform/queue/simulator/engine.ts"
import { affinityOnly, fairOnly, fifo, ours } from "#tests/platform/queue/simulator/policy.ts"
import type { Policy } from "#tests/platform/queue/simulator/policy.ts"
import { meanScore, score } from "#tests/platform/queue/simulator/score.ts"
import type { Score } from "#tests/platform/queue/simulator/score.ts"
import { makeWorkload, MODELS } from "#tests/platform/queue/simulator/workload.ts"
import { seeded } from "#tests/seeded.ts"
import type { Crowd } from "#tests/platform/queue/simulator/workload.ts"

// Two simulated hours, in simulated time: the same figures on every machine. `npm run bench:scheduler` plays twenty, with
// tighter bounds.

const SEEDS = [1, 2]
const play = (crowd: Crowd, gb: number[], policy: Policy) =>
  meanScore(SEEDS.map((seed) => score(simulate(makeWorkload(crowd, seeded(seed)), gb, policy))))
const FOUR = [24, 24, 24, 24]

describe("an hour with heavy and light users on four servers", () => {
  const crowd = { light: 12, heavy: 3, hours: 1 }
  let [mine, first, warm, fair]: Score[] = []
  beforeAll(() => {
    ;[mine, first, warm, fair] = [ours(), fifo, affinityOnly, fairOnly].map((policy) => play(crowd, FOUR, policy))
  })
  const ratio = (figure: keyof Score, to: Score | undefined) => (mine?.[figure] ?? NaN) / (to?.[figure] ?? NaN)

  it("makes light users wait far less than in order of arrival, and people in a hurry hardly at all", () => {
    expect(ratio("lightP95", first)).toBeLessThan(0.2)
    expect(ratio("worstLight", first)).toBeLessThan(0.25)
    expect(ratio("rushP95", first)).toBeLessThan(0.05)
  })

  it("loads models far less often than in order of arrival or in fair order, so that all is done sooner", () => {
    expect(ratio("swaps", first)).toBeLessThan(0.4)
    expect(ratio("swaps", fair)).toBeLessThan(0.4)
    expect(ratio("makespan", first)).toBeLessThan(0.95)
  })

  it("takes hardly longer for everything than if only the models in memory counted", () => {
    expect(ratio("makespan", warm)).toBeLessThan(1.07)
  })
})

describe("other houses", () => {
  it("let nobody wait for ever behind jobs that need no loading", () => {
    const [photo, film] = ["photo", "film"].map((name) => MODELS.find(({ signature }) => signature === name))
    if (!photo || !film) throw new Error("models are missing")
    const common = { rush: false, heavy: false }
    const batch = Array.from({ length: 200 }, () => ({
      ...common,
      atS: 0,
      accountId: "batch",
      model: photo,
      runS: photo.runS,
    }))
    const one = { ...common, atS: 100, accountId: "one", model: film, runS: film.runS }
    const waitOf = (policy: Policy) =>
      simulate([...batch, one], [16], policy).runs.find(({ submission }) => submission === one)?.waitS ?? NaN
    // 16 GB hold one of the two. The job that runs, δ seconds of others, one more that was still within δ, and loading.
    expect(waitOf(ours())).toBeLessThan(photo.runS + 120 + photo.runS + film.loadS)
    expect(waitOf(affinityOnly)).toBeGreaterThan(6_000)
  })

  it("stay fair when more is asked for than servers can do", () => {
    const crowd = { light: 30, heavy: 3, hours: 1 }
    const [mine, first] = [play(crowd, FOUR, ours()), play(crowd, FOUR, fifo)]
    expect(mine.lightP95 / first.lightP95).toBeLessThan(0.5)
    expect(mine.swaps / first.swaps).toBeLessThan(0.35)
  })

  it("do not put newcomers behind work that only one large server can do", () => {
    const models = MODELS.map((model) => (model.signature === "film" ? { ...model, gb: 30 } : model))
    const crowd = { light: 12, heavy: 3, hours: 1, models }
    const gb = [48, 24, 24, 24]
    const [mine, first] = [play(crowd, gb, ours()), play(crowd, gb, fifo)]
    expect(mine.lightP95 / first.lightP95).toBeLessThan(0.2)
  })
})
