import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createQuota } from "#src/platform/quota/quota.ts"
import type { QuotaOptions } from "#src/platform/quota/quota.ts"
import { endOf, hourOf, keyOf } from "#src/platform/quota/spans.ts"
import { openDb } from "#src/platform/store/db.ts"

const config = { quotaJobsPerDay: 3, quotaStorageBytes: 1_000 }
const ada = { accountId: "ada", tenantId: "local", role: "user" as const }
const bob = { ...ada, accountId: "bob" }

function open(options: Partial<QuotaOptions> = {}) {
  const time = { at: Date.UTC(2026, 10, 21, 23, 30) }
  const db = openDb(":memory:")
  const quota = createQuota({ db, clock: { now: () => time.at }, config, ...options })
  const used = (accountId: string, unit: string) => quota.show(accountId).find((line) => line.unit === unit)
  return { db, time, quota, used }
}

describe("the ledger", () => {
  it("holds, settles what was used and refunds the rest, each job once", () => {
    const { quota, used } = open()
    quota.hold("a", ada, { jobs: 1, cpu_seconds: 10 })
    expect(used("ada", "cpu_seconds")).toMatchObject({ used: 0, held: 10 })
    quota.settle("a", { jobs: 1, cpu_seconds: 4.2 })
    quota.settle("a", { jobs: 1, cpu_seconds: 9 })
    quota.refund("a")
    expect(used("ada", "cpu_seconds")).toMatchObject({ used: 5, held: 0 })
    expect(used("ada", "jobs")).toMatchObject({ used: 1, held: 0 })
    expect(quota.checkInvariant()).toEqual([])
  })

  it("charges an overrun only as far as there is room", () => {
    const { quota, used } = open()
    quota.setLimit({ target: "account:ada", unit: "cpu_seconds", span: "day", amount: 12, by: "root" })
    quota.hold("a", ada, { cpu_seconds: 10 })
    quota.settle("a", { cpu_seconds: 60 })
    expect(used("ada", "cpu_seconds")).toMatchObject({ used: 12, held: 0, limit: 12 })
    expect(quota.checkInvariant()).toEqual([])
  })

  it("charges the day of the hold when the work ends after midnight", () => {
    const { quota, used, time } = open()
    for (const id of ["a", "b", "c"]) quota.hold(id, ada, { jobs: 1 })
    expect(() => quota.hold("d", ada, { jobs: 1 })).toThrow(/used 3 of 3 jobs today \(3 of them held.*resets in 30 min/)
    time.at += 3_600_000
    quota.settle("a", { jobs: 1 })
    expect(used("ada", "jobs")).toMatchObject({ used: 0, held: 0 })
    quota.hold("d", ada, { jobs: 1 })
    expect(quota.checkInvariant()).toEqual([])
  })

  it("keeps a transaction's other work and its own hold together", () => {
    const { db, quota, used } = open()
    const failing = () =>
      db.tx(() => {
        quota.hold("a", ada, { jobs: 1 })
        throw new Error("later step")
      })
    expect(failing).toThrow("later step")
    expect(used("ada", "jobs")).toMatchObject({ held: 0 })
  })
})

describe("limits", () => {
  it("come from the person, then the role, then the tenant, then the default, and say so", () => {
    const { quota, used } = open()
    const set = (target: `${"account" | "role" | "tenant"}:${string}`, amount: number | null) =>
      quota.setLimit({ target, unit: "jobs", span: "day", amount, by: "root" })
    expect(used("ada", "jobs")).toMatchObject({ limit: 3, source: "default" })
    set("tenant:local", 5)
    expect(used("ada", "jobs")).toMatchObject({ limit: 5, source: "workspace (set by root, 2026-11-21)" })
    set("role:user", 7)
    expect(used("ada", "jobs")).toMatchObject({ limit: 7, source: "role user (set by root, 2026-11-21)" })
    set("account:ada", null)
    expect(used("ada", "jobs")).toMatchObject({ limit: null, source: "personal limit (set by root, 2026-11-21)" })
    set("account:ada", 0)
    expect(() => quota.hold("a", ada, { jobs: 1 })).toThrow(/used 0 of 0 jobs/)
    expect(used("bob", "jobs")).toMatchObject({ limit: 7 })
    quota.removeLimit({ target: "account:ada", unit: "jobs", span: "day", by: "root" })
    expect(used("ada", "jobs")).toMatchObject({ limit: 7 })
  })

  it("of a workspace budget count everybody's jobs, beside each one's own", () => {
    const { quota } = open()
    quota.setLimit({ target: "budget:local", unit: "jobs", span: "week", amount: 2, by: "root" })
    quota.hold("a", ada, { jobs: 1 })
    quota.hold("b", bob, { jobs: 1 })
    expect(() => quota.hold("c", bob, { jobs: 1 })).toThrow(/Your workspace has used 2 of 2 jobs this week/)
    quota.hold("d", { ...bob, tenantId: "elsewhere" }, { jobs: 1 })
    expect(quota.checkInvariant()).toEqual([])
  })

  it("lowered below what is used only block new holds", () => {
    const { quota, used } = open()
    quota.hold("a", ada, { jobs: 1 })
    quota.hold("b", ada, { jobs: 1 })
    quota.setLimit({ target: "account:ada", unit: "jobs", span: "day", amount: 1, by: "root" })
    expect(() => quota.hold("c", ada, { jobs: 1 })).toThrow(/used 2 of 1/)
    quota.settle("a", { jobs: 1 })
    expect(used("ada", "jobs")).toMatchObject({ used: 1, held: 1, limit: 1 })
  })

  it("are audited with before and after, and refused when they make no sense", () => {
    const seen: unknown[] = []
    const { quota } = open({ audit: (change) => seen.push(change) })
    quota.setLimit({ target: "role:user", unit: "gpu_seconds", span: "hour", amount: 60, by: "root" })
    quota.setLimit({ target: "role:user", unit: "gpu_seconds", span: "hour", amount: 30, by: "eve" })
    expect(seen).toMatchObject([
      { by: "root", action: "set", before: undefined, after: { amount: 60 } },
      { by: "eve", action: "set", before: { amount: 60 }, after: { amount: 30 } },
    ])
    const bad = { target: "role:user", unit: "jobs", span: "day", by: "root" } as const
    expect(() => quota.setLimit({ ...bad, amount: -1 })).toThrow(/A limit of -1 is not possible/)
    expect(() => quota.setLimit({ ...bad, amount: 1.5 })).toThrow(/whole number/)
    expect(() => quota.setLimit({ ...bad, unit: "storage_bytes", amount: 1 })).toThrow(/level/)
  })

  it("of storage are a level: what is stored now, asked before more is stored", () => {
    let stored = 900
    const { quota, used } = open({ storedBytes: () => stored })
    quota.requireRoom("ada", 100)
    expect(() => quota.requireRoom("ada", 101)).toThrow(/You store/)
    expect(used("ada", "storage_bytes")).toMatchObject({ used: 900, held: 0, limit: 1_000, window: "total" })
    stored = 1_001
    expect(() => quota.hold("a", ada, { jobs: 1 })).toThrow(/You store/)
  })
})

describe("windows", () => {
  it("follow the zone, ISO weeks and short days", () => {
    const at = Date.UTC(2027, 0, 1, 3, 15)
    expect(hourOf(at, "UTC")).toBe("2027-01-01T03")
    expect(hourOf(at, "America/New_York")).toBe("2026-12-31T22")
    expect(keyOf("week", "2027-01-01T03")).toBe("2026-W53")
    expect(keyOf("week", "2027-01-04T00")).toBe("2027-W01")
    expect(keyOf("month", "2027-01-01T03")).toBe("2027-01")
    expect(endOf("day", at, "America/New_York")).toBe(Date.UTC(2027, 0, 1, 5))
    expect(endOf("week", at, "UTC")).toBe(Date.UTC(2027, 0, 4))
    expect(endOf("month", at, "UTC")).toBe(Date.UTC(2027, 1, 1))
    expect(endOf("hour", at, "Asia/Kathmandu")).toBe(Date.UTC(2027, 0, 1, 3, 15) + 3_600_000)
    expect(endOf("total", at, "UTC")).toBeUndefined()
    // The day on which New York's clocks go forward has 23 hours.
    expect(endOf("day", Date.UTC(2026, 2, 8, 6), "America/New_York")).toBe(Date.UTC(2026, 2, 9, 4))
  })
})

describe("any sequence of operations", () => {
  const job = fc.integer({ min: 0, max: 8 }).map((n) => `job ${n}`)
  const amount = fc.integer({ min: 0, max: 20 })
  const operation = fc.oneof(
    fc.record({
      do: fc.constant("hold" as const),
      job,
      who: fc.constantFrom(ada, bob),
      jobs: fc.integer({ min: 0, max: 2 }),
      amount,
    }),
    fc.record({ do: fc.constant("settle" as const), job, amount }),
    fc.record({ do: fc.constant("refund" as const), job }),
    fc.record({
      do: fc.constant("limit" as const),
      target: fc.constantFrom("account:ada" as const, "budget:local" as const),
      amount,
    }),
    fc.record({ do: fc.constant("time" as const), ms: fc.integer({ min: -90_000_000, max: 90_000_000 }) }),
  )

  it("leaves sum(entries) = used + held, and no hold passes a limit", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 25 }), (operations) => {
        const { db, quota, time } = open()
        for (const op of operations) {
          try {
            if (op.do === "hold") db.tx(() => quota.hold(op.job, op.who, { jobs: op.jobs, cpu_seconds: op.amount }))
            if (op.do === "settle") db.tx(() => quota.settle(op.job, { jobs: 1, cpu_seconds: op.amount }))
            if (op.do === "refund") db.tx(() => quota.refund(op.job))
            if (op.do === "limit")
              quota.setLimit({ target: op.target, unit: "cpu_seconds", span: "day", amount: op.amount, by: "root" })
            if (op.do === "time") time.at += op.ms
          } catch (error) {
            // Denied, or the same job held twice: both must leave no trace.
            expect(String(error)).toMatch(/UserError|UNIQUE/)
          }
          expect(quota.checkInvariant()).toEqual([])
          if (op.do !== "hold") continue
          for (const line of quota.show(op.who.accountId).filter((one) => one.unit === "jobs"))
            expect(line.used + line.held).toBeLessThanOrEqual(3)
        }
        for (const id of quota.openHolds()) quota.refund(id)
        for (const line of [...quota.show("ada"), ...quota.show("bob")]) expect(line.held).toBe(0)
        db.close()
      }),
      { numRuns: 60, seed: 7 },
    )
  })
})
