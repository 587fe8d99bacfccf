/** Failures in a row after which a server is left alone. */
const TRIPS_AT = 3
const FIRST_REST_MS = 30_000
const LONGEST_REST_MS = 600_000

/**
 * Until when a server rests after its `failures`-th failure in a row (ms since the epoch; 0 = it does not): 30 s after the
 * third, then twice as long each time, at most 10 minutes. When the time is over it gets one run; success ends the count.
 */
export function restsUntil(failures: number, now: number): number {
  if (failures < TRIPS_AT) return 0
  return now + Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (failures - TRIPS_AT))
}

/** True while a server that failed too often is tried with a single run. */
export function isOnTrial(failures: number): boolean {
  return failures >= TRIPS_AT
}
