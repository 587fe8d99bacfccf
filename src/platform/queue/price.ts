import type { Amounts } from "#src/platform/quota/units.ts"

/** Rush goes before everybody else, so its seconds count this many times. */
const RUSH_FACTOR = 4

/** What a run costs: one job, and its seconds in the unit of its lane. */
export function chargeFor({ lane, seconds, rush }: { lane: string; seconds: number; rush: boolean }): Amounts {
  const charged = Math.ceil(seconds) * (rush ? RUSH_FACTOR : 1)
  return lane === "cpu" ? { jobs: 1, cpu_seconds: charged } : { jobs: 1, gpu_seconds: charged }
}
