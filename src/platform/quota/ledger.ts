import { z } from "zod"
import { UserError } from "#src/errors.ts"
import type { Person, Rule, Unit } from "#src/platform/quota/limits.ts"
import { units } from "#src/platform/quota/limits.ts"
import { endOf, hourOf, keyOf, spans } from "#src/platform/quota/spans.ts"
import type { Span } from "#src/platform/quota/spans.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

export type Amounts = Partial<Record<Unit, number>>

export interface Violation {
  scope: string
  unit: string
  span: string
  key: string
  entries: number
  windows: number
}

/**
 * The double-entry side of quotas. A hold books its amount into every window of its hour, for the account and its tenant;
 * settle and refund close it once. Invariant: per window, sum of entries = used + held. All calls belong into the
 * transaction that changes the job.
 */
export interface Ledger {
  /** Throws UserError "quota" (and books nothing) when a rule has no room. */
  hold(jobId: string, person: Person, amounts: Amounts, rules: readonly Rule[]): void
  /**
   * Charges what was really used, at most what was held; an overrun is charged as far as the rules leave room, so that
   * used + held never passes a limit. Does nothing when the job is closed already.
   */
  settle(jobId: string, actual: Amounts, rulesFor: (person: Omit<Person, "role">) => readonly Rule[]): void
  refund(jobId: string): void
  /** Jobs with a hold that is neither settled nor refunded. */
  openHolds(): string[]
  window(scope: string, unit: Unit, span: Span): { used: number; held: number }
  checkInvariant(): Violation[]
}

const holdRow = z.object({
  unit: z.enum(units),
  account_id: z.string(),
  tenant_id: z.string(),
  amount: z.number(),
  hour: z.string(),
})
type Hold = z.infer<typeof holdRow>
const windowRow = z.object({ used: z.number(), held: z.number() })

export function createLedger(db: Db, clock: Clock, zone: string): Ledger {
  const scopesOf = (hold: { account_id: string; tenant_id: string }) => [
    `account:${hold.account_id}`,
    `tenant:${hold.tenant_id}`,
  ]
  /** Moves amounts in every window of a hold. */
  const book = (hold: Hold, usedBy: number, heldBy: number) => {
    for (const scope of scopesOf(hold))
      for (const span of spans) {
        const window = { scope, unit: hold.unit, span, key: keyOf(span, hold.hour) }
        db.run(
          "INSERT INTO quota_window (scope, unit, span, key) VALUES (:scope, :unit, :span, :key) ON CONFLICT DO NOTHING",
          window,
        )
        db.run(
          `UPDATE quota_window SET used = used + :usedBy, held = held + :heldBy
           WHERE scope = :scope AND unit = :unit AND span = :span AND key = :key`,
          { ...window, usedBy, heldBy },
        )
      }
  }
  const enter = (jobId: string, kind: "hold" | "settle" | "refund" | "adjust", hold: Hold, amount: number) =>
    db.run(
      `INSERT INTO quota_entry (job_id, kind, unit, account_id, tenant_id, amount, hour, at)
       VALUES (:jobId, :kind, :unit, :account_id, :tenant_id, :amount, :hour, :at)`,
      { ...hold, jobId, kind, amount, at: clock.now() },
    )
  const openHoldsOf = (jobId: string) =>
    db.all(
      holdRow,
      `SELECT unit, account_id, tenant_id, amount, hour FROM quota_entry h WHERE job_id = :jobId AND kind = 'hold'
       AND NOT EXISTS (SELECT 1 FROM quota_entry c WHERE c.job_id = h.job_id AND c.unit = h.unit AND c.kind IN ('settle', 'refund'))`,
      { jobId },
    )
  const windowAt = (scope: string, unit: Unit, span: Span, hour: string) =>
    db.get(
      windowRow,
      "SELECT used, held FROM quota_window WHERE scope = :scope AND unit = :unit AND span = :span AND key = :key",
      { scope, unit, span, key: keyOf(span, hour) },
    ) ?? { used: 0, held: 0 }
  const room = (rule: Rule, hour: string) => {
    if (rule.amount === null) return Infinity
    const { used, held } = windowAt(rule.scope, rule.unit, rule.span, hour)
    return rule.amount - used - held
  }

  return {
    hold: (jobId, person, amounts, rules) => {
      const hour = hourOf(clock.now(), zone)
      for (const unit of units) {
        const amount = amounts[unit]
        if (!amount) continue
        for (const rule of rules.filter((one) => one.unit === unit))
          if (amount > room(rule, hour))
            throw denial(rule, amount, windowAt(rule.scope, unit, rule.span, hour), clock, zone)
        const hold = { unit, account_id: person.accountId, tenant_id: person.tenantId, amount, hour }
        book(hold, 0, amount)
        enter(jobId, "hold", hold, amount)
      }
    },
    settle: (jobId, actual, rulesFor) => {
      for (const hold of openHoldsOf(jobId)) {
        const wanted = Math.max(0, Math.ceil(actual[hold.unit] ?? 0))
        const charged = Math.min(wanted, hold.amount)
        book(hold, charged, -hold.amount)
        enter(jobId, "settle", hold, charged - hold.amount)
        if (wanted <= charged) continue
        const rules = rulesFor({ accountId: hold.account_id, tenantId: hold.tenant_id })
        const rooms = rules.filter((rule) => rule.unit === hold.unit).map((rule) => room(rule, hold.hour))
        const overrun = Math.max(0, Math.min(wanted - charged, ...rooms))
        if (overrun === 0) continue
        book(hold, overrun, 0)
        enter(jobId, "adjust", hold, overrun)
      }
    },
    refund: (jobId) => {
      for (const hold of openHoldsOf(jobId)) {
        book(hold, 0, -hold.amount)
        enter(jobId, "refund", hold, -hold.amount)
      }
    },
    openHolds: () =>
      db
        .all(
          z.object({ job_id: z.string() }),
          `SELECT DISTINCT job_id FROM quota_entry h WHERE kind = 'hold'
           AND NOT EXISTS (SELECT 1 FROM quota_entry c WHERE c.job_id = h.job_id AND c.unit = h.unit AND c.kind IN ('settle', 'refund'))`,
        )
        .map((row) => row.job_id),
    window: (scope, unit, span) => windowAt(scope, unit, span, hourOf(clock.now(), zone)),
    checkInvariant: () => compare(db),
  }
}

function compare(db: Db): Violation[] {
  const sums = new Map<string, Violation>()
  const at = (scope: string, unit: string, span: string, key: string) => {
    const name = JSON.stringify([scope, unit, span, key])
    let found = sums.get(name)
    if (!found) sums.set(name, (found = { scope, unit, span, key, entries: 0, windows: 0 }))
    return found
  }
  const entries = db.all(
    holdRow,
    `SELECT unit, account_id, tenant_id, sum(amount) AS amount, hour FROM quota_entry GROUP BY unit, account_id, tenant_id, hour`,
  )
  for (const entry of entries)
    for (const scope of [`account:${entry.account_id}`, `tenant:${entry.tenant_id}`])
      for (const span of spans) at(scope, entry.unit, span, keyOf(span, entry.hour)).entries += entry.amount
  const windows = db.all(
    z.object({ scope: z.string(), unit: z.string(), span: z.string(), key: z.string(), total: z.number() }),
    "SELECT scope, unit, span, key, used + held AS total FROM quota_window",
  )
  for (const { scope, unit, span, key, total } of windows) at(scope, unit, span, key).windows = total
  return [...sums.values()].filter((sum) => sum.entries !== sum.windows)
}

/** "You have used 500 of 500 jobs today. This needs 1." */
function denial(
  rule: Rule,
  needs: number,
  { used, held }: { used: number; held: number },
  clock: Clock,
  zone: string,
): UserError {
  const who = rule.scope.startsWith("tenant:") ? "Your workspace has" : "You have"
  const when = { hour: "this hour", day: "today", week: "this week", month: "this month", total: "in all" }[rule.span]
  const waiting =
    held > 0 ? ` (${held} of them held by ${rule.unit === "llm_tokens" ? "running calls" : "open jobs"})` : ""
  const resets = endOf(rule.span, clock.now(), zone)
  const reset = resets === undefined ? "It does not reset by itself." : `It resets in ${inHours(resets - clock.now())}.`
  return new UserError(
    `${who} used ${used + held} of ${rule.amount} ${inWords(rule.unit)} ${when}${waiting}; this needs ${needs}.`,
    `${reset} The limit comes from: ${rule.source}. ${rule.unit === "llm_tokens" ? "Ask" : "Cancel waiting jobs or ask"} an admin for more.`,
    "quota",
  )
}

export function inWords(unit: Unit): string {
  return {
    jobs: "jobs",
    cpu_seconds: "CPU seconds",
    gpu_seconds: "GPU seconds",
    llm_tokens: "tokens of language models",
    storage_bytes: "bytes",
  }[unit]
}

/** "3 h", "25 min", "2 days". */
function inHours(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000))
  if (minutes < 90) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} days`
}
