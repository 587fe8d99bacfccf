import { TooFast } from "#bots/web/api/answer.ts"
import type { Clock } from "#src/studio.ts"

const MINUTE_MS = 60_000
const MAX_TRACKED = 5_000

export interface Throttle {
  /** Counts one. Throws TooFast when there were `perMinute` within the last minute. */
  take(key: string): void
}

/** A sliding window of one minute per key. `what` stands in the error: "messages". */
export function createThrottle(clock: Clock, perMinute: number, what: string): Throttle {
  const taken = new Map<string, number[]>()
  return {
    take: (key) => {
      const now = clock.now()
      const recent = (taken.get(key) ?? []).filter((at) => at > now - MINUTE_MS && at <= now)
      if (recent.length >= perMinute)
        throw new TooFast(
          `That were ${recent.length} ${what} within a minute; ${perMinute} are allowed.`,
          (recent[0] ?? now) + MINUTE_MS - now,
        )
      recent.push(now)
      // Put anew, so that the keys stand in the order of their last use.
      taken.delete(key)
      taken.set(key, recent)
      const [oldest] = taken.keys()
      if (taken.size > MAX_TRACKED && oldest !== undefined) taken.delete(oldest)
    },
  }
}
