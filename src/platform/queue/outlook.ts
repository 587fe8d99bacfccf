import { z } from "zod"
import { SERVER_LANE } from "#src/job.ts"
import { waitingForServers } from "#src/platform/queue/backlog.ts"
import { expectedLoad } from "#src/platform/queue/measured.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import { outlook, type Outlook, type RunningJob } from "#src/platform/queue/schedule.outlook.ts"

/** Who is further behind is told their place only; playing them forward would hold up everybody else. */
const PLAYED = 1_000
const FRESH_MS = 1_000

const runningRow = z.object({
  account_id: z.string(),
  server_id: z.string(),
  est_seconds: z.number(),
  started_at: z.number().nullable(),
})

/** What jobs that wait for servers may expect, by id; looked at again at most once a second. */
export function serverOutlook(parts: JobParts): ReadonlyMap<string, Outlook> {
  const now = parts.monotonic()
  if (parts.seen.outlook && now - parts.seen.outlook.at < FRESH_MS) return parts.seen.outlook.jobs
  const waiting = waitingForServers(parts, { alike: PLAYED, most: PLAYED })
  const types = new Map<string, number>()
  const loadS = (signature: string): number => {
    const known = types.get(signature)
    if (known !== undefined) return known
    const seconds = loadOf(parts, signature)
    types.set(signature, seconds)
    return seconds
  }
  const jobs = outlook(waiting, parts.servers(parts.clock.now()), runningJobs(parts), { ...parts.schedule, loadS })
  parts.seen.outlook = { at: now, jobs }
  return jobs
}

const typeRow = z.object({ type: z.string() })

function loadOf({ db }: JobParts, signature: string): number {
  const type = db.get(
    typeRow,
    "SELECT type FROM job WHERE lane = :lane AND state = 'waiting' AND signature = :signature LIMIT 1",
    {
      lane: SERVER_LANE,
      signature,
    },
  )?.type
  return type === undefined ? 0 : expectedLoad(db, { type, signature })
}

function runningJobs({ db, clock }: JobParts): RunningJob[] {
  const rows = db.all(
    runningRow,
    "SELECT account_id, server_id, est_seconds, started_at FROM job WHERE lane = :lane AND state IN ('offered', 'running') AND server_id IS NOT NULL",
    { lane: SERVER_LANE },
  )
  return rows.map((row) => ({
    accountId: row.account_id,
    serverId: row.server_id,
    secondsLeft: row.est_seconds - (row.started_at === null ? 0 : (clock.now() - row.started_at) / 1000),
  }))
}

/** Under which key the reason is kept why no server can run such a job. */
export function blockedKey({ needs, avoid }: { needs: string; avoid: string }): string {
  return `${needs}\n${avoid}`
}
