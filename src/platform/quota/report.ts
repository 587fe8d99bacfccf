import type { QuotaLogLine, QuotaSettings } from "#src/platform/quota/admin.ts"
import { EVERYONE } from "#src/platform/quota/limits.ts"
import type { Span } from "#src/platform/quota/spans.ts"
import type { TopLine } from "#src/platform/quota/top.ts"
import { amountInWords } from "#src/platform/quota/units.ts"
import type { Unit } from "#src/platform/quota/units.ts"

const day = (at: number) => new Date(at).toISOString().slice(0, 10)
const minute = (at: number) => new Date(at).toISOString().slice(0, 16).replace("T", " ")
const perWords = (span: Span) => (span === "total" ? "in all" : `per ${span}`)
const because = (reason: string) => (reason ? `: ${reason}` : "")

/** Everything in force, a line each. */
export function settingsInWords({ limits, grants, blocks, zones, names }: QuotaSettings): string {
  const called = (id: string) => names.get(id) ?? id
  const account = (id: string) => `account:${id}${names.has(id) ? ` (${called(id)})` : ""}`
  const whom = (target: string) =>
    target === EVERYONE ? "everyone" : target.startsWith("account:") ? account(target.slice("account:".length)) : target
  const lines = [
    ...limits.map(
      ({ target, unit, span, amount, setBy, setAt }) =>
        `${whom(target)}  ${amountInWords(amount, unit)} ${perWords(span)}  (set by ${called(setBy)}, ${day(setAt)})`,
    ),
    ...grants.map(
      ({ id, accountId, unit, amount, used, held, expiresAt, reason }) =>
        `${account(accountId)}  top-up ${id}: ${amountInWords(amount, unit)}, ${amount - used - held} left${expiresAt === null ? "" : `, until ${minute(expiresAt)} UTC`}${because(reason)}`,
    ),
    ...blocks.map(
      ({ accountId, until, reason }) =>
        `${account(accountId)}  blocked ${until === null ? "until lifted" : `until ${minute(until)} UTC`}${because(reason)}`,
    ),
    ...zones.map(({ tenantId, zone }) => `tenant:${tenantId}  days in ${zone}`),
  ]
  return lines.join("\n") || "Nothing is set: everybody has what the settings of the studio allow (see studio_status)."
}

const WHEN: Record<Span, string> = {
  hour: "this hour",
  day: "today",
  week: "this week",
  month: "this month",
  total: "in all",
}

/** Who used most, a line each. */
export function topInWords(top: readonly TopLine[], unit: Unit, span: Span): string {
  const when = unit === "storage_bytes" ? "stored now" : WHEN[span]
  if (top.length === 0) return `Nobody has used any ${amountInWords(0, unit).replace(/^0 /, "")} ${when}.`
  const lines = top.map(
    ({ name, accountId, used, held }, index) =>
      `${index + 1}. ${name} (${accountId}): ${amountInWords(used, unit)}${held > 0 ? `, ${held} held` : ""}`,
  )
  return [`${unit}, ${when}:`, ...lines].join("\n")
}

/** What was changed, newest first, a line each. */
export function logInWords(lines: readonly QuotaLogLine[]): string {
  return (
    lines
      .map(
        ({ at, actorName, surface, action, targetName, before, after, reason }) =>
          `${minute(at)} UTC  ${action.replace("quota.", "")} ${targetName} by ${actorName} (${surface})${because(reason)}\n  ${short(before)} → ${short(after)}`,
      )
      .join("\n") || "Nothing was changed yet."
  )
}

const MAX_SHOWN = 160

/** What is told by the line already, or by nobody missed. */
const UNTOLD = ["target", "setBy", "setAt", "accountId", "tenantId", "reason", "id"]

/** The values of a record. */
function short(value: unknown): string {
  if (value === undefined || value === null) return "none"
  if (typeof value !== "object") return JSON.stringify(value)
  const told = Object.entries(value).filter(([key, it]) => !UNTOLD.includes(key) && it !== undefined)
  const text = told.map(([key, it]) => `${key} ${valueInWords(key, it)}`).join(", ")
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text || "none"
}

function valueInWords(key: string, value: unknown): string {
  if (value === null) return key === "amount" ? "unlimited" : "never"
  if ((key === "expiresAt" || key === "until") && typeof value === "number") return `${minute(value)} UTC`
  return typeof value === "string" ? value : JSON.stringify(value)
}
