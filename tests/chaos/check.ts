import { z } from "zod"
import type { Db } from "#src/platform/store/db.ts"

/** What a drill has to say. The first four must be 0. */
export interface Verdict {
  /** Accepted jobs that are not there, or have not ended. */
  lost: number
  /** Jobs whose end changed after it was told, or that were charged more than once. */
  doubleCommitted: number
  /** Jobs accepted beyond an account's limit, and moments at which used + held was above it. */
  oversold: number
  /** Holds of jobs that have ended, and windows that do not add up. */
  stillHeld: number
  /** Jobs that ended without a result, each with words for a person. */
  failed: number
  /** Runs beyond one for each job. */
  rerun: number
  jobs: number
  denied: number
}

const endedRow = z.object({ id: z.string(), mark: z.string() })
const windowRow = z.object({ n: z.number() })

/** Looks at the database while the drill runs: what has ended must stay as it is, and no limit may be passed at any time. */
export function createWitness(db: Db, limit: number): { look(): void; changed(): number; passed(): number } {
  const ends = new Map<string, string>()
  let changed = 0
  let passed = 0
  return {
    look: () => {
      const rows = db.all(
        endedRow,
        "SELECT id, state || coalesce(result, '') || coalesce(error, '') || ended_at AS mark FROM job WHERE ended_at IS NOT NULL",
      )
      for (const { id, mark } of rows) {
        const before = ends.get(id)
        if (before !== undefined && before !== mark) changed++
        ends.set(id, mark)
      }
      passed +=
        db.get(
          windowRow,
          "SELECT count(*) AS n FROM quota_window WHERE unit = 'jobs' AND span = 'day' AND scope LIKE 'account:%' AND used + held > :limit",
          { limit },
        )?.n ?? 0
    },
    changed: () => changed,
    passed: () => passed,
  }
}

const jobRow = z.object({ id: z.string(), idem_key: z.string(), account_id: z.string(), state: z.string() })

export interface Evidence {
  db: Db
  /** What the clients were promised: key → job. */
  promised: ReadonlyMap<string, string>
  denied: number
  /** Runs that were begun. */
  runs: number
  limit: number
  witness: Pick<ReturnType<typeof createWitness>, "changed" | "passed">
  openHolds: readonly string[]
  violations: number
}

/** Holds what the clients were told against what the database says. */
export function judge({ db, promised, denied, runs, limit, witness, openHolds, violations }: Evidence): Verdict {
  const rows = db.all(jobRow, "SELECT id, idem_key, account_id, state FROM job")
  const byKey = new Map(rows.map((row) => [row.idem_key, row]))
  const ended = (state: string) => state === "done" || state === "failed" || state === "cancelled"
  const lost = [...promised].filter(([key, id]) => {
    const row = byKey.get(key)
    return row?.id !== id || !ended(row.state)
  }).length
  const perAccount = new Map<string, number>()
  for (const row of rows) perAccount.set(row.account_id, (perAccount.get(row.account_id) ?? 0) + 1)
  const beyond = [...perAccount.values()].reduce((sum, n) => sum + Math.max(0, n - limit), 0)
  const chargedTwice = db.get(
    windowRow,
    "SELECT count(*) AS n FROM (SELECT job_id FROM quota_entry WHERE unit = 'jobs' AND kind IN ('settle', 'refund') GROUP BY job_id, book HAVING count(*) > 1)",
  )
  return {
    lost,
    doubleCommitted: witness.changed() + (chargedTwice?.n ?? 0),
    oversold: beyond + witness.passed(),
    stillHeld: openHolds.length + violations,
    failed: rows.filter((row) => row.state === "failed").length,
    rerun: Math.max(0, runs - rows.filter((row) => row.state === "done").length),
    jobs: rows.length,
    denied,
  }
}

export function isSound({ lost, doubleCommitted, oversold, stillHeld }: Verdict): boolean {
  return lost + doubleCommitted + oversold + stillHeld === 0
}
