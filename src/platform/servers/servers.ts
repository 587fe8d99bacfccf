import { z } from "zod"
import { SERVER_LANE, type JobNeeds } from "#src/job.ts"
import { createInventories, createKnownServers } from "#src/platform/servers/known.ts"
import { matchServers } from "#src/platform/servers/match.ts"
import { parseNeeds } from "#src/platform/servers/needs.ts"
import { allServers, runningByServer, vramOf, type ServerRow } from "#src/platform/servers/rows.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock, Match, Servers, ServerView } from "#src/studio.ts"

/** The servers as tools and people see them. */
export function createServers({ db, clock }: { db: Db; clock: Clock }): Servers {
  const known = createKnownServers(db)
  const inventoryOf = createInventories(db)
  const match = (needs: JobNeeds): Match => matchServers(needs, known(clock.now()))
  return {
    match,
    list: () => {
      const running = runningByServer(db)
      const waiting = waitingByServer(db, match)
      return allServers(db).map((row) =>
        viewOf(row, { running: running.get(row.id) ?? 0, waiting: waiting.get(row.id) ?? 0, now: clock.now() }),
      )
    },
    inventory: (id) => {
      const row = allServers(db).find((one) => one.id === id)
      return row ? [...(inventoryOf(row) ?? [])] : []
    },
  }
}

const waitingRow = z.object({ needs: z.string(), n: z.number() })

/** Waiting jobs that could run on each server. Jobs ask for few different things, so that is little to match. */
function waitingByServer(db: Db, match: Servers["match"]): Map<string, number> {
  const counts = new Map<string, number>()
  const rows = db.all(
    waitingRow,
    "SELECT needs, count(*) AS n FROM job WHERE lane = :lane AND state = 'waiting' AND needs IS NOT NULL GROUP BY needs",
    { lane: SERVER_LANE },
  )
  for (const { needs, n } of rows) {
    const found = match(parseNeeds(needs))
    if (found.ok) for (const id of found.servers) counts.set(id, (counts.get(id) ?? 0) + n)
  }
  return counts
}

interface Load {
  running: number
  waiting: number
  now: number
}

function viewOf(row: ServerRow, { running, waiting, now }: Load): ServerView {
  const vramMb = vramOf(row)
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    url: row.url,
    state: stateOf(row, running, now),
    detail: row.detail,
    slots: row.slots,
    running,
    waiting,
    warm: row.warm.map((model) => model.signature),
    runsDone: row.runs_done,
    runsFailed: row.runs_failed,
    ...(row.busy === null ? {} : { busy: row.busy }),
    ...(vramMb === undefined ? {} : { vramMb }),
    ...(row.free_vram_mb === null ? {} : { freeVramMb: row.free_vram_mb }),
    ...(row.version === null ? {} : { version: row.version }),
    ...(row.probed_at === null ? {} : { probedAt: row.probed_at }),
  }
}

function stateOf(row: ServerRow, running: number, now: number): ServerView["state"] {
  if (row.draining) return "draining"
  if (row.probed_at === null) return "new"
  if (!row.ok) return "down"
  if (row.open_until > now) return "resting"
  return running >= row.slots ? "busy" : "ready"
}
