import { z } from "zod"
import { SERVER_LANE } from "#src/job.ts"
import type { Failure } from "#src/platform/queue/failure.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import { blockedKey } from "#src/platform/queue/outlook.ts"
import { COLUMNS, jobRow } from "#src/platform/queue/rows.ts"
import { blockedReason, type BlockedReason } from "#src/platform/queue/schedule.fit.ts"
import { settleFailure } from "#src/platform/queue/settle.ts"
import { inWords } from "#src/platform/servers/match.ts"
import { parseNeeds } from "#src/platform/servers/needs.ts"

/** For so long somebody may mend what keeps a job from running anywhere. */
const PATIENCE_MS = 600_000

const groupRow = z.object({ needs: z.string(), avoid: z.string() })
const avoidShape = z.record(z.string(), z.enum(["capacity", "transient"]))

/**
 * Looks after jobs that no server can run. They are told why (`seen.blocked`, by what they need); when every server has run
 * out of memory they end at once, when what they need is nowhere they end after ten minutes. Those whose servers are only
 * down wait as long as it takes. Called about once a second.
 */
export function createBlockedWatch(parts: JobParts): () => void {
  const since = new Map<string, number>()

  return () => {
    const groups = parts.db.all(
      groupRow,
      "SELECT DISTINCT needs, avoid FROM job WHERE lane = :lane AND state = 'waiting' AND needs IS NOT NULL LIMIT 5000",
      { lane: SERVER_LANE },
    )
    const servers = groups.length === 0 ? [] : parts.servers(parts.clock.now())
    const blocked = new Map<string, string>()
    for (const group of groups) {
      const avoid = avoidShape.parse(JSON.parse(group.avoid))
      const reason = blockedReason({ needs: parseNeeds(group.needs), avoid }, servers)
      if (!reason) continue
      const key = blockedKey(group)
      const words = inWords(reason, servers)
      blocked.set(key, words.problem)
      const first = since.get(key) ?? parts.monotonic()
      since.set(key, first)
      if (isHopeless(reason, parts.monotonic() - first))
        end(parts, group, { retry: "fatal", code: "backend", ...words })
    }
    for (const key of since.keys()) if (!blocked.has(key)) since.delete(key)
    parts.seen.blocked = blocked
  }
}

function isHopeless({ why }: BlockedReason, forMs: number): boolean {
  if (why === "capacity") return true
  return why !== "closed" && forMs > PATIENCE_MS
}

function end(parts: JobParts, { needs, avoid }: z.infer<typeof groupRow>, failure: Failure): void {
  const rows = parts.db.all(
    jobRow,
    `SELECT ${COLUMNS} FROM job WHERE lane = :lane AND state = 'waiting' AND needs = :needs AND avoid = :avoid LIMIT 1000`,
    { lane: SERVER_LANE, needs, avoid },
  )
  for (const row of rows) settleFailure(parts, row, failure)
}
