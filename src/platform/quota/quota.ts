import { UserError } from "#src/errors.ts"
import type { Config } from "#src/platform/config.ts"
import { createLedger } from "#src/platform/quota/ledger.ts"
import type { Amounts, Violation } from "#src/platform/quota/ledger.ts"
import { createLimits } from "#src/platform/quota/limits.ts"
import type { DefaultLimit, Limit, LimitTarget, Person, Rule, Unit } from "#src/platform/quota/limits.ts"
import { endOf } from "#src/platform/quota/spans.ts"
import type { Span } from "#src/platform/quota/spans.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock, Quota, QuotaLine } from "#src/studio.ts"

export interface QuotaOptions {
  db: Db
  clock: Clock
  /** Without `llm`, or without a model in it, tokens have no limit and are not shown. */
  config: Pick<Config, "quotaJobsPerDay" | "quotaStorageBytes"> & Partial<Pick<Config, "llm">>
  /** IANA zone in which days begin. */
  zone?: string
  /** Role and tenant of an account, for limits that come from them when nobody is calling; default: a user of "local". */
  person?: (accountId: string) => Omit<Person, "accountId"> | undefined
  /** Bytes an account stores now. */
  storedBytes?: (accountId: string) => number
  /** Every change of a limit. */
  audit?: (change: {
    by: string
    action: "set" | "remove"
    before: Limit | undefined
    after: Limit | undefined
  }) => void
}

/** Limits, windows and the ledger together: what jobs, admin tools and `studio_status` use. */
export interface QuotaLedger extends Quota {
  /** Inside the transaction that accepts the job. Throws UserError "quota" with used, limit, reset time and what to do. */
  hold(jobId: string, person: Person, amounts: Amounts): void
  /** Inside the transaction that ends the job; charges at most once. */
  settle(jobId: string, actual: Amounts): void
  refund(jobId: string): void
  openHolds(): string[]
  /** Throws UserError "quota" when the account cannot store `bytes` more. */
  requireRoom(accountId: string, bytes: number): void
  /** A lower limit only blocks new holds. amount null = unlimited. */
  setLimit(input: { target: LimitTarget; unit: Unit; span: Span; amount: number | null; by: string }): void
  removeLimit(input: { target: LimitTarget; unit: Unit; span: Span; by: string }): void
  limits(): Limit[]
  /** Windows whose sum of entries is not used + held; empty unless there is a bug. */
  checkInvariant(): Violation[]
}

export function createQuota(options: QuotaOptions): QuotaLedger {
  const { db, clock, config, zone = "UTC", storedBytes = () => 0, audit } = options
  const defaults: DefaultLimit[] = [
    { unit: "jobs", span: "day", amount: config.quotaJobsPerDay },
    { unit: "cpu_seconds", span: "day", amount: null },
    { unit: "gpu_seconds", span: "day", amount: null },
    ...(hasModels(config.llm)
      ? [{ unit: "llm_tokens", span: "day", amount: config.llm.limits.tokensPerDay } as const]
      : []),
    { unit: "storage_bytes", span: "total", amount: config.quotaStorageBytes },
  ]
  const limits = createLimits(db, clock, defaults)
  const ledger = createLedger(db, clock, zone)
  const personOf = (accountId: string): Person => ({
    accountId,
    ...(options.person?.(accountId) ?? { role: "user", tenantId: "local" }),
  })
  const requireRoom = (accountId: string, bytes: number, rules: readonly Rule[]) => {
    const stored = storedBytes(accountId)
    const rule = rules.find((one) => one.unit === "storage_bytes" && one.amount !== null && stored + bytes > one.amount)
    if (!rule || rule.amount === null) return
    throw new UserError(
      `You store ${inMegabytes(stored)} of ${inMegabytes(rule.amount)}${bytes ? `; this needs ${inMegabytes(bytes)} more` : ""}.`,
      "Delete projects or files that you no longer need, or ask an admin for more.",
      "quota",
    )
  }
  return {
    hold: (jobId, person, amounts) => {
      const rules = limits.rules(person)
      // Talking stores no files, so whoever is over the limit can still ask to delete some.
      if (amounts.llm_tokens === undefined) requireRoom(person.accountId, 0, rules)
      ledger.hold(jobId, person, amounts, rules)
    },
    settle: (jobId, actual) =>
      ledger.settle(jobId, actual, ({ accountId, tenantId }) => limits.rules({ ...personOf(accountId), tenantId })),
    refund: ledger.refund,
    openHolds: ledger.openHolds,
    requireRoom: (accountId, bytes) => requireRoom(accountId, bytes, limits.rules(personOf(accountId))),
    setLimit: ({ by, ...limit }) =>
      db.tx(() => {
        const before = limits.set({ ...limit, by })
        audit?.({ by, action: "set", before, after: { ...limit, setBy: by, setAt: clock.now() } })
      }),
    removeLimit: ({ target, unit, span, by }) =>
      db.tx(() => {
        const before = limits.remove(target, unit, span)
        audit?.({ by, action: "remove", before, after: undefined })
      }),
    limits: limits.list,
    checkInvariant: ledger.checkInvariant,
    show: (accountId) =>
      limits.rules(personOf(accountId)).map((rule): QuotaLine => {
        const level = rule.unit === "storage_bytes"
        const { used, held } = level
          ? { used: storedBytes(accountId), held: 0 }
          : ledger.window(rule.scope, rule.unit, rule.span)
        const resetsAt = endOf(rule.span, clock.now(), zone)
        return {
          unit: rule.unit,
          window: rule.span,
          limit: rule.amount,
          used,
          held,
          source: rule.source,
          ...(resetsAt === undefined ? {} : { resetsAt }),
        }
      }),
  }
}

function hasModels(llm: Config["llm"] | undefined): llm is Config["llm"] {
  return llm !== undefined && Object.values(llm.roles).some((chain) => chain.length > 0)
}

function inMegabytes(bytes: number): string {
  const megabytes = bytes / (1024 * 1024)
  return megabytes >= 10 ? `${Math.round(megabytes)} MB` : `${megabytes.toFixed(1)} MB`
}
