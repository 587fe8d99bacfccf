import type { Db } from "#src/platform/store/db.ts"

/** Does what is given within one turn of the event loop in one transaction: each of its own would be a write to the disk. */
export function together(db: Db): (change: () => number) => Promise<number> {
  let waiting: { change: () => number; done: (changed: number) => void; failed: (error: unknown) => void }[] = []
  const alone = ({ change, done, failed }: (typeof waiting)[number]) => {
    try {
      done(change())
    } catch (error) {
      failed(error)
    }
  }
  const flush = () => {
    const all = waiting
    waiting = []
    let changed: number[]
    try {
      changed = db.tx(() => all.map(({ change }) => change()))
    } catch {
      // What ails one of them must not hold up the others.
      return all.forEach(alone)
    }
    for (const [index, { done }] of all.entries()) done(changed[index] ?? 0)
  }
  return (change) => {
    const { promise, resolve: done, reject: failed } = Promise.withResolvers<number>()
    if (waiting.push({ change, done, failed }) === 1) setImmediate(flush)
    return promise
  }
}
