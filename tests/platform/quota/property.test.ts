import fc from "fast-check"
import { afterAll, describe, expect, it } from "vitest"
import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { ada, bob, openDesk } from "#tests/platform/quota/desk.ts"

// QUOTA_SEQUENCES=10000 takes about a minute; the seed makes every run the same.
const SEQUENCES = Number(process.env.QUOTA_SEQUENCES ?? 600)
const SEED = Number(process.env.QUOTA_SEED ?? 7)

const desk = openDesk()
const { db, quota, time } = desk
afterAll(() => db.close())

const units = ["jobs", "cpu_seconds"] as const
const zones = ["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"]
/** Evenings and nights in which clocks change somewhere in these zones. */
const starts = ["2026-03-08T06:30Z", "2026-11-01T05:30Z", "2026-10-25T00:30Z", "2026-04-04T14:45Z", "2026-12-31T22:59Z"]

const job = fc.integer({ min: 0, max: 7 }).map((n) => `job ${n}`)
const amount = fc.integer({ min: 0, max: 20 })
const who = fc.constantFrom(ada, bob)
const unit = fc.constantFrom(...units)
const span = fc.constantFrom("hour", "day", "week", "month", "total")
const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("hold"), job, who, jobs: fc.integer({ min: 1, max: 2 }), amount }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("settle"), job, amount: fc.integer({ min: 0, max: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("refund"), job }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("set"),
      target: fc.constantFrom("ada", "role:user", "everyone"),
      unit,
      span,
      amount: fc.oneof(amount, fc.constant("unlimited" as const)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("budget"), unit, span, amount: fc.integer({ min: 5, max: 60 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("grant"), who, unit, amount, hours: fc.integer({ min: 0, max: 99 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reset"), who, span }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("zone"), zone: fc.constantFrom(...zones) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("time"), ms: fc.integer({ min: -7_200_000, max: 100_000_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("months"), days: fc.integer({ min: 4, max: 100 }) }) },
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

const rowSchema = z.object({ scope: z.string(), unit: z.string(), used: z.number(), held: z.number() })

/** What should be true, told by nothing but the operations that were accepted. */
interface Expected {
  open: Map<string, { account: string; amounts: Record<string, number> }>
  used: Record<string, number>
  givenBack: Record<string, number>
}

function carryOut(op: Operation, expected: Expected): void {
  switch (op.do) {
    case "hold": {
      const amounts = { jobs: op.jobs, cpu_seconds: op.amount }
      const before = allowances(op.who.accountId)
      db.tx(() => quota.hold(op.job, op.who, amounts))
      expected.open.set(op.job, { account: op.who.accountId, amounts })
      expectNoLimitPassed(op.who.accountId, before)
      return
    }
    case "settle": {
      const hold = expected.open.get(op.job)
      db.tx(() => quota.settle(op.job, { jobs: 1, cpu_seconds: op.amount }))
      expected.open.delete(op.job)
      // A unit of which nothing was held is not charged.
      if (hold?.amounts.jobs) expected.used.jobs = (expected.used.jobs ?? 0) + 1
      if (hold?.amounts.cpu_seconds) expected.used.cpu_seconds = (expected.used.cpu_seconds ?? 0) + op.amount
      return
    }
    case "refund":
      db.tx(() => quota.refund(op.job))
      expected.open.delete(op.job)
      return
    case "set":
      desk.change({ do: "set", target: op.target, unit: op.unit, per: op.span, amount: op.amount })
      return
    case "budget":
      desk.change({ do: "budget", tenant: "local", unit: op.unit, per: op.span, amount: op.amount })
      return
    case "grant":
      desk.change({
        do: "grant",
        user: op.who.accountId,
        unit: op.unit,
        amount: op.amount + 1,
        ...(op.hours ? { expires: `${op.hours}h` } : {}),
      })
      return
    case "reset": {
      const before = totals()
      desk.change({ do: "reset", user: op.who.accountId, per: op.span })
      for (const name of units)
        expected.givenBack[name] =
          (expected.givenBack[name] ?? 0) + (before[name]?.people ?? 0) - (totals()[name]?.people ?? 0)
      return
    }
    case "zone":
      desk.change({ do: "zone", tenant: "local", zone: op.zone })
      return
    case "time":
      time.at += op.ms
      return
    case "months":
      time.at += op.days * 86_400_000
      while (quota.fold() > 0) expect(quota.checkInvariant()).toEqual([])
  }
}

/** Used and held per limited window of the account and its workspace. */
function allowances(accountId: string) {
  return quota.show(accountId).filter((line) => line.limit !== null && line.topUp === undefined)
}

function expectNoLimitPassed(accountId: string, before: ReturnType<typeof allowances>): void {
  for (const [index, line] of allowances(accountId).entries()) {
    const was = before[index]
    if (was === undefined || line.limit === null || line.unit === "storage_bytes") continue
    const room = Math.max(0, line.limit - was.used - was.held)
    expect(line.used + line.held - was.used - was.held, JSON.stringify(line)).toBeLessThanOrEqual(room)
  }
}

/** What people and their top-ups have used and hold, and what their workspace has, by unit. */
function totals() {
  const sums: Record<string, { people: number; tenant: number; held: number }> = {}
  const rows = db.all(
    rowSchema,
    `SELECT scope, unit, used, held FROM quota_window WHERE span = 'total'
     UNION ALL SELECT 'grant:' || id, unit, used, held FROM quota_grant`,
  )
  for (const { scope, unit: name, used, held } of rows) {
    const sum = (sums[name] ??= { people: 0, tenant: 0, held: 0 })
    if (scope.startsWith("tenant:")) {
      sum.tenant += used + held
      sum.held += held
    } else sum.people += used + held
  }
  return sums
}

function clear(): void {
  for (const table of ["entry", "hold", "window", "grant", "limit", "zone"]) db.run(`DELETE FROM quota_${table}`)
}

describe("any sequence of operations", () => {
  it("leaves every sum exact, passes no limit, and loses nothing that was used", () => {
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.array(operation, { maxLength: 16 }), (start, operations) => {
        clear()
        time.at = Date.parse(start)
        const expected: Expected = { open: new Map(), used: {}, givenBack: {} }
        for (const op of operations) {
          try {
            carryOut(op, expected)
          } catch (error) {
            // Denied, or the same job held twice: both must leave no trace.
            if (!(error instanceof UserError) && !String(error).includes("UNIQUE")) throw error
          }
          expect(quota.checkInvariant()).toEqual([])
        }
        expectAsTold(expected)
        for (const id of quota.openHolds()) quota.refund(id)
        for (const name of units) expect(totals()[name]?.held ?? 0).toBe(0)
      }),
      { numRuns: SEQUENCES, seed: SEED },
    )
  }, 300_000)
})

function expectAsTold(expected: Expected): void {
  expect(quota.openHolds().sort()).toEqual([...expected.open.keys()].sort())
  const found = totals()
  for (const name of units) {
    const held = [...expected.open.values()].reduce((sum, hold) => sum + (hold.amounts[name] ?? 0), 0)
    const { people = 0, tenant = 0, held: isHeld = 0 } = found[name] ?? {}
    expect(isHeld).toBe(held)
    expect(tenant).toBe(held + (expected.used[name] ?? 0))
    expect(people).toBe(tenant - (expected.givenBack[name] ?? 0))
  }
}
