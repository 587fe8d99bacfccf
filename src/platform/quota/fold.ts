import { z } from "zod"
import { windowsOf } from "#src/platform/quota/spans.ts"
import type { Db } from "#src/platform/store/db.ts"

const DAY_MS = 86_400_000
/** Zones are up to 14 hours from UTC: after two days no zone is in that date any more. */
const KEEP_HOURS_MS = 2 * DAY_MS
/** The last week of a month is over then, in every zone. */
const KEEP_DATES_MS = 9 * DAY_MS
/** Some 10 ms of work; nothing else runs in this process meanwhile. */
const MOST_GROUPS = 50

const DATE_CHARS = "2026-11-21".length
const MONTH_CHARS = "2026-11".length

/**
 * Sums up old lines of closed jobs: those of an hour by date after two days, those of a date by month when the month and its
 * last week are over. The windows that are too short for that (hours; then days and weeks) give up what left them. So the
 * ledger grows with people, not with jobs, and every sum stays what it was. Top-ups keep their lines: they end by
 * themselves. Returns how many sums were made; 0 = there is nothing to do.
 */
export function fold(db: Db, now: number): number {
  const dateOf = (at: number) => new Date(at).toISOString().slice(0, DATE_CHARS)
  return db.tx(
    () =>
      foldGroups(db, OLD_HOURS, dateOf(now - KEEP_HOURS_MS), DATE_CHARS) ||
      foldGroups(db, OLD_DATES, dateOf(now - KEEP_DATES_MS).slice(0, MONTH_CHARS), MONTH_CHARS),
  )
}

/** Jobs that still hold something keep all their lines. */
const CLOSED = "job_id NOT IN (SELECT job_id FROM quota_hold)"
const OF_GROUP = `book = :book AND unit = :unit AND hour = :hour AND ${CLOSED}`

/** The windows whose keys have so many characters, oldest first, that have closed lines of just that time. */
const oldest = (chars: 13 | 10) =>
  `SELECT scope AS book, unit, key AS hour FROM quota_window w WHERE length(key) = ${chars} AND key < :before
   AND EXISTS (SELECT 1 FROM quota_entry e WHERE e.book = w.scope AND e.unit = w.unit AND e.hour = w.key AND ${CLOSED})
   ORDER BY key LIMIT ${MOST_GROUPS}`
const OLD_HOURS = oldest(13)
const OLD_DATES = oldest(10)

const groupRow = z.object({ book: z.string(), unit: z.string(), hour: z.string() })
type Group = z.infer<typeof groupRow>
const sumRow = z.object({ amount: z.number() })

/** A group is all closed lines of one book, unit and time, so that no window is ever taken below zero. */
function foldGroups(db: Db, sql: string, before: string, chars: number): number {
  const groups = db.all(groupRow, sql, { before })
  for (const group of groups) {
    const when = group.hour.slice(0, chars)
    const amount = db.get(sumRow, `SELECT sum(amount) AS amount FROM quota_entry WHERE ${OF_GROUP}`, group)?.amount ?? 0
    db.run(
      `INSERT INTO quota_entry (job_id, kind, unit, book, account_id, tenant_id, amount, hour, at)
       SELECT 'sum:' || :when || ':' || account_id || ':' || tenant_id, 'sum', unit, book, account_id, tenant_id,
         sum(amount), :when, max(at)
       FROM quota_entry WHERE ${OF_GROUP} GROUP BY account_id, tenant_id HAVING sum(amount) <> 0
       ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, at = max(at, excluded.at)`,
      { ...group, when },
    )
    db.run(`DELETE FROM quota_entry WHERE ${OF_GROUP}`, group)
    leaveWindows(db, { ...group, amount, when })
  }
  return groups.length
}

/** The windows that are shorter than what the lines were summed up to; one that nothing is left of goes. */
function leaveWindows(db: Db, { book, unit, hour, amount, when }: Group & { amount: number; when: string }): void {
  const all = windowsOf(hour)
  for (const { span, key } of all.slice(0, all.length - windowsOf(when).length)) {
    const window = { book, unit, span, key }
    const which = "scope = :book AND unit = :unit AND span = :span AND key = :key"
    db.run(`UPDATE quota_window SET used = used - :amount WHERE ${which}`, { ...window, amount })
    db.run(`DELETE FROM quota_window WHERE ${which} AND used = 0 AND held = 0`, window)
  }
}
