import type { Logger } from "pino"

const AGAIN_EVERY_MS = 60_000

export interface Outage {
  failed(problem: string): void
  over(): void
}

/** Tells of something that is away: once when it begins, once a minute while it lasts, and when it is back. Not once per try. */
export function createOutage(
  log: Logger,
  words: { fails: string; works: string },
  monotonic: () => number = () => performance.now(),
): Outage {
  let since: number | undefined
  let toldAt = 0
  const seconds = () => Math.round((monotonic() - (since ?? monotonic())) / 1000)
  return {
    failed: (problem) => {
      if (since !== undefined && monotonic() - toldAt < AGAIN_EVERY_MS) return
      since ??= monotonic()
      toldAt = monotonic()
      log.warn({ problem, forS: seconds() }, words.fails)
    },
    over: () => {
      if (since === undefined) return
      log.info({ afterS: seconds() }, words.works)
      since = undefined
    },
  }
}
