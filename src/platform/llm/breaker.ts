import type { LlmModel } from "#src/platform/llm/llm.ts"
import type { Clock } from "#src/studio.ts"

/** The SDK tries three times, so one call that fails for good is what opens it. */
const FAILURES = 3
export const COOLDOWN_MS = 30_000

/** Keeps calls away from a model that failed several times in a row; after a pause one call at a time tries it again. */
export interface Breaker {
  state(): LlmModel["breaker"]
  /** Takes leave for a call; it must end in succeeded, failed or neither. Undefined when the model is to be left alone. */
  enter(): Pass | undefined
  /** Milliseconds until the next try; 0 when closed. */
  restMs(): number
}

export interface Pass {
  succeeded(): void
  failed(): void
  /** Says nothing about the model: stopped by the caller, or refused for its content. */
  neither(): void
}

export function createBreaker(clock: Clock): Breaker {
  let failures = 0
  let openedAt: number | undefined
  let probing = false
  const rest = () => (openedAt === undefined ? 0 : Math.max(0, openedAt + COOLDOWN_MS - clock.now()))
  return {
    state: () => (openedAt === undefined ? "closed" : rest() > 0 ? "open" : "half-open"),
    restMs: rest,
    enter: () => {
      const probe = openedAt !== undefined
      if (probe && (rest() > 0 || probing)) return undefined
      probing = probe
      const leave = () => {
        if (probe) probing = false
      }
      return {
        succeeded: () => {
          leave()
          failures = 0
          openedAt = undefined
        },
        failed: () => {
          leave()
          failures++
          if (probe || failures >= FAILURES) openedAt = clock.now()
        },
        neither: leave,
      }
    },
  }
}
