import { setTimeout as sleep } from "node:timers/promises"
import { TooManyRequests } from "#workers/backends/shared/failure.ts"
import type { Link } from "#workers/backend.ts"

const FIRST_WAIT_MS = 2_000
const TRIES = 8

/**
 * Asks again after 429, when the server said (or after a growing pause), for at most `withinMs` in all. After that the
 * refusal goes on to the queue, which tries later or elsewhere.
 */
export async function patiently<T>(
  { server, signal, progress }: Pick<Link, "server" | "signal" | "progress">,
  withinMs: number,
  request: () => Promise<T>,
): Promise<T> {
  const until = Date.now() + withinMs
  for (let tried = 1; ; tried++) {
    try {
      return await request()
    } catch (error) {
      if (!(error instanceof TooManyRequests) || tried === TRIES) throw error
      const waitMs = error.afterMs ?? FIRST_WAIT_MS * 2 ** (tried - 1)
      if (Date.now() + waitMs > until) throw error
      progress({ text: `${server.name} is busy: asked again in ${Math.ceil(waitMs / 1000)} s` })
      await sleep(waitMs, undefined, { signal })
    }
  }
}
