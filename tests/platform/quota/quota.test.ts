import { describe, expect, it } from "vitest"
import { endOf, hourOf, isZone, keyOf } from "#src/platform/quota/spans.ts"
import { ada, bob, openDesk } from "#tests/platform/quota/desk.ts"

describe("the ledger", () => {
  it("holds, settles what was used and refunds the rest, each job once", () => {
    const { quota, used } = openDesk()
    quota.hold("a", ada, { jobs: 1, cpu_seconds: 10 })
    expect(used("ada", "cpu_seconds")).toMatchObject({ used: 0, held: 10 })
    quota.settle("a", { jobs: 1, cpu_seconds: 4.2 })
    quota.settle("a", { jobs: 1, cpu_seconds: 9 })
    quota.refund("a")
    expect(used("ada", "cpu_seconds")).toMatchObject({ used: 5, held: 0 })
    expect(used("ada", "jobs")).toMatchObject({ used: 1, held: 0 })
    expect(quota.checkInvariant()).toEqual([])
  })

  it("charges an overrun in full, as a debt beyond the limit that nothing new passes", () => {
    const { quota, used, change, time } = openDesk()
    change({ do: "set", target: "ada", unit: "cpu_seconds", per: "day", amount: 12 })
    change({ do: "budget", tenant: "local", unit: "cpu_seconds", per: "week", amount: 30 })
    quota.hold("a", ada, { cpu_seconds: 10 })
    quota.settle("a", { cpu_seconds: 60 })
    expect(used("ada", "cpu_seconds")).toMatchObject({ used: 60, held: 0, limit: 12 })
    expect(() => quota.hold("b", ada, { cpu_seconds: 1 })).toThrow(/Your workspace has used 60 of 30 .* this week/)
    time.at += 3_600_000 // Sunday: another day of the same week
    expect(() => quota.hold("b", ada, { cpu_seconds: 1 })).toThrow(/this week/)
    time.at += 86_400_000
    quota.hold("b", ada, { cpu_seconds: 1 })
    expect(quota.checkInvariant()).toEqual([])
  })

  it("charges the day of the hold when the work ends after midnight", () => {
    const { quota, used, time } = openDesk()
    for (const id of ["a", "b", "c"]) quota.hold(id, ada, { jobs: 1 })
    expect(() => quota.hold("d", ada, { jobs: 1 })).toThrow(/used 3 of 3 jobs today \(3 of them held.*resets in 30 min/)
    time.at += 3_600_000
    quota.settle("a", { jobs: 1 })
    expect(used("ada", "jobs")).toMatchObject({ used: 0, held: 0 })
    quota.hold("d", ada, { jobs: 1 })
    expect(quota.checkInvariant()).toEqual([])
  })

  it("keeps a transaction's other work and its own hold together", () => {
    const { db, quota, used } = openDesk()
    const failing = () =>
      db.tx(() => {
        quota.hold("a", ada, { jobs: 1 })
        throw new Error("later step")
      })
    expect(failing).toThrow("later step")
    expect(used("ada", "jobs")).toMatchObject({ held: 0 })
  })

  it("finds a window that is not the sum of its lines, and says by how much", () => {
    const { db, quota } = openDesk()
    quota.hold("a", ada, { jobs: 1 })
    expect(quota.violations()).toBe(0)
    db.run("UPDATE quota_window SET used = used + 2 WHERE scope = 'account:ada' AND span = 'day'")
    expect(quota.checkInvariant()).toEqual([
      {
        scope: "account:ada",
        unit: "jobs",
        span: "day",
        key: "2026-11-21",
        of: "used + held",
        booked: 1,
        shown: 3,
      },
    ])
    expect(quota.violations()).toBe(1)
  })
})

describe("limits", () => {
  it("come from the person, then the role, then the tenant, then everyone's, then the settings, and say so", () => {
    const { quota, used, change } = openDesk()
    const set = (target: string, amount: number | "unlimited") =>
      change({ do: "set", target, unit: "jobs", per: "day", amount })
    expect(used("ada", "jobs")).toMatchObject({ limit: 3, source: "default" })
    set("everyone", 4)
    expect(used("ada", "jobs")).toMatchObject({ limit: 4, source: "everyone (set by Root, 2026-11-21)" })
    set("tenant:local", 5)
    expect(used("ada", "jobs")).toMatchObject({ limit: 5, source: "workspace (set by Root, 2026-11-21)" })
    set("role:user", 7)
    expect(used("ada", "jobs")).toMatchObject({ limit: 7, source: "role user (set by Root, 2026-11-21)" })
    set("ada", "unlimited")
    expect(used("ada", "jobs")).toMatchObject({ limit: null, source: "personal limit (set by Root, 2026-11-21)" })
    set("ada", 0)
    expect(() => quota.hold("a", ada, { jobs: 1 })).toThrow(/used 0 of 0 jobs/)
    expect(used("bob", "jobs")).toMatchObject({ limit: 7 })
    change({ do: "remove", target: "ada", unit: "jobs", per: "day" })
    expect(used("ada", "jobs")).toMatchObject({ limit: 7 })
  })

  it("of several roles the highest counts, and unlimited is higher than any number", () => {
    const { db, quota, used, change } = openDesk()
    db.run(
      "INSERT INTO role (account_id, tenant, role, created_at) VALUES ('ada', '*', 'viewer', 0), ('ada', 'local', 'service', 0)",
    )
    change({ do: "set", target: "role:viewer", unit: "jobs", amount: 6 })
    change({ do: "set", target: "role:service", unit: "jobs", amount: 2 })
    expect(used("ada", "jobs")).toMatchObject({ limit: 6, source: expect.stringMatching(/^role viewer/) as string })
    change({ do: "set", target: "role:service", unit: "jobs", amount: "unlimited" })
    expect(used("ada", "jobs")).toMatchObject({ limit: null })
    for (let n = 0; n < 9; n++) quota.hold(`job ${n}`, ada, { jobs: 1 })
  })

  it("of a workspace budget count everybody's jobs, beside each one's own", () => {
    const { quota, change } = openDesk()
    change({ do: "budget", tenant: "local", unit: "jobs", per: "week", amount: 2 })
    quota.hold("a", ada, { jobs: 1 })
    quota.hold("b", bob, { jobs: 1 })
    expect(() => quota.hold("c", bob, { jobs: 1 })).toThrow(/Your workspace has used 2 of 2 jobs this week/)
    quota.hold("d", { ...bob, tenantId: "elsewhere" }, { jobs: 1 })
    expect(quota.checkInvariant()).toEqual([])
  })

  it("lowered below what is used only block new holds, and raised they count at once", () => {
    const { quota, used, change } = openDesk()
    const limit = (amount: number) => change({ do: "set", target: "ada", unit: "jobs", amount })
    quota.hold("a", ada, { jobs: 1 })
    quota.hold("b", ada, { jobs: 1 })
    limit(1)
    expect(() => quota.hold("c", ada, { jobs: 1 })).toThrow(/used 2 of 1/)
    quota.settle("a", { jobs: 1 })
    expect(used("ada", "jobs")).toMatchObject({ used: 1, held: 1, limit: 1 })
    limit(3)
    quota.hold("c", ada, { jobs: 1 })
  })

  it("of storage are a level: what is stored now, asked before more is stored, and raised by top-ups", () => {
    let stored = 900
    const { quota, used, change } = openDesk({ storedBytes: () => stored })
    quota.requireRoom("ada", 100)
    expect(() => quota.requireRoom("ada", 101)).toThrow(/You store/)
    expect(used("ada", "storage_bytes")).toMatchObject({ used: 900, held: 0, limit: 1_000, window: "total" })
    stored = 1_001
    expect(() => quota.hold("a", ada, { jobs: 1 })).toThrow(/You store/)
    change({ do: "grant", user: "ada", unit: "storage_bytes", amount: 50 })
    quota.hold("a", ada, { jobs: 1 })
    expect(() => quota.requireRoom("ada", 50)).toThrow(/You store/)
  })

  it("of credits count the others by a price list, once somebody is limited in them", () => {
    const { quota, used, change } = openDesk()
    quota.hold("before", ada, { gpu_seconds: 10 })
    expect(used("ada", "credits")).toBeUndefined()
    change({ do: "set", target: "everyone", unit: "credits", per: "month", amount: 20 })
    quota.hold("a", ada, { jobs: 1, cpu_seconds: 41 })
    expect(used("ada", "credits")).toMatchObject({ held: 5, limit: 20 })
    quota.hold("b", ada, { gpu_seconds: 15 })
    expect(() => quota.hold("c", ada, { gpu_seconds: 1 })).toThrow(/used 20 of 20 credits this month/)
    quota.settle("a", { jobs: 1, cpu_seconds: 2 })
    expect(used("ada", "credits")).toMatchObject({ used: 1, held: 15 })
    expect(quota.checkInvariant()).toEqual([])

    const priced = openDesk({
      config: { quotaJobsPerDay: 3, quotaStorageBytes: 1_000, quotaPrices: { jobs: 2, gpu_seconds: 0.5 } },
    })
    priced.quota.hold("a", ada, { jobs: 1, gpu_seconds: 7, cpu_seconds: 100 })
    expect(priced.used("ada", "credits")).toMatchObject({ held: 6, limit: null })
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

  it("begin in the zone of the tenant, and a hold stays in its hour when the zone changes", () => {
    const { quota, used, change, time } = openDesk()
    change({ do: "zone", tenant: "local", zone: "Europe/Berlin" })
    quota.hold("a", ada, { jobs: 1 }) // 00:30 on the 22nd in Berlin
    expect(used("ada", "jobs")).toMatchObject({ held: 1, resetsAt: Date.UTC(2026, 10, 22, 23) })
    change({ do: "zone", tenant: "local", zone: "America/New_York" }) // 18:30 on the 21st
    expect(used("ada", "jobs")).toMatchObject({ held: 0, resetsAt: Date.UTC(2026, 10, 22, 5) })
    quota.settle("a", { jobs: 1 })
    time.at = Date.UTC(2026, 10, 22, 6)
    expect(used("ada", "jobs")).toMatchObject({ used: 1, held: 0 })
    expect(quota.checkInvariant()).toEqual([])
    expect(() => change({ do: "zone", tenant: "local", zone: "Berlin" })).toThrow(/"Berlin" is not a time zone/)
    expect([isZone("UTC"), isZone("Europe/Berlin"), isZone("../etc"), isZone("")]).toEqual([true, true, false, false])
  })

  it("have one more hour on the day the clocks go back", () => {
    const { quota, used, change, time } = openDesk()
    change({ do: "zone", tenant: "local", zone: "America/New_York" })
    change({ do: "set", target: "everyone", unit: "jobs", per: "hour", amount: 1 })
    time.at = Date.UTC(2026, 10, 1, 4) // midnight; the day ends 25 hours later
    expect(used("ada", "jobs")).toMatchObject({ window: "hour" })
    expect(quota.show("ada").find((line) => line.window === "day")?.resetsAt).toBe(Date.UTC(2026, 10, 2, 5))
    time.at = Date.UTC(2026, 10, 1, 5, 30) // 01:30 for the first time
    quota.hold("a", ada, { jobs: 1 })
    time.at = Date.UTC(2026, 10, 1, 6, 10) // 01:10 for the second time: the same local hour
    expect(() => quota.hold("b", ada, { jobs: 1 })).toThrow(/this hour/)
    time.at = Date.UTC(2026, 10, 1, 7)
    quota.hold("b", ada, { jobs: 1 })
  })
})
