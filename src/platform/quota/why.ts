import { amountInWords, durationInWords } from "#src/platform/quota/units.ts"
import type { Unit } from "#src/platform/quota/units.ts"
import type { QuotaLine } from "#src/studio.ts"

/** "Day allowance 600 GPU seconds from role user (set by Ada, 2026-11-12): used 412, held 60 by 1 job; resets in 3 h …" */
export function whyOf(line: QuotaLine, facts: { holds: number; now: number; zone: string }): string {
  const unit = line.unit as Unit // lines are made of rules and top-ups, which have no other units
  const used = line.unit === "storage_bytes" ? amountInWords(line.used, unit) : String(line.used)
  const held = line.held > 0 ? `, held ${line.held} by ${facts.holds} ${facts.holds === 1 ? "job" : "jobs"}` : ""
  const left = line.limit === null ? "" : leftInWords(line.limit - line.used - line.held, unit)
  const amount =
    line.limit === 0
      ? `of 0 ${amountInWords(0, unit).replace(/^0 /, "")}, that is none,`
      : amountInWords(line.limit, unit)
  const from = line.topUp
    ? `(${line.topUp}, ${line.source.replace(/^top-up,? ?/, "") || "no end"})`
    : `from ${fromWords(line.source)}`
  return `${headOf(line)} ${amount} ${from}: used ${used}${held}${left}${resetOf(line, facts)}.`
}

function headOf({ window, shared, topUp }: QuotaLine): string {
  if (topUp) return "Top-up of"
  const span = window === "total" ? "Total" : `${window.charAt(0).toUpperCase()}${window.slice(1)}`
  return `${span} ${shared ? "budget" : "allowance"}`
}

const fromWords = (source: string) =>
  ({ default: "the studio's settings" })[source] ??
  source.replace(/^(personal limit|workspace budget|workspace)/, "the $1")

function leftInWords(left: number, unit: Unit): string {
  const amount = unit === "storage_bytes" ? amountInWords(Math.abs(left), unit) : Math.abs(left)
  return left < 0 ? `, ${amount} over` : `, ${amount} left`
}

function resetOf({ resetsAt }: QuotaLine, { now, zone }: { now: number; zone: string }): string {
  return resetsAt === undefined
    ? ""
    : `; resets in ${durationInWords(resetsAt - now)} (${localTime(resetsAt, zone)} ${zone})`
}

/** "2026-11-22 00:00". */
export function localTime(at: number, zone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(at)
}
