import type { Outcome } from "#tests/platform/queue/simulator/engine.ts"

/** What people and operators notice; seconds, but for swaps (a count) and load (a share). */
export interface Score {
  makespan: number
  lightP50: number
  lightP95: number
  /** The p95 of the light user who fared worst. */
  worstLight: number
  rushP95: number
  swaps: number
  load: number
}

export function score({ runs, makespanS, swaps, loadShare }: Outcome): Score {
  const light = runs.filter(({ submission }) => !submission.heavy)
  const waits = (of: typeof runs) => of.map(({ waitS }) => waitS)
  const users = Map.groupBy(light, ({ submission }) => submission.accountId)
  return {
    makespan: makespanS,
    lightP50: quantile(waits(light), 0.5),
    lightP95: quantile(waits(light), 0.95),
    worstLight: Math.max(0, ...[...users.values()].map((own) => quantile(waits(own), 0.95))),
    rushP95: quantile(waits(light.filter(({ submission }) => submission.rush)), 0.95),
    swaps,
    load: loadShare,
  }
}

export function meanScore(scores: readonly Score[]): Score {
  const mean = (of: keyof Score) => scores.reduce((sum, score) => sum + score[of], 0) / Math.max(1, scores.length)
  return {
    makespan: mean("makespan"),
    lightP50: mean("lightP50"),
    lightP95: mean("lightP95"),
    worstLight: mean("worstLight"),
    rushP95: mean("rushP95"),
    swaps: mean("swaps"),
    load: mean("load"),
  }
}

export function quantile(values: readonly number[], q: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? 0
}
