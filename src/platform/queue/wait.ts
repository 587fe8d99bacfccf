import { z } from "zod"
import { noSuchJob } from "#src/platform/queue/cancel.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import { findView } from "#src/platform/queue/rows.ts"
import type { JobView } from "#src/studio.ts"

export interface WaitOptions {
  timeoutMs: number
  signal?: AbortSignal
  onProgress?: (view: JobView) => void
}

/** Positions of waiting jobs are counted at most this often. */
const LOOK_EVERY_MS = 250

const stateRow = z.object({ state: z.string(), attempt: z.number(), cancel_requested: z.number() })

/**
 * The job when it has ended, or as it is after `timeoutMs`. Rejects with the signal's reason when that aborts, and with
 * UserError "not_found"; the job goes on by itself in any case.
 */
export async function wait(parts: JobParts, id: string, options: WaitOptions): Promise<JobView> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = watcher(parts, id, options, resolve)
  const guarded = () => {
    try {
      look()
    } catch (error) {
      reject(error)
    }
  }
  const stop = () => reject(options.signal?.reason)
  options.signal?.throwIfAborted()
  options.signal?.addEventListener("abort", stop, { once: true })
  const unlisten = parts.pulse.listen(guarded)
  // Referenced, unlike the pulse: a process that waits for a job stays.
  const timer = setTimeout(resolve, Math.max(0, options.timeoutMs))
  try {
    guarded()
    await promise
    return mustFind(parts, id)
  } finally {
    clearTimeout(timer)
    unlisten()
    options.signal?.removeEventListener("abort", stop)
  }
}

/** A cheap look at the state; the whole view only when something a person would notice may have changed. */
function watcher(parts: JobParts, id: string, { onProgress }: WaitOptions, done: () => void): () => void {
  let told = ""
  let lookedAt = -Infinity
  let before = ""
  return () => {
    const row = parts.db.get(stateRow, "SELECT state, attempt, cancel_requested FROM job WHERE id = :id", { id })
    if (!row) throw noSuchJob(id)
    if (row.state === "done" || row.state === "failed" || row.state === "cancelled") return done()
    const now = JSON.stringify([row, parts.seen.progress.get(id)])
    const late = row.state !== "running" && parts.monotonic() - lookedAt >= LOOK_EVERY_MS
    if (!onProgress || (now === before && !late)) return
    before = now
    lookedAt = parts.monotonic()
    const view = mustFind(parts, id)
    const sign = JSON.stringify([view.state, view.attempt, view.progress, view.position])
    if (sign !== told) onProgress(view)
    told = sign
  }
}

function mustFind(parts: JobParts, id: string): JobView {
  const view = findView(parts, id)
  if (!view) throw noSuchJob(id)
  return view
}
