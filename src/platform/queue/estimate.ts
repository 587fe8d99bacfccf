/** How long something takes, as far as is known: runs of one signature and size, or loads of one signature's models. */
export interface Estimate {
  seconds: number
  /** How often it was measured. */
  count: number
}

/** Weight of the newest measurement: what was measured ten times before counts for a tenth of what it did (0.8¹⁰ ≈ 0.11). */
const ALPHA = 0.2
/** One measurement counts at most as this many times the estimate, at least as the same part: a hiccup is no trend. */
const MAX_FACTOR = 4
/** Loading a model that was never measured: within the 8 to 30 s that are usual. */
const FIRST_LOAD_S = 20
const MIN_S = 0.1

/** Before anything was measured: what the job's own contract says. */
export function firstEstimate(contractSeconds: number): Estimate {
  return { seconds: Math.max(MIN_S, contractSeconds), count: 0 }
}

/** Before a model was ever seen loading. */
export function firstLoad(): Estimate {
  return { seconds: FIRST_LOAD_S, count: 0 }
}

/**
 * After one more measurement: the mean of the first guess and the first four, from then on an exponentially weighted
 * moving average. What is no positive number of seconds changes nothing.
 */
export function next({ seconds, count }: Estimate, measured: number): Estimate {
  if (!Number.isFinite(measured) || measured <= 0) return { seconds, count }
  const plausible = Math.min(seconds * MAX_FACTOR, Math.max(seconds / MAX_FACTOR, measured))
  const weight = Math.max(ALPHA, 1 / (count + 2))
  return { seconds: Math.max(MIN_S, seconds + weight * (plausible - seconds)), count: count + 1 }
}

/**
 * Under which name runs are remembered. `work` is what makes jobs of one signature longer, in a unit of the contract's own
 * (megapixels × steps × pictures); sizes up to √2 apart either way are one class.
 */
export function runKey(signature: string, work: number): string {
  return `run:${signature}:${work > 0 && Number.isFinite(work) ? Math.round(Math.log2(work)) : "any"}`
}

/** Under which name loads are remembered. */
export function loadKey(signature: string): string {
  return `load:${signature}`
}

/** Of the seconds of a cold start, those of loading, when the server does not tell them apart. */
export function loadSeconds(coldSeconds: number, run: Estimate): number {
  return Math.max(0, coldSeconds - run.seconds)
}
