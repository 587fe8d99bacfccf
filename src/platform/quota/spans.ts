import type { QuotaLine } from "#src/studio.ts"

export type Span = QuotaLine["window"]
export const spans: readonly Span[] = ["hour", "day", "week", "month", "total"]

const DAY_MS = 86_400_000

/** The local hour of an instant in an IANA zone, "2026-11-21T09": every longer window follows from it. */
export function hourOf(at: number, zone: string): string {
  const parts = formatterFor(zone).formatToParts(at)
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "00"
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}`
}

/** Name of the window that a local hour falls into: hour, date, ISO week "2026-W47", month or "all". */
export function keyOf(span: Span, hour: string): string {
  if (span === "hour") return hour
  if (span === "day") return hour.slice(0, 10)
  if (span === "month") return hour.slice(0, 7)
  return span === "week" ? isoWeek(hour.slice(0, 10)) : "all"
}

/** When the window of `at` ends: the first later instant whose key differs. Undefined for "total". */
export function endOf(span: Span, at: number, zone: string): number | undefined {
  if (span === "total") return undefined
  const key = keyOf(span, hourOf(at, zone))
  const QUARTER_MS = 900_000 // every zone's offset is a multiple of a quarter of an hour
  let low = Math.floor(at / QUARTER_MS)
  let high = low + Math.ceil((span === "hour" ? DAY_MS / 12 : span === "day" ? 2 * DAY_MS : 32 * DAY_MS) / QUARTER_MS)
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (keyOf(span, hourOf(middle * QUARTER_MS, zone)) === key) low = middle
    else high = middle
  }
  return high * QUARTER_MS
}

/** ISO 8601 week of a date: the week belongs to the year of its Thursday. */
function isoWeek(date: string): string {
  const day = Date.parse(`${date}T00:00:00Z`)
  const thursday = day + (3 - ((new Date(day).getUTCDay() + 6) % 7)) * DAY_MS
  const year = new Date(thursday).getUTCFullYear()
  const week = 1 + Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * DAY_MS))
  return `${year}-W${String(week).padStart(2, "0")}`
}

const formatters = new Map<string, Intl.DateTimeFormat>()

/** Making one takes a millisecond, so it is kept; the number of zones is bounded by configuration. */
function formatterFor(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone)
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      hourCycle: "h23",
    })
    formatters.set(zone, formatter)
  }
  return formatter
}
