import { z } from "zod"
import { windowsOf } from "#src/platform/quota/spans.ts"
import type { Db } from "#src/platform/store/db.ts"

/** A window or top-up that is not the sum of its lines. */
export interface Violation {
  /** The book: `account:…`, `tenant:…` or `grant:…`. */
  scope: string
  unit: string
  /** Of a top-up: "". */
  span: string
  key: string
  /** What should be the same: `booked` follows from the lines, `shown` is what limits are compared with. */
  of: "used + held" | "held"
  booked: number
  shown: number
}

interface Sums {
  span: string
  all: number
  open: number
  shownAll: number
  shownOpen: number
}

const sumRow = z.object({ book: z.string(), unit: z.string(), hour: z.string(), amount: z.number() })
const shownRow = z.object({
  scope: z.string(),
  unit: z.string(),
  span: z.string(),
  key: z.string(),
  used: z.number(),
  held: z.number(),
})

/** Compares every window and top-up with the sum of its lines. */
export function compare(db: Db): Violation[] {
  const books = createSums()
  const ofHour = new Map<string, { span: string; key: string }[]>()
  const windowsAt = (hour: string) => {
    let found = ofHour.get(hour)
    if (!found) ofHour.set(hour, (found = windowsOf(hour)))
    return found
  }
  const add = (table: "quota_entry" | "quota_hold", to: "all" | "open") => {
    const rows = db.all(
      sumRow,
      `SELECT book, unit, hour, sum(amount) AS amount FROM ${table} GROUP BY book, unit, hour`,
    )
    for (const { book, unit, hour, amount } of rows)
      for (const { span, key } of book.startsWith("grant:") ? GRANT : windowsAt(hour))
        books.at(book, unit, span, key)[to] += amount
  }
  add("quota_entry", "all")
  add("quota_hold", "open")
  const shown = db.all(
    shownRow,
    `SELECT scope, unit, span, key, used, held FROM quota_window
     UNION ALL SELECT 'grant:' || id, unit, '', '', used, held FROM quota_grant`,
  )
  for (const { scope, unit, span, key, used, held } of shown) {
    const sum = books.at(scope, unit, span, key)
    sum.shownAll = used + held
    sum.shownOpen = held
  }
  return books.wrong()
}

/** A top-up has no windows. */
const GRANT = [{ span: "", key: "" }]

/** Sums by book, unit and key; the form of a key tells its span. Rows come in order, so the last book is kept at hand. */
function createSums() {
  const books = new Map<string, { scope: string; unit: string; sums: Map<string, Sums> }>()
  let last: { scope: string; unit: string; sums: Map<string, Sums> } = { scope: "", unit: "", sums: new Map() }
  return {
    at: (scope: string, unit: string, span: string, key: string): Sums => {
      if (last.scope !== scope || last.unit !== unit) {
        const name = `${unit} ${scope}`
        const book = books.get(name) ?? { scope, unit, sums: new Map<string, Sums>() }
        books.set(name, book)
        last = book
      }
      let sum = last.sums.get(key)
      if (!sum) last.sums.set(key, (sum = { span, all: 0, open: 0, shownAll: 0, shownOpen: 0 }))
      return sum
    },
    wrong: (): Violation[] => {
      const found: Violation[] = []
      for (const { scope, unit, sums } of books.values())
        for (const [key, { span, all, open, shownAll, shownOpen }] of sums) {
          const where = { scope, unit, span, key }
          if (all !== shownAll) found.push({ ...where, of: "used + held", booked: all, shown: shownAll })
          if (open !== shownOpen) found.push({ ...where, of: "held", booked: open, shown: shownOpen })
        }
      return found
    },
  }
}
