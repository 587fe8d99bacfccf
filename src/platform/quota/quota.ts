import { UserError } from "#src/errors.ts"
import type { Config } from "#src/platform/config.ts"
import { createPeople } from "#src/platform/accounts/people.ts"
import { createQuotaAdmin } from "#src/platform/quota/admin.ts"
import type { QuotaAdmin } from "#src/platform/quota/admin.ts"
import { createBlocks } from "#src/platform/quota/blocks.ts"
import { compare } from "#src/platform/quota/compare.ts"
import type { Violation } from "#src/platform/quota/compare.ts"
import { DEFAULT_PRICES, withCredits } from "#src/platform/quota/credits.ts"
import { fold } from "#src/platform/quota/fold.ts"
import { createGrants, leftOf } from "#src/platform/quota/grants.ts"
import { createLedger } from "#src/platform/quota/ledger.ts"
import { createLimits } from "#src/platform/quota/limits.ts"
import type { DefaultLimit, Person, Rule } from "#src/platform/quota/limits.ts"
import { linesFor } from "#src/platform/quota/lines.ts"
import { amountInWords } from "#src/platform/quota/units.ts"
import type { Amounts } from "#src/platform/quota/units.ts"
import { totals } from "#src/platform/quota/usage.ts"
import { createZones } from "#src/platform/quota/zones.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock, Quota } from "#src/studio.ts"

export interface QuotaOptions {
  db: Db
  clock: Clock
  /** Without `llm`, or without a model in it, tokens have no limit and are not shown; without prices, neither are credits. */
  config: Pick<Config, "quotaJobsPerDay" | "quotaStorageBytes"> & Partial<Pick<Config, "llm" | "quotaPrices">>
  /** IANA zone in which the days of tenants without a zone of their own begin. */
  zone?: string
  /** Bytes an account stores now. */
  storedBytes?: (accountId: string) => number
}

/** Limits, windows, top-ups and the ledger together: what jobs, model calls, admin tools and `studio_status` use. */
export interface QuotaLedger extends Quota {
  admin: QuotaAdmin
  /**
   * Inside the transaction that accepts the job. Throws UserError "quota" with used, limit, reset time and what to do, or
   * "forbidden" for somebody who is blocked.
   */
  hold(jobId: string, person: Person, amounts: Amounts): void
  /** Inside the transaction that ends the job; charges at most once. */
  settle(jobId: string, actual: Amounts): void
  refund(jobId: string): void
  openHolds(): string[]
  /** Throws UserError "quota" when the account cannot store `bytes` more. */
  requireRoom(accountId: string, bytes: number): void
  /** Windows and top-ups that are not the sum of their entries; empty unless there is a bug. Looks at every entry. */
  checkInvariant(): Violation[]
  /** How many the last check found; checks again when that was over five minutes ago. */
  violations(): number
  /** What the members of each tenant have used in all, and hold now. */
  totals(): { tenant: string; unit: string; used: number; held: number }[]
  /** Sums up some old entries; 0 = there are none. */
  fold(): number
}

const CHECK_IS_NEW_MS = 300_000

export function createQuota(options: QuotaOptions): QuotaLedger {
  const { db, clock, config, storedBytes = () => 0 } = options
  const limits = createLimits(db, clock, defaultsOf(config))
  const grants = createGrants(db, clock)
  const blocks = createBlocks(db, clock)
  const zones = createZones(db, clock, options.zone ?? "UTC")
  const ledger = createLedger({ db, clock, grants, zoneOf: zones.of })
  const people = createPeople(db)
  /** Credits are held where somebody is limited in them, or wants to see them; what was not held is not settled. */
  const priced = (amounts: Amounts) => withCredits(amounts, config.quotaPrices ?? DEFAULT_PRICES)
  const areCounted = (rules: readonly Rule[]) => rules.some((rule) => rule.unit === "credits")
  const personOf = (accountId: string, tenantId = people.homeOf(accountId)): Person => ({
    accountId,
    tenantId,
    role: people.roles(accountId, tenantId)[0] ?? "user",
  })
  /** Top-ups of storage raise the level. */
  const requireRoom = (accountId: string, bytes: number, rules: readonly Rule[]) => {
    const rule = rules.find((one) => one.unit === "storage_bytes")
    if (!rule || rule.amount === null) return
    const stored = storedBytes(accountId)
    if (stored + bytes <= rule.amount) return
    const most = rule.amount + leftOf(grants.open(accountId, "storage_bytes"))
    if (stored + bytes <= most) return
    throw new UserError(
      `You store ${inMegabytes(stored)} of ${inMegabytes(most)}${bytes ? `; this needs ${inMegabytes(bytes)} more` : ""}.`,
      "Delete projects or files that you no longer need, or ask an admin for more.",
      "quota",
    )
  }
  const show: Quota["show"] = (accountId, tenantId) => {
    const person = personOf(accountId, tenantId)
    return linesFor({
      accountId,
      rules: limits.rules(person),
      grants: grants.open(accountId),
      level: (rule) => ledger.level(rule, zones.of(person.tenantId)),
      stored: () => storedBytes(accountId),
      now: clock.now(),
      zone: zones.of(person.tenantId),
    })
  }
  let last = { at: -Infinity, found: 0 }
  const checkInvariant = () => {
    const found = compare(db)
    last = { at: clock.now(), found: found.length }
    return found
  }
  return {
    hold: (jobId, person, amounts) => {
      blocks.require(person.accountId)
      const rules = limits.rules(person)
      // Talking stores no files, so whoever is over the limit can still ask to delete some.
      if (amounts.llm_tokens === undefined) requireRoom(person.accountId, 0, rules)
      ledger.hold(jobId, person, areCounted(rules) ? priced(amounts) : amounts, rules)
    },
    settle: (jobId, actual) =>
      ledger.settle(jobId, priced(actual), ({ accountId, tenantId }) => limits.rules(personOf(accountId, tenantId))),
    refund: ledger.refund,
    openHolds: ledger.openHolds,
    requireRoom: (accountId, bytes) => requireRoom(accountId, bytes, limits.rules(personOf(accountId))),
    checkInvariant,
    violations: () => {
      const age = clock.now() - last.at
      return age >= 0 && age < CHECK_IS_NEW_MS ? last.found : checkInvariant().length
    },
    totals: () => totals(db),
    fold: () => fold(db, clock.now()),
    show,
    admin: createQuotaAdmin({ db, clock, limits, ledger, grants, blocks, zones, people, show, storedBytes }),
  }
}

function defaultsOf(config: QuotaOptions["config"]): DefaultLimit[] {
  return [
    { unit: "jobs", span: "day", amount: config.quotaJobsPerDay },
    { unit: "cpu_seconds", span: "day", amount: null },
    { unit: "gpu_seconds", span: "day", amount: null },
    ...(hasModels(config.llm)
      ? [{ unit: "llm_tokens", span: "day", amount: config.llm.limits.tokensPerDay } as const]
      : []),
    ...(config.quotaPrices ? [{ unit: "credits", span: "day", amount: null } as const] : []),
    { unit: "storage_bytes", span: "total", amount: config.quotaStorageBytes },
  ]
}

function hasModels(llm: Config["llm"] | undefined): llm is Config["llm"] {
  return llm !== undefined && Object.values(llm.roles).some((chain) => chain.length > 0)
}

function inMegabytes(bytes: number): string {
  return amountInWords(bytes, "storage_bytes")
}
