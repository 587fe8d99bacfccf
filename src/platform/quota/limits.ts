import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { createPeople } from "#src/platform/accounts/people.ts"
import { roleSchema } from "#src/platform/accounts/roles.ts"
import { spans } from "#src/platform/quota/spans.ts"
import type { Span } from "#src/platform/quota/spans.ts"
import { units } from "#src/platform/quota/units.ts"
import type { Unit } from "#src/platform/quota/units.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"
import type { Role } from "#src/tool.ts"

export interface Person {
  accountId: string
  tenantId: string
  role: Role
}

/**
 * `account:<id>`, `role:<role>`, `tenant:<id>` (for each member alone), `default:everyone` (for each one whom nothing else
 * names), `budget:<tenant>` (for all members together).
 */
export type LimitTarget = `${"account" | "role" | "tenant" | "budget" | "default"}:${string}`
export const EVERYONE = "default:everyone"

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
  /** The book that is counted: `account:<id>` or `tenant:<id>`. */
  scope: `${"account" | "tenant"}:${string}`
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
  by_name: z.string().nullable(),
})
type Row = Limit & { byName: string }

export interface Limits {
  /** Returns what it was before. Throws UserError for a limit that makes no sense. */
  set(input: { target: LimitTarget; unit: Unit; span: Span; amount: number | null; by: string }): Limit | undefined
  remove(target: LimitTarget, unit: Unit, span: Span): Limit | undefined
  list(): Limit[]
  /** What applies to a person; the tenant's budget comes in addition, never instead. */
  rules(person: Person): Rule[]
}

export function createLimits(db: Db, clock: Clock, defaults: readonly DefaultLimit[]): Limits {
  const people = createPeople(db)
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
      const roles = new Set([person.role, ...people.roles(person.accountId, person.tenantId)])
      const order = [
        [`account:${person.accountId}`],
        [...roles].map((role) => `role:${role}`),
        [`tenant:${person.tenantId}`],
        [EVERYONE],
      ]
      const budget = `budget:${person.tenantId}`
      const rows = db
        .all(limitRow, `${SELECT} WHERE target IN (SELECT value FROM json_each(:targets))`, {
          targets: JSON.stringify([...order.flat(), budget]),
        })
        .map((row): Row => ({ ...asLimit(row), byName: row.by_name ?? row.set_by }))
      const budgets = rows.filter((row) => row.target === budget)
      return [
        ...personal(person, order, rows, defaults),
        ...budgets.map(({ unit, span, amount, ...row }): Rule => {
          return { scope: `tenant:${person.tenantId}`, unit, span, amount, source: sourceOf(row) }
        }),
      ]
    },
  }
}

const SELECT = `SELECT target, unit, span, amount, set_by, set_at,
  (SELECT name FROM account WHERE id = set_by) AS by_name FROM quota_limit`

function asLimit(row: z.infer<typeof limitRow>): Limit {
  const { target, unit, span, amount, set_by: setBy, set_at: setAt } = row
  // Only `set` writes targets, and it checks their form.
  return { target: target as LimitTarget, unit, span, amount, setBy, setAt }
}

/** Per unit and window the first of `order` that has a limit wins; of several roles, the highest limit. */
function personal(
  person: Person,
  order: readonly (readonly string[])[],
  rows: readonly Row[],
  defaults: readonly DefaultLimit[],
): Rule[] {
  const rules: Rule[] = []
  const scope = `account:${person.accountId}` as const
  for (const unit of units)
    for (const span of spans) {
      const here = rows.filter((row) => row.unit === unit && row.span === span)
      const found = order
        .map((targets) => here.filter((row) => targets.includes(row.target)).reduce<Row | undefined>(higher, undefined))
        .find((row) => row !== undefined)
      const fallback = defaults.find((one) => one.unit === unit && one.span === span)
      if (found) rules.push({ scope, unit, span, amount: found.amount, source: sourceOf(found) })
      else if (fallback) rules.push({ scope, unit, span, amount: fallback.amount, source: "default" })
    }
  return rules
}

function higher(best: Row | undefined, row: Row): Row {
  return best === undefined || (best.amount !== null && (row.amount ?? Infinity) > best.amount) ? row : best
}

function sourceOf({ target, byName, setAt }: Pick<Row, "target" | "byName" | "setAt">): string {
  const kind = target.slice(0, target.indexOf(":"))
  const words: Record<string, string> = {
    account: "personal limit",
    role: target.replace(":", " "),
    tenant: "workspace",
    budget: "workspace budget",
    default: "everyone",
  }
  return `${words[kind] ?? kind} (set by ${byName}, ${new Date(setAt).toISOString().slice(0, 10)})`
}

function check(target: string, unit: string, span: string, amount: number | null): void {
  if (!/^((account|tenant|budget):.{1,200}|default:everyone)$/.test(target) && !isRole(target))
    throw new UserError(
      `"${target.slice(0, 80)}" cannot have a limit.`,
      `Use account:, tenant: or budget: and an id, role: and one of ${roleSchema.options.join(", ")}, or ${EVERYONE}.`,
    )
  if (!units.some((one) => one === unit))
    throw new UserError(`"${unit.slice(0, 80)}" is not a unit.`, `Units are ${units.join(", ")}.`)
  if (!spans.some((one) => one === span))
    throw new UserError(`"${span.slice(0, 80)}" is not a window.`, `Windows are ${spans.join(", ")}.`)
  if (unit === "storage_bytes" && (span !== "total" || target.startsWith("budget:")))
    throw new UserError(
      `storage_bytes cannot be limited per ${target.startsWith("budget:") ? "workspace" : span}.`,
      "It is a level, not a flow: limit it in total, for an account, a role or a tenant's members.",
    )
  if (amount !== null && !(Number.isSafeInteger(amount) && amount >= 0))
    throw new UserError(`A limit of ${amount} is not possible.`, "Use a whole number from 0, or unlimited.")
}

const isRole = (target: string) => roleSchema.options.some((role) => target === `role:${role}`)
