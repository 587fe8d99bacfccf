import { UserError } from "#src/errors.ts"
import { createAudit } from "#src/platform/accounts/audit.ts"
import type { Actor, AuditLine } from "#src/platform/accounts/audit.ts"
import { apply } from "#src/platform/quota/apply.ts"
import type { ApplyParts } from "#src/platform/quota/apply.ts"
import type { Block } from "#src/platform/quota/blocks.ts"
import type { QuotaChange, QuotaChanged } from "#src/platform/quota/changes.ts"
import type { Grant } from "#src/platform/quota/grants.ts"
import type { Limit } from "#src/platform/quota/limits.ts"
import type { Span } from "#src/platform/quota/spans.ts"
import { topUsers } from "#src/platform/quota/top.ts"
import type { TopLine } from "#src/platform/quota/top.ts"
import type { Unit } from "#src/platform/quota/units.ts"
import { countHolds } from "#src/platform/quota/usage.ts"
import { whyOf } from "#src/platform/quota/why.ts"
import type { TenantZone } from "#src/platform/quota/zones.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Quota, QuotaLine } from "#src/studio.ts"
import type { Role } from "#src/tool.ts"

/** The quota of one account in one tenant, with reasons. */
export interface AccountQuota {
  account: { id: string; name: string }
  tenant: string
  zone: string
  roles: Role[]
  block?: Block
  lines: (QuotaLine & { why: string })[]
}

/** Everything that was ever set and is in force. */
export interface QuotaSettings {
  limits: Limit[]
  grants: Grant[]
  blocks: Block[]
  zones: TenantZone[]
  /** Of the accounts that are named in these, by id. */
  names: ReadonlyMap<string, string>
}

/** A line of the log, with the names that its accounts have now. */
export type QuotaLogLine = AuditLine & { actorName: string; targetName: string }

/**
 * The administration of quotas, the same behind every surface. Every function throws UserError "forbidden" when `by` is not an
 * admin of the whole studio: an admin of one guild or workspace must not give out what others pay for.
 */
export interface QuotaAdmin {
  /** `user`: id, exact name, or platform:id. Without a tenant: the one that the account is from. */
  show(by: Actor, user: string, tenantId?: string): AccountQuota
  /** All of them or, when one cannot be done, none. Each is written to the audit with before, after and reason. */
  change(by: Actor, changes: readonly QuotaChange[]): QuotaChanged[]
  settings(by: Actor): QuotaSettings
  /** Who used most in the current window, of one tenant or of all. */
  top(by: Actor, input: { unit: Unit; span: Span; tenantId?: string; limit: number }): TopLine[]
  /** Newest first: what was changed, of one account or of all. */
  log(by: Actor, input: { user?: string; limit: number }): QuotaLogLine[]
}

export function createQuotaAdmin(
  parts: Omit<ApplyParts, "audit"> & { db: Db; show: Quota["show"]; storedBytes: (accountId: string) => number },
): QuotaAdmin {
  const { db, clock, limits, grants, blocks, zones, people } = parts
  const audit = createAudit(db, clock)
  const requireAdmin = (by: Actor) => {
    if (by.id === "system" || people.isStudioAdmin(by.id)) return
    throw new UserError(
      "Only admins of the whole studio can look at and change quotas.",
      "Ask one of them. studio_status shows your own quota.",
      "forbidden",
    )
  }
  return {
    show: (by, user, tenantId) => {
      requireAdmin(by)
      const account = people.find(user)
      const tenant = tenantId ?? people.homeOf(account.id)
      const zone = zones.of(tenant)
      const block = blocks.get(account.id)
      const lines = parts.show(account.id, tenant).map((line) => {
        const holder = line.shared ? { tenantId: tenant } : { accountId: account.id }
        return { ...line, why: whyOf(line, { holds: countHolds(db, line.unit, holder), now: clock.now(), zone }) }
      })
      return { account, tenant, zone, roles: people.roles(account.id, tenant), lines, ...(block ? { block } : {}) }
    },
    change: (by, changes) => {
      try {
        requireAdmin(by)
      } catch (error) {
        audit.record({ actor: by, action: "quota.refused", target: "quota", after: { changes } })
        throw error
      }
      return db.tx(() => changes.map((change) => apply({ ...parts, audit }, by, change)))
    },
    settings: (by) => {
      requireAdmin(by)
      const found = { limits: limits.list(), grants: grants.all(), blocks: blocks.list(), zones: zones.list() }
      const ids = [
        ...found.limits.flatMap(({ target, setBy }) => [target.replace(/^account:/, ""), setBy]),
        ...[...found.grants, ...found.blocks].map(({ accountId }) => accountId),
      ]
      const names = [...new Set(ids)].map((id) => [id, people.nameOf(id)] as const)
      return { ...found, names: new Map(names.filter((one): one is [string, string] => one[1] !== undefined)) }
    },
    top: (by, input) => {
      requireAdmin(by)
      return topUsers({ ...parts, now: clock.now(), zoneOf: zones.of }, input)
    },
    log: (by, { user, limit }) => {
      requireAdmin(by)
      const called = (id: string) => people.nameOf(id) ?? id
      const found = audit.find({
        action: "quota.*",
        limit,
        ...(user === undefined ? {} : { target: `account:${people.find(user).id}` }),
      })
      return found.map((line) => ({
        ...line,
        actorName: called(line.actor),
        targetName: line.target.startsWith("account:") ? called(line.target.slice("account:".length)) : line.target,
      }))
    },
  }
}
