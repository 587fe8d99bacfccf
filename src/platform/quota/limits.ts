import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { spans } from "#src/platform/quota/spans.ts"
import type { Span } from "#src/platform/quota/spans.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"
import type { Role } from "#src/tool.ts"

/**
 * jobs: accepted jobs. cpu_seconds: running time on the "cpu" lane; gpu_seconds: on any other lane; both in whole seconds,
 * rounded up. llm_tokens: tokens of language models, prompts and answers. storage_bytes: a level (what is stored now), not a flow.
 */
export const units = ["jobs", "cpu_seconds", "gpu_seconds", "llm_tokens", "storage_bytes"] as const
export type Unit = (typeof units)[number]

export interface Person {
  accountId: string
  tenantId: string
  role: Role
}

/** `account:<id>`, `role:<role>`, `tenant:<id>` (for each member alone), `budget:<tenant>` (for all members together). */
export type LimitTarget = `${"account" | "role" | "tenant" | "budget"}:${string}`

export interface Limit {
  target: LimitTarget
  unit: Unit
  span: Span
  /** null = unlimited; 0 = nothing allowed. */
  amount: number | null
  setBy: string
  setAt: number
}

export interface DefaultLimit {
  unit: Unit
  span: Span
  amount: number | null
}

/** A limit as it applies to one person, and why. */
export interface Rule {
  scope: string
  unit: Unit
  span: Span
  amount: number | null
  source: string
}

const limitRow = z.object({
  target: z.string(),
  unit: z.enum(units),
  span: z.enum(["hour", "day", "week", "month", "total"]),
  amount: z.number().nullable(),
  set_by: z.string(),
  set_at: z.number(),
})

export interface Limits {
  set(input: { target: LimitTarget; unit: Unit; span: Span; amount: number | null; by: string }): Limit | undefined
  remove(target: LimitTarget, unit: Unit, span: Span): Limit | undefined
  list(): Limit[]
  /** What applies to a person; the tenant's budget comes in addition, never instead. */
  rules(person: Person): Rule[]
}

export function createLimits(db: Db, clock: Clock, defaults: readonly DefaultLimit[]): Limits {
  const find = (target: string, unit: string, span: string): Limit | undefined => {
    const row = db.get(limitRow, `${SELECT} WHERE target = :target AND unit = :unit AND span = :span`, {
      target,
      unit,
      span,
    })
    return row && asLimit(row)
  }
  return {
    set: ({ target, unit, span, amount, by }) => {
      check(target, unit, span, amount)
      const before = find(target, unit, span)
      db.run(
        `INSERT INTO quota_limit (target, unit, span, amount, set_by, set_at) VALUES (:target, :unit, :span, :amount, :by, :now)
         ON CONFLICT DO UPDATE SET amount = :amount, set_by = :by, set_at = :now`,
        { target, unit, span, amount, by, now: clock.now() },
      )
      return before
    },
    remove: (target, unit, span) => {
      const before = find(target, unit, span)
      db.run("DELETE FROM quota_limit WHERE target = :target AND unit = :unit AND span = :span", { target, unit, span })
      return before
    },
    list: () => db.all(limitRow, `${SELECT} ORDER BY target, unit, span`).map(asLimit),
    rules: (person) => {
      const targets = [
        `account:${person.accountId}`,
        `role:${person.role}`,
        `tenant:${person.tenantId}`,
        `budget:${person.tenantId}`,
      ]
      const rows = db
        .all(limitRow, `${SELECT} WHERE target IN (SELECT value FROM json_each(:targets))`, {
          targets: JSON.stringify(targets),
        })
        .map(asLimit)
      return [...personal(person, targets, rows, defaults), ...budgets(person, rows)]
    },
  }
}

const SELECT = "SELECT target, unit, span, amount, set_by, set_at FROM quota_limit"

function asLimit(row: z.infer<typeof limitRow>): Limit {
  const { target, unit, span, amount, set_by: setBy, set_at: setAt } = row
  // Only `set` writes targets, and it checks their form.
  return { target: target as LimitTarget, unit, span, amount, setBy, setAt }
}

/** Per unit and window the most specific limit wins: person, role, tenant, default. */
function personal(
  person: Person,
  targets: readonly string[],
  rows: readonly Limit[],
  defaults: readonly DefaultLimit[],
): Rule[] {
  const rules: Rule[] = []
  for (const unit of units)
    for (const span of spans) {
      const found = targets
        .slice(0, 3)
        .map((target) => rows.find((row) => row.target === target && row.unit === unit && row.span === span))
        .find((row) => row !== undefined)
      const fallback = defaults.find((one) => one.unit === unit && one.span === span)
      const limit = found ?? fallback
      if (!limit) continue
      const source = found ? sourceOf(found) : "default"
      rules.push({ scope: `account:${person.accountId}`, unit, span, amount: limit.amount, source })
    }
  return rules
}

function budgets(person: Person, rows: readonly Limit[]): Rule[] {
  return rows
    .filter((row) => row.target === `budget:${person.tenantId}`)
    .map((row) => ({
      scope: `tenant:${person.tenantId}`,
      unit: row.unit,
      span: row.span,
      amount: row.amount,
      source: sourceOf(row),
    }))
}

function sourceOf(limit: Limit): string {
  const date = new Date(limit.setAt).toISOString().slice(0, 10)
  const words = {
    account: "personal limit",
    role: limit.target.replace(":", " "),
    tenant: "workspace",
    budget: "workspace budget",
  }
  const kind = limit.target.slice(0, limit.target.indexOf(":")) as keyof typeof words // checked when the limit was set
  return `${words[kind]} (set by ${limit.setBy}, ${date})`
}

function check(target: string, unit: string, span: string, amount: number | null): void {
  if (!/^(account|role|tenant|budget):.{1,200}$/.test(target))
    throw new UserError(
      `"${target.slice(0, 80)}" cannot have a limit.`,
      "Use account:, role:, tenant: or budget: and a name.",
    )
  if (!units.some((one) => one === unit))
    throw new UserError(`"${unit.slice(0, 80)}" is not a unit.`, `Units are ${units.join(", ")}.`)
  if (!spans.some((one) => one === span))
    throw new UserError(`"${span.slice(0, 80)}" is not a window.`, `Windows are ${spans.join(", ")}.`)
  if (unit === "storage_bytes" && (span !== "total" || target.startsWith("budget:")))
    throw new UserError(
      "Storage has no such limit.",
      'It is a level: set it for a person, role or tenant, for the window "total".',
    )
  if (amount !== null && !(Number.isSafeInteger(amount) && amount >= 0))
    throw new UserError(
      `A limit of ${amount} is not possible.`,
      "Give a whole number from 0 up, or no number for unlimited.",
    )
}
