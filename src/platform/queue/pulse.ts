import type { Db } from "#src/platform/store/db.ts"

/** Polling while something happened within the last second; 2 µs a look. */
const BUSY_MS = 5
const IDLE_MS = 40
const STAYS_BUSY_MS = 1_000
/** Listeners are called this often in any case: for whatever becomes due by time alone. */
const AT_LEAST_MS = 200

/** Tells when anybody, in this or another process, has changed the database. */
export interface Pulse {
  listen(listener: () => void): () => void
  /** Changes made through the own connection are not seen by polling: whoever makes one says so. */
  nudge(): void
  close(): void
}

/** The timer does not keep the process alive; it stands still while nobody listens. Listeners must not throw. */
export function createPulse(db: Db): Pulse {
  const listeners = new Set<() => void>()
  let version = -1
  let busyUntil = 0
  let calledAt = 0
  let timer: NodeJS.Timeout | undefined
  let nudged = false
  let closed = false

  const call = () => {
    calledAt = performance.now()
    for (const listener of listeners) listener()
  }
  const look = () => {
    timer = undefined
    if (closed || listeners.size === 0) return
    const now = performance.now()
    const seen = db.dataVersion()
    if (seen !== version) {
      version = seen
      busyUntil = now + STAYS_BUSY_MS
      call()
    } else if (now - calledAt >= AT_LEAST_MS) call()
    schedule()
  }
  const schedule = () => {
    if (closed || timer || listeners.size === 0) return
    timer = setTimeout(look, performance.now() < busyUntil ? BUSY_MS : IDLE_MS).unref()
  }
  return {
    listen: (listener) => {
      listeners.add(listener)
      schedule()
      return () => listeners.delete(listener)
    },
    nudge: () => {
      busyUntil = performance.now() + STAYS_BUSY_MS
      if (nudged || closed) return
      nudged = true
      setImmediate(() => {
        nudged = false
        if (closed) return
        call()
        clearTimeout(timer)
        timer = undefined
        schedule()
      })
    },
    close: () => {
      closed = true
      clearTimeout(timer)
      listeners.clear()
    },
  }
}
