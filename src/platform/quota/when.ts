import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { endOf, hourOf } from "#src/platform/quota/spans.ts"

const HOUR_MS = 3_600_000
const LENGTHS: Record<string, number> = { h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS }
const MOST_MS = 100 * 366 * 24 * HOUR_MS

/**
 * A moment in the future: "12h", "7d", "2w" from now, "2026-12-31" (the end of that day in the zone), or a time with an
 * offset as in RFC 3339. Throws UserError.
 */
export function momentOf(text: string, now: number, zone: string): number {
  const at = parse(text.trim(), now, zone)
  if (at === undefined)
    throw new UserError(
      `"${text.slice(0, 60)}" is not a moment.`,
      "Use 12h, 7d or 2w from now, a date such as 2026-12-31, or a time such as 2026-12-31T18:00:00+01:00.",
    )
  if (at <= now || at > now + MOST_MS)
    throw new UserError(
      `${text.slice(0, 60)} is ${at <= now ? "over" : "too far away"}.`,
      "Give a moment in the future.",
    )
  return at
}

function parse(text: string, now: number, zone: string): number | undefined {
  const [, count, length = ""] = /^(\d{1,5})\s?([hdw])$/.exec(text) ?? []
  if (count) return now + Number(count) * (LENGTHS[length] ?? 0)
  if (z.iso.date().safeParse(text).success) return endOfDate(text, zone)
  return z.iso.datetime({ offset: true }).safeParse(text).success ? Date.parse(text) : undefined
}

function endOfDate(date: string, zone: string): number | undefined {
  const noon = Date.parse(`${date}T12:00:00Z`)
  // No zone is more than 14 hours away, so one of these lies in the date.
  const inside = [noon, noon - 12 * HOUR_MS, noon + 12 * HOUR_MS].find((at) => hourOf(at, zone).startsWith(date))
  return inside === undefined ? undefined : endOf("day", inside, zone)
}
