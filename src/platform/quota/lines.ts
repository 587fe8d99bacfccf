import type { Level } from "#src/platform/quota/books.ts"
import type { Grant } from "#src/platform/quota/grants.ts"
import type { Rule } from "#src/platform/quota/limits.ts"
import { endOf } from "#src/platform/quota/spans.ts"
import { localTime } from "#src/platform/quota/why.ts"
import type { QuotaLine } from "#src/studio.ts"

/** What a person may use and has used: a line per limit, and one per top-up that has something left. */
export function linesFor(facts: {
  accountId: string
  rules: readonly Rule[]
  grants: readonly Grant[]
  level(rule: Rule): Level
  /** Bytes stored now. */
  stored(): number
  now: number
  zone: string
}): QuotaLine[] {
  const { rules, grants, now, zone } = facts
  const limited = rules.map((rule): QuotaLine => {
    const { used, held } = rule.unit === "storage_bytes" ? { used: facts.stored(), held: 0 } : facts.level(rule)
    const resetsAt = endOf(rule.span, now, zone)
    return {
      unit: rule.unit,
      window: rule.span,
      limit: rule.amount,
      used,
      held,
      source: rule.source,
      ...(rule.scope.startsWith("tenant:") ? { shared: true } : {}),
      ...(resetsAt === undefined ? {} : { resetsAt }),
    }
  })
  const given = grants.map((grant): QuotaLine => {
    const until = grant.expiresAt === null ? "" : `, until ${localTime(grant.expiresAt, zone)}`
    return {
      unit: grant.unit,
      window: "total",
      limit: grant.amount,
      used: grant.used,
      held: grant.held,
      source: `top-up${until}${grant.reason ? `: ${grant.reason}` : ""}`,
      topUp: grant.id,
    }
  })
  return [...limited, ...given]
}
