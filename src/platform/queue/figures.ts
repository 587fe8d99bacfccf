import { z } from "zod"
import type { Figure } from "#src/platform/metrics.ts"
import { countByState } from "#src/platform/queue/rows.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

const HOUR_MS = 3_600_000
const CLASSES = ["rush", "normal", "background"]

const agesRow = z.object({ urgency: z.number(), age: z.number() })
const hourRow = z.object({ repeated: z.number(), failed: z.number() })

/** What /metrics says of jobs: read from the rows when it is asked, so it is the same in every process and after a restart. */
export function jobFigures({ db, clock }: { db: Db; clock: Clock }): Figure[] {
  const lastHour = () =>
    db.get(
      hourRow,
      "SELECT coalesce(sum(attempt - 1), 0) AS repeated, coalesce(sum(state = 'failed'), 0) AS failed FROM job WHERE ended_at > :since AND attempt > 0",
      { since: clock.now() - HOUR_MS },
    )
  return [
    {
      name: "atelier_jobs",
      help: "Jobs by state",
      labels: ["state"],
      read: () => Object.entries(countByState(db)).map(([state, value]) => ({ labels: { state }, value })),
    },
    {
      name: "atelier_job_waiting_seconds_p95",
      help: "How long the jobs that wait now have waited, 95th percentile by class",
      labels: ["class"],
      read: () => {
        const ages = db.all(
          agesRow,
          "SELECT urgency, (:now - created_at) / 1000.0 AS age FROM job WHERE state IN ('waiting', 'offered') ORDER BY age LIMIT 20000",
          { now: clock.now() },
        )
        return CLASSES.map((name, urgency) => {
          const own = ages.filter((row) => row.urgency === urgency)
          return { labels: { class: name }, value: Math.max(0, own[Math.ceil(own.length * 0.95) - 1]?.age ?? 0) }
        })
      },
    },
    {
      name: "atelier_job_runs_repeated_last_hour",
      help: "Runs beyond the first of jobs that ended within the last hour: lost workers and failed attempts",
      labels: [],
      read: () => [{ labels: {}, value: lastHour()?.repeated ?? 0 }],
    },
    {
      name: "atelier_jobs_failed_last_hour",
      help: "Jobs that ended without a result within the last hour",
      labels: [],
      read: () => [{ labels: {}, value: lastHour()?.failed ?? 0 }],
    },
  ]
}
