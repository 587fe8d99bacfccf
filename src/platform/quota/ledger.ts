import { z } from "zod"
import { createBooks } from "#src/platform/quota/books.ts"
import type { Level, Line } from "#src/platform/quota/books.ts"
import { denial } from "#src/platform/quota/denial.ts"
import { leftOf } from "#src/platform/quota/grants.ts"
import type { Grants } from "#src/platform/quota/grants.ts"
import type { Person, Rule } from "#src/platform/quota/limits.ts"
import { hourOf, keyOf } from "#src/platform/quota/spans.ts"
import type { Span } from "#src/platform/quota/spans.ts"
import { units } from "#src/platform/quota/units.ts"
import type { Amounts, Unit } from "#src/platform/quota/units.ts"
import type { Db } from "#src/platform/store/db.ts"
import { newId } from "#src/platform/store/id.ts"
import type { Clock } from "#src/studio.ts"

/**
 * The double-entry side of quotas. A hold is split into lines: what the allowance of the account's windows pays, what its
 * top-ups pay, and, beside them, all of it in the book of the tenant. Settle and refund close every line once. Invariant:
 * per window and top-up, sum of entries = used + held. All calls belong into the transaction that changes the job.
 */
export interface Ledger {
  /** Throws UserError "quota" (and books nothing) when a rule has no room. */
  hold(jobId: string, person: Person, amounts: Amounts, rules: readonly Rule[]): void
  /**
   * Charges what was really used. An overrun is charged in full: to what room there is, then to top-ups, and the rest as a
   * debt that takes `used` past the limit, so that nothing new fits in until the window ends. Does nothing when the job is
   * closed already.
   */
  settle(jobId: string, actual: Amounts, rulesFor: (person: Omit<Person, "role">) => readonly Rule[]): void
  refund(jobId: string): void
  /** Jobs with a hold that is neither settled nor refunded. */
  openHolds(): string[]
  level(rule: Pick<Rule, "scope" | "unit" | "span">, zone: string): Level
  /** Takes back what the account has used in the current window, in every tenant; returns how much that was. */
  reset(accountId: string, unit: Unit, span: Span, zone: string): number
}

type Part = Pick<Line, "book" | "amount">

export function createLedger(parts: {
  db: Db
  clock: Clock
  grants: Grants
  zoneOf: (tenantId: string) => string
}): Ledger {
  const { db, clock, grants, zoneOf } = parts
  const books = createBooks(db, clock)

  const room = (rule: Rule, hour: string) => {
    if (rule.amount === null) return Infinity
    const { used, held } = books.level(rule.scope, rule.unit, rule.span, hour)
    return rule.amount - used - held
  }
  /** The rule of this kind with the least room. */
  const tightest = (rules: readonly Rule[], kind: "account" | "tenant", unit: Unit, hour: string) =>
    rules
      .filter((rule) => rule.unit === unit && rule.scope.startsWith(kind))
      .map((rule) => ({ rule, left: room(rule, hour) }))
      .reduce<{ rule: Rule; left: number } | undefined>((a, b) => (a && a.left <= b.left ? a : b), undefined)

  /** Who pays: the allowance while it lasts, then top-ups by expiry; `short` is what nobody can pay. */
  const fund = (accountId: string, unit: Unit, amount: number, left: number): { parts: Part[]; short: number } => {
    const fromAllowance = Math.min(amount, Math.max(0, left))
    const paid: Part[] = fromAllowance > 0 ? [{ book: `account:${accountId}`, amount: fromAllowance }] : []
    let short = amount - fromAllowance
    for (const grant of short > 0 ? grants.open(accountId, unit) : []) {
      const take = Math.min(short, leftOf([grant]))
      if (take > 0) paid.push({ book: `grant:${grant.id}`, amount: take })
      short -= take
    }
    return { parts: paid, short }
  }
  const refuse = (rule: Rule, needs: number, hour: string, zone: string, accountId: string) =>
    denial({
      rule,
      needs,
      level: books.level(rule.scope, rule.unit, rule.span, hour),
      topUps: rule.scope.startsWith("account:") ? leftOf(grants.open(accountId, rule.unit)) : 0,
      now: clock.now(),
      zone,
    })
  const overrun = (jobId: string, line: Line, extra: number, rules: readonly Rule[]) => {
    const { account_id, unit, hour } = line
    const left = tightest(rules, "account", unit, hour)?.left ?? Infinity
    const { parts: paid, short } = fund(account_id, unit, extra, left)
    const own = paid.find((part) => part.book.startsWith("account:"))
    if (own) own.amount += short
    else if (short > 0) paid.push({ book: `account:${account_id}`, amount: short })
    for (const part of [...paid, { book: line.book, amount: extra }]) books.adjust(jobId, { ...line, ...part })
  }
  /** In the order of spending: the allowance, then top-ups by expiry. */
  const inOrder = (lines: readonly Line[]): Line[] => {
    const rank = (line: Line) => {
      const grant = line.book.startsWith("grant:") ? grants.get(line.book.slice("grant:".length)) : undefined
      return { at: grant ? (grant.expiresAt ?? Infinity) : -Infinity, set: grant?.setAt ?? 0, id: grant?.id ?? "" }
    }
    return lines
      .map((line) => ({ line, ...rank(line) }))
      .sort((a, b) => (a.at === b.at ? a.set - b.set || (a.id < b.id ? -1 : 1) : a.at - b.at))
      .map(({ line }) => line)
  }

  return {
    hold: (jobId, { accountId, tenantId }, amounts, rules) => {
      const zone = zoneOf(tenantId)
      const hour = hourOf(clock.now(), zone)
      for (const unit of units) {
        const amount = amounts[unit]
        if (!amount) continue
        const budget = tightest(rules, "tenant", unit, hour)
        if (budget && amount > budget.left) throw refuse(budget.rule, amount, hour, zone, accountId)
        const own = tightest(rules, "account", unit, hour)
        const { parts: paid, short } = fund(accountId, unit, amount, own?.left ?? Infinity)
        if (own && short > 0) throw refuse(own.rule, amount, hour, zone, accountId)
        for (const part of [...paid, { book: `tenant:${tenantId}` as const, amount }])
          books.open(jobId, { ...part, unit, account_id: accountId, tenant_id: tenantId, hour })
      }
    },
    settle: (jobId, actual, rulesFor) => {
      const open = books.take(jobId)
      for (const all of open.filter((line) => line.book.startsWith("tenant:"))) {
        const wanted = Math.max(0, Math.ceil(actual[all.unit] ?? 0))
        let charged = Math.min(wanted, all.amount)
        books.close(jobId, all, charged)
        for (const line of inOrder(open.filter((one) => one !== all && one.unit === all.unit))) {
          const paid = Math.min(charged, line.amount)
          charged -= paid
          books.close(jobId, line, paid)
        }
        if (wanted <= all.amount) continue
        const rules = rulesFor({ accountId: all.account_id, tenantId: all.tenant_id })
        overrun(jobId, all, wanted - all.amount, rules)
      }
    },
    refund: (jobId) => {
      for (const line of books.take(jobId)) books.close(jobId, line, undefined)
    },
    openHolds: () =>
      db.all(z.object({ job_id: z.string() }), "SELECT DISTINCT job_id FROM quota_hold").map((row) => row.job_id),
    level: ({ scope, unit, span }, zone) => books.level(scope, unit, span, hourOf(clock.now(), zone)),
    reset: (accountId, unit, span, zone) => {
      const now = hourOf(clock.now(), zone)
      const id = newId("reset")
      let sum = 0
      for (const line of usedByHour(db, accountId, unit)) {
        if (span !== "total" && keyOf(span, line.hour) !== keyOf(span, now)) continue
        books.adjust(`${id}:${line.hour}`, { ...line, amount: -line.amount })
        sum += line.amount
      }
      return sum
    },
  }
}

const usedRow = z.object({ hour: z.string(), amount: z.number() })

/** What an account has used of its allowance, one line per time: all entries less what is still held. */
function usedByHour(db: Db, accountId: string, unit: Unit): Line[] {
  const book = `account:${accountId}` as const
  const used = db.all(
    usedRow,
    `SELECT hour, sum(amount) AS amount FROM
       (SELECT hour, amount FROM quota_entry WHERE book = :book AND unit = :unit
        UNION ALL SELECT hour, -amount FROM quota_hold WHERE account_id = :accountId AND unit = :unit AND book = :book)
     GROUP BY hour HAVING sum(amount) <> 0`,
    { book, unit, accountId },
  )
  return used.map((row) => ({ ...row, book, unit, account_id: accountId, tenant_id: "" }))
}
