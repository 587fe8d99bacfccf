import type { Logger } from "pino"
import { watchItems, type ItemChange } from "#src/platform/changes.items.ts"
import { watchJobs, type JobChange } from "#src/platform/changes.jobs.ts"
import { createPulse } from "#src/platform/queue/pulse.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Items, Jobs } from "#src/studio.ts"

/** Something that happened to an account's things, whoever did it: this process, another one, a worker. */
export type Change = ItemChange | JobChange

export interface ChangeFeed {
  /** Tells what happens to an account's things from now on, in order, until the returned function is called. */
  listen(accountId: string, listener: (change: Change) => void): () => void
  /** Looks at once: for changes made through the own connection, which are otherwise seen within 0.2 s. */
  nudge(): void
  close(): void
}

export interface ChangeParts {
  db: Db
  items: Pick<Items, "get">
  jobs: Pick<Jobs, "get" | "list">
  log: Logger
  /** The least time between two looks, in milliseconds. */
  everyMs?: number
}

/** Somebody who drags a slider makes many revisions a second; pages need not hear of them more often than this. */
const EVERY_MS = 60

interface Watched {
  look(): Change[]
  listeners: Set<(change: Change) => void>
}

/**
 * One feed per process, however many listen: it looks only while somebody listens, only when the database changed (or 0.2 s
 * went by), and once per account. Several changes between two looks are told as their sum.
 */
export function createChanges(parts: ChangeParts): ChangeFeed {
  const { db, log, everyMs = EVERY_MS } = parts
  const pulse = createPulse(db)
  const accounts = new Map<string, Watched>()
  let lookedAt = -Infinity
  let late: NodeJS.Timeout | undefined
  let stopPulse: (() => void) | undefined

  const look = () => {
    late = undefined
    lookedAt = performance.now()
    for (const { look: changes, listeners } of accounts.values())
      for (const change of changes()) for (const listener of listeners) listener(change)
  }
  const lookSafely = () => {
    try {
      look()
    } catch (error) {
      // Whatever is busy or broken now is seen again at the next look.
      log.warn({ err: error }, "looking for changes failed")
    }
  }
  const onPulse = () => {
    if (late) return
    const due = lookedAt + everyMs - performance.now()
    if (due <= 0) lookSafely()
    else late = setTimeout(lookSafely, due).unref()
  }
  const watch = (accountId: string): Watched => {
    const items = watchItems(parts, accountId)
    const jobs = watchJobs(parts, accountId)
    return { look: () => [...items(), ...jobs()], listeners: new Set() }
  }
  const stop = () => {
    clearTimeout(late)
    late = undefined
    stopPulse?.()
    stopPulse = undefined
  }

  return {
    listen: (accountId, listener) => {
      let watched = accounts.get(accountId)
      if (!watched) accounts.set(accountId, (watched = watch(accountId)))
      const { listeners } = watched
      // Wrapped, so that the same function may listen twice.
      const own = (change: Change) => listener(change)
      listeners.add(own)
      stopPulse ??= pulse.listen(onPulse)
      return () => {
        listeners.delete(own)
        if (listeners.size === 0 && accounts.get(accountId)?.listeners === listeners) accounts.delete(accountId)
        if (accounts.size === 0) stop()
      }
    },
    nudge: pulse.nudge,
    close: () => {
      stop()
      accounts.clear()
      pulse.close()
    },
  }
}
