import { randomInt } from "node:crypto"
import { z } from "zod"
import { SERVER_LANE } from "#src/job.ts"
import { fairKey, raiseFair } from "#src/platform/queue/accept.ts"
import { waitingForServers } from "#src/platform/queue/backlog.ts"
import { isAnyDue } from "#src/platform/queue/dispatch.ts"
import { offer } from "#src/platform/queue/offer.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import { choose } from "#src/platform/queue/schedule.ts"
import type { KnownServer } from "#src/platform/servers/known.ts"
import { noteBegun } from "#src/platform/servers/runs.ts"

/** Of each account and kind of work only as many as there are free slots are looked at; this is for very many accounts. */
const MOST_CONSIDERED = 5_000

const inFlightRow = z.object({ account_id: z.string(), n: z.number() })

/**
 * Late binding for work on servers: when a server has a free slot, the rule of schedule.ts says which job gets it. Read and
 * marked in one transaction, so several processes may do this. `slots` is how many attempts the workers of the lane can
 * carry at once; they only wait for servers, so that is many.
 */
export async function dispatchToServers(parts: JobParts, slots: number): Promise<number> {
  if (slots === 0 || !worthTrying(parts)) return 0
  const token = randomInt(1, 2 ** 47)
  const chosen = parts.db.tx(() => chooseAndMark(parts, slots, token))
  for (const id of chosen) await offer(parts, id, token)
  return chosen.length
}

/** Looks without taking the write lock. */
function worthTrying(parts: JobParts): boolean {
  return isAnyDue(parts, SERVER_LANE) && parts.servers(parts.clock.now()).some(hasRoom)
}

const hasRoom = (server: KnownServer) => (server.open || server.draining === true) && server.inFlight < server.slots

function chooseAndMark(parts: JobParts, slots: number, token: number): string[] {
  const { db, clock } = parts
  const servers = parts.servers(clock.now())
  const free = servers.reduce((sum, it) => sum + (hasRoom(it) ? it.slots - it.inFlight : 0), 0)
  const inFlight = new Map(
    db
      .all(
        inFlightRow,
        "SELECT account_id, count(*) AS n FROM job WHERE lane = :lane AND state IN ('offered', 'running') GROUP BY account_id",
        { lane: SERVER_LANE },
      )
      .map((row) => [row.account_id, row.n]),
  )
  const busy = [...inFlight.values()].reduce((sum, n) => sum + n, 0)
  const jobs = waitingForServers(parts, { alike: free, most: MOST_CONSIDERED })
  const chosen = choose(jobs, servers, inFlight, parts.schedule).slice(0, Math.max(0, slots - busy))
  const byId = new Map(jobs.map((job) => [job.id, job]))
  for (const { jobId, serverId, clock: fairClock } of chosen) {
    const job = byId.get(jobId)
    if (!job) throw new Error(`${jobId} was chosen but is not waiting`)
    const { wasWarm } = noteBegun(db, serverId, job.needs)
    db.run(
      `UPDATE job SET state = 'offered', attempt = attempt + 1, token = :token, server_id = :server, cold = :cold,
         handle = iif(server_id = :server, handle, NULL) WHERE id = :id`,
      { id: jobId, token, server: serverId, cold: wasWarm ? 0 : 1 },
    )
    raiseFair(db, fairKey(SERVER_LANE, job.urgency), "", fairClock)
  }
  return chosen.map(({ jobId }) => jobId)
}
