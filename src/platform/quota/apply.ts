import type { Actor, Audit } from "#src/platform/accounts/audit.ts"
import type { People } from "#src/platform/accounts/people.ts"
import { UserError } from "#src/errors.ts"
import type { Blocks } from "#src/platform/quota/blocks.ts"
import type { QuotaChange, QuotaChanged } from "#src/platform/quota/changes.ts"
import type { Grants } from "#src/platform/quota/grants.ts"
import type { Ledger } from "#src/platform/quota/ledger.ts"
import { EVERYONE } from "#src/platform/quota/limits.ts"
import type { Limits, LimitTarget } from "#src/platform/quota/limits.ts"
import type { Span } from "#src/platform/quota/spans.ts"
import { amountInWords, units } from "#src/platform/quota/units.ts"
import type { Unit } from "#src/platform/quota/units.ts"
import { momentOf } from "#src/platform/quota/when.ts"
import { localTime } from "#src/platform/quota/why.ts"
import type { Zones } from "#src/platform/quota/zones.ts"
import type { Clock } from "#src/studio.ts"

export interface ApplyParts {
  clock: Clock
  limits: Limits
  ledger: Ledger
  grants: Grants
  blocks: Blocks
  zones: Zones
  people: People
  audit: Audit
}

/** What one change did: for people, and for the log. */
type Done = QuotaChanged & { before?: unknown; after?: unknown }

/** Carries out one change and writes it down. Belongs into a transaction. Throws UserError for what cannot be done. */
export function apply(parts: ApplyParts, by: Actor, change: QuotaChange): QuotaChanged {
  const { before, after, ...changed } = done(parts, by, change)
  parts.audit.record({
    actor: by,
    action: `quota.${changed.action}`,
    target: changed.target,
    before: before ?? null,
    after: after ?? null,
    ...(change.reason ? { reason: change.reason } : {}),
  })
  return changed
}

function done(parts: ApplyParts, by: Actor, change: QuotaChange): Done {
  switch (change.do) {
    case "set":
      return setLimit(parts, by, { ...change, action: "set", ...targetOf(parts, change.target) })
    case "budget":
      return setLimit(parts, by, { ...change, action: "budget", ...targetOf(parts, `budget:${change.tenant}`) })
    case "remove":
      return removeLimit(parts, change)
    case "grant":
      return grant(parts, by, change)
    case "end_grant":
      return endGrant(parts, change.grant)
    case "reset":
      return reset(parts, change)
    case "block":
      return block(parts, by, change)
    case "unblock":
      return unblock(parts, change.user)
    default:
      return setZone(parts, by, change)
  }
}

interface Target {
  target: LimitTarget
  /** As people say it. */
  who: string
}

function targetOf({ people }: ApplyParts, text: string): Target {
  if (text === "everyone" || text === EVERYONE) return { target: EVERYONE, who: "Everyone" }
  const [, kind, name] = /^(role|tenant|budget):(.+)$/s.exec(text) ?? []
  // The form is checked where the limit is set.
  if (kind && name) return { target: text as LimitTarget, who: `${kind === "budget" ? "budget of" : kind} ${name}` }
  return accountOf(people, text.replace(/^account:/, ""))
}

function accountOf(people: People, text: string): Target & { id: string } {
  const { id, name } = people.find(text)
  return { id, target: `account:${id}`, who: `${name} (${id})` }
}

const spanOf = (unit: Unit, per: Span | undefined): Span => per ?? (unit === "storage_bytes" ? "total" : "day")
const perWords = (unit: Unit, span: Span) =>
  unit === "storage_bytes" ? "" : span === "total" ? " in all" : ` per ${span}`

function setLimit(
  { limits, clock }: ApplyParts,
  by: Actor,
  wanted: Target & { action: "set" | "budget"; unit: Unit; per?: Span | undefined; amount: number | "unlimited" },
): Done {
  const { action, target, who, unit } = wanted
  const span = spanOf(unit, wanted.per)
  const amount = wanted.amount === "unlimited" ? null : wanted.amount
  const limit = { target, unit, span, amount }
  const before = limits.set({ ...limit, by: by.id })
  const was = before ? ` (was ${amountInWords(before.amount, unit)})` : ""
  return {
    action,
    target,
    before,
    after: { ...limit, setBy: by.id, setAt: clock.now() },
    say: `${who}: ${amountInWords(amount, unit)}${perWords(unit, span)}${was}.`,
  }
}

function removeLimit(parts: ApplyParts, change: { target: string; unit: Unit; per?: Span | undefined }): Done {
  const { target, who } = targetOf(parts, change.target)
  const span = spanOf(change.unit, change.per)
  const before = parts.limits.remove(target, change.unit, span)
  if (!before)
    throw new UserError(
      `${who} has no limit of ${change.unit}${perWords(change.unit, span)}.`,
      "quota_report lists the limits; what comes from the settings of the studio can only be overridden.",
      "not_found",
    )
  const had = `${amountInWords(before.amount, change.unit)}${perWords(change.unit, span)}`
  return { action: "remove", target, before, say: `${who}: no limit of its own any more (was ${had}).` }
}

function grant(parts: ApplyParts, by: Actor, change: QuotaChange & { do: "grant" }): Done {
  const { grants, zones, people, clock } = parts
  const { id: accountId, target, who } = accountOf(people, change.user)
  const zone = zones.of(people.homeOf(accountId))
  const expiresAt = change.expires === undefined ? null : momentOf(change.expires, clock.now(), zone)
  const { unit, amount, reason = "" } = change
  const given = grants.add({ accountId, unit, amount, expiresAt, reason, setBy: by.id })
  const until = expiresAt === null ? "" : `, until ${localTime(expiresAt, zone)} ${zone}`
  return {
    action: "grant",
    target,
    after: given,
    id: given.id,
    say: `${who}: ${amountInWords(amount, unit)} more${until} (${given.id}).`,
  }
}

function endGrant({ grants, people }: ApplyParts, id: string): Done {
  const before = grants.get(id)
  if (!before) throw new UserError(`There is no top-up "${id.slice(0, 80)}".`, "quota_show has the ids.", "not_found")
  grants.end(id)
  const left = before.amount - before.used - before.held
  return {
    action: "end_grant",
    target: `account:${before.accountId}`,
    before,
    after: grants.get(id),
    say: `${people.nameOf(before.accountId) ?? before.accountId}: top-up ${id} ended with ${amountInWords(left, before.unit)} left.`,
  }
}

function reset(parts: ApplyParts, change: QuotaChange & { do: "reset" }): Done {
  const { ledger, zones, people } = parts
  if (change.unit === "storage_bytes")
    throw new UserError("Storage cannot be reset.", "It is what is stored now: delete files, or raise the limit.")
  const { id, target, who } = accountOf(people, change.user)
  const { per: span = "total" } = change
  const zone = zones.of(people.homeOf(id))
  const back = (change.unit ? [change.unit] : units.filter((unit) => unit !== "storage_bytes"))
    .map((unit) => ({ unit, used: ledger.reset(id, unit, span, zone) }))
    .filter(({ used }) => used !== 0)
  const words = back.map(({ unit, used }) => amountInWords(used, unit)).join(", ")
  return {
    action: "reset",
    target,
    before: { span, used: Object.fromEntries(back.map(({ unit, used }) => [unit, used])) },
    after: { span, used: {} },
    say: `${who}: ${words ? `${words} given back` : "nothing was used"}${span === "total" ? "" : ` of this ${span}`}.`,
  }
}

function block(parts: ApplyParts, by: Actor, change: QuotaChange & { do: "block" }): Done {
  const { blocks, zones, people, clock } = parts
  const { id, target, who } = accountOf(people, change.user)
  const zone = zones.of(people.homeOf(id))
  const until = change.until === undefined ? null : momentOf(change.until, clock.now(), zone)
  const before = blocks.set({ accountId: id, until, reason: change.reason ?? "", setBy: by.id })
  const end = until === null ? "until somebody lifts it" : `until ${localTime(until, zone)} ${zone}`
  return { action: "block", target, before, after: blocks.get(id), say: `${who} is blocked ${end}.` }
}

function unblock({ blocks, people }: ApplyParts, user: string): Done {
  const { id, target, who } = accountOf(people, user)
  const before = blocks.lift(id)
  if (!before) throw new UserError(`${who} is not blocked.`, "Nothing is left to lift.", "not_found")
  return { action: "unblock", target, before, say: `${who} is not blocked any more.` }
}

function setZone({ zones }: ApplyParts, by: Actor, { tenant, zone }: { tenant: string; zone: string }): Done {
  const before = zones.set({ tenantId: tenant, zone, by: by.id })
  return {
    action: "zone",
    target: `tenant:${tenant}`,
    before: { zone: before },
    after: { zone },
    say: `Days of ${tenant} begin at midnight in ${zone} (was ${before}).`,
  }
}
