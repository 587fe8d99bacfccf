import type { RetryClass } from "#src/errors.ts"
import type { JobNeeds } from "#src/job.ts"
import { restsUntil } from "#src/platform/servers/breaker.ts"
import { findServer, vramOf } from "#src/platform/servers/rows.ts"
import { warmAfter } from "#src/platform/servers/warm.ts"
import type { Db } from "#src/platform/store/db.ts"

// What runs tell of their servers. Called inside the transactions that begin and end an attempt.

/** A run began: its model is loaded there, for as long as nothing else takes its place. */
export function noteBegun(db: Db, serverId: string, needs: JobNeeds): { wasWarm: boolean } {
  const server = findServer(db, serverId)
  if (!server) return { wasWarm: false }
  const warm = warmAfter(server.warm, { signature: needs.signature, vramMb: needs.vramMb ?? 0 }, vramOf(server))
  const wasWarm = server.warm.some((model) => model.signature === needs.signature)
  db.run("UPDATE server SET warm = :warm, runs_cold = runs_cold + :cold WHERE id = :id", {
    id: serverId,
    warm: JSON.stringify(warm),
    cold: wasWarm ? 0 : 1,
  })
  return { wasWarm }
}

/** A run came back with a result: the server is well. */
export function noteDone(db: Db, serverId: string): void {
  db.run("UPDATE server SET failures = 0, open_until = 0, runs_done = runs_done + 1 WHERE id = :id", { id: serverId })
}

/**
 * A run failed. Only what speaks against the server counts towards its rest: a request that is wrong, or too large for it,
 * fails on a server that is well. A server that failed is asked at once how it is. After running out of memory nothing is known to be loaded there.
 */
export function noteFailed(db: Db, serverId: string, retry: RetryClass, now: number): void {
  const server = findServer(db, serverId)
  if (!server) return
  const failures = retry === "transient" ? server.failures + 1 : server.failures
  db.run(
    `UPDATE server SET failures = :failures, open_until = :until, runs_failed = runs_failed + 1,
       probed_at = iif(:ask AND probed_at IS NOT NULL, 0, probed_at), warm = iif(:cold, '[]', warm) WHERE id = :id`,
    {
      id: serverId,
      failures,
      until: retry === "transient" ? restsUntil(failures, now) : server.open_until,
      ask: retry === "transient" ? 1 : 0,
      cold: retry === "capacity" ? 1 : 0,
    },
  )
}
