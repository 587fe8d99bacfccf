import type { QuotaLine } from "#src/studio.ts"

export type Span = QuotaLine["window"]
export const spans: readonly Span[] = ["hour", "day", "week", "month", "total"]

const DAY_MS = 86_400_000

/** The local hour of an instant in an IANA zone, "2026-11-21T09": every longer window follows from it. */
export function hourOf(at: number, zone: string): string {
  const local = localIn(zone)
  const quarter = Math.floor(at / QUARTER_MS)
  if (local.quarter === quarter) return local.hour
  const parts = local.formatter.formatToParts(at)
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "00"
  local.hour = `${part("year")}-${part("month")}-${part("day")}T${part("hour")}`
  local.quarter = quarter
  return local.hour
}

/** Every zone's offset is a multiple of a quarter of an hour, so hours begin and end between quarters. */
const QUARTER_MS = 900_000

/** Name of the window that a local hour falls into: hour, date, ISO week "2026-W47", month or "all". */
export function keyOf(span: Span, hour: string): string {
  if (span === "hour") return hour
  if (span === "day") return hour.slice(0, DATE_CHARS)
  if (span === "month") return hour.slice(0, MONTH_CHARS)
  return span === "week" ? isoWeek(hour.slice(0, DATE_CHARS)) : "all"
}

const HOUR_CHARS = 13
const DATE_CHARS = 10
const MONTH_CHARS = 7

/** The windows of a ledger line: all five for an hour; of a date or month, to which old lines are summed up, the long ones. */
export function windowsOf(when: string): { span: Span; key: string }[] {
  const longest = when.length === HOUR_CHARS ? spans : spans.slice(when.length === DATE_CHARS ? 1 : 3)
  return longest.map((span) => ({ span, key: keyOf(span, when) }))
}

/** The lines of a window, as a range of text: `from` <= when < `to`. */
export function linesOf(span: Span, hour: string): { from: string; to: string } {
  if (span === "total") return { from: "", to: LAST }
  if (span !== "week") return { from: keyOf(span, hour), to: `${keyOf(span, hour)}${LAST}` }
  const day = Date.parse(`${hour.slice(0, DATE_CHARS)}T00:00:00Z`)
  const monday = day - ((new Date(day).getUTCDay() + 6) % 7) * DAY_MS
  return { from: dateOf(monday), to: dateOf(monday + 7 * DAY_MS) }
}

/** Behind every digit and letter of a line's time. */
const LAST = "~"
const dateOf = (at: number) => new Date(at).toISOString().slice(0, DATE_CHARS)

/** Whether this is an IANA zone that this program knows. */
export function isZone(zone: string): boolean {
  try {
    if (!/^[A-Za-z][\w+/-]{0,63}$/.test(zone)) return false
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== ""
  } catch {
    return false
  }
}

/** When the window of `at` ends: the first later instant whose key differs. Undefined for "total". */
export function endOf(span: Span, at: number, zone: string): number | undefined {
  if (span === "total") return undefined
  const key = keyOf(span, hourOf(at, zone))
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

interface Local {
  formatter: Intl.DateTimeFormat
  /** The quarter of an hour that was asked for last, and its local hour: nearly always the one that is asked for next. */
  quarter: number
  hour: string
}

const locals = new Map<string, Local>()

/** Making a formatter takes a millisecond, so it is kept; the zones of the world bound their number. */
function localIn(zone: string): Local {
  let local = locals.get(zone)
  if (!local) {
    const formatter = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      hourCycle: "h23",
    })
    locals.set(zone, (local = { formatter, quarter: NaN, hour: "" }))
  }
  return local
}
