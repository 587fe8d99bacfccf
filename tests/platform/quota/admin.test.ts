import { beforeEach, describe, expect, it } from "vitest"
import { z } from "zod"
import { createAudit } from "#src/platform/accounts/audit.ts"
import { ada, bob, openDesk, root, type Desk } from "#tests/platform/quota/desk.ts"

const countRow = z.object({ n: z.number() })

let desk: Desk
beforeEach(() => {
  desk = openDesk()
})

const words = (user: string) => desk.quota.admin.show(root, user).lines.map((line) => line.why)

describe("showing", () => {
  it("says why: the amount, where it comes from, what is used and held by how many jobs, and when it resets", () => {
    desk.change({ do: "set", target: "role:user", unit: "gpu_seconds", per: "day", amount: 600, reason: "spring term" })
    desk.quota.hold("a", ada, { jobs: 1, gpu_seconds: 412 })
    desk.quota.settle("a", { jobs: 1, gpu_seconds: 412 })
    desk.quota.hold("b", ada, { jobs: 1, gpu_seconds: 60 })
    expect(words("Ada")).toContain(
      "Day allowance 600 GPU seconds from role user (set by Root, 2026-11-21): used 412, held 60 by 1 job, 128 left; resets in 30 min (2026-11-22 00:00 UTC).",
    )
    expect(words("Ada")).toContain(
      "Day allowance 3 jobs from the studio's settings: used 1, held 1 by 1 job, 1 left; resets in 30 min (2026-11-22 00:00 UTC).",
    )
  })

  it("tells nothing, unlimited, debts, budgets, top-ups and storage apart", () => {
    desk.change(
      { do: "set", target: "ada", unit: "jobs", per: "day", amount: 0 },
      { do: "set", target: "ada", unit: "cpu_seconds", per: "day", amount: 10 },
      { do: "budget", tenant: "local", unit: "cpu_seconds", per: "total", amount: 1_000 },
      { do: "grant", user: "ada", unit: "gpu_seconds", amount: 50, expires: "2026-12-31", reason: "trade fair" },
    )
    desk.quota.hold("a", ada, { cpu_seconds: 10 })
    desk.quota.settle("a", { cpu_seconds: 15 })
    const id = desk.quota.show("ada").find((line) => line.topUp)?.topUp
    expect(words("ada").map((line) => line.replace(/; resets .*/, ""))).toEqual([
      "Day allowance of 0 jobs, that is none, from the personal limit (set by Root, 2026-11-21): used 0, 0 left",
      "Day allowance 10 CPU seconds from the personal limit (set by Root, 2026-11-21): used 15, 5 over",
      "Day allowance unlimited GPU seconds from the studio's settings: used 0",
      "Total allowance 1 KB from the studio's settings: used 0 MB, 1 KB left.",
      "Total budget 1000 CPU seconds from the workspace budget (set by Root, 2026-11-21): used 15, 985 left.",
      `Top-up of 50 GPU seconds (${id}, until 2027-01-01 00:00: trade fair): used 0, 50 left.`,
    ])
  })

  it("finds an account by id, name or identity, and asks when several have the name", () => {
    const { db } = desk
    db.run("INSERT INTO account (id, name, created_at) VALUES ('other', 'ada', 1)")
    db.run(
      "INSERT INTO identity (platform, tenant, external_id, account_id, created_at) VALUES ('discord', 'guild9', '8035', 'bob', 1)",
    )
    expect(desk.quota.admin.show(root, "discord:8035")).toMatchObject({ account: { id: "bob" }, tenant: "guild9" })
    expect(desk.quota.admin.show(root, "discord:guild9:8035")).toMatchObject({ account: { id: "bob" } })
    expect(desk.quota.admin.show(root, "BOB").account.id).toBe("bob")
    expect(desk.quota.admin.show(root, "ada").account.id).toBe("ada")
    expect(() => desk.quota.admin.show(root, "Ada")).toThrow(/Several accounts .* ada \(Ada\), other \(ada\)/)
    expect(() => desk.quota.admin.show(root, "discord:1")).toThrow(/no account "discord:1"/)
  })
})

describe("changing", () => {
  it("is written down with before, after, actor, surface and reason", () => {
    desk.change({ do: "set", target: "role:user", unit: "gpu_seconds", per: "hour", amount: 60 })
    desk.change({
      do: "set",
      target: "role:user",
      unit: "gpu_seconds",
      per: "hour",
      amount: "unlimited",
      reason: "gala",
    })
    desk.change({ do: "remove", target: "role:user", unit: "gpu_seconds", per: "hour" })
    desk.change({ do: "zone", tenant: "guild9", zone: "Asia/Tokyo" })
    const log = desk.quota.admin.log(root, { limit: 10 })
    expect(log).toMatchObject([
      { action: "quota.zone", target: "tenant:guild9", before: { zone: "UTC" }, after: { zone: "Asia/Tokyo" } },
      { action: "quota.remove", before: { amount: null }, after: null },
      { action: "quota.set", before: { amount: 60 }, after: { amount: null }, reason: "gala" },
      { action: "quota.set", target: "role:user", before: null, after: { amount: 60 }, actor: "root", surface: "cli" },
    ])
    desk.change({ do: "block", user: "bob", reason: "spam" })
    expect(desk.quota.admin.log(root, { user: "Bob", limit: 10 })).toMatchObject([
      { action: "quota.block", targetName: "Bob", actorName: "Root", reason: "spam" },
    ])
  })

  it("does all or nothing", () => {
    expect(() =>
      desk.change(
        { do: "set", target: "ada", unit: "jobs", per: "day", amount: 99 },
        { do: "set", target: "nobody", unit: "jobs", per: "day", amount: 99 },
      ),
    ).toThrow(/no account "nobody"/)
    expect(desk.quota.admin.settings(root).limits).toEqual([])
    expect(desk.quota.admin.log(root, { limit: 10 })).toEqual([])
  })

  it("is for admins of the whole studio: those of one guild are refused, and that is written down", () => {
    const { db, quota } = desk
    db.run("INSERT INTO role (account_id, tenant, role, created_at) VALUES ('bob', 'guild9', 'admin', 0)")
    const by = { id: "bob", surface: "discord" } as const
    expect(() => quota.admin.change(by, [{ do: "reset", user: "bob" }])).toThrow(/Only admins of the whole studio/)
    expect(() => quota.admin.show(by, "ada")).toThrow(/Only admins/)
    expect(() => quota.admin.top(by, { unit: "jobs", span: "day", limit: 5 })).toThrow(/Only admins/)
    expect(quota.admin.settings(root).limits).toEqual([])
    expect(createAudit(db, { now: () => 0 }).find({ actor: "bob" })).toMatchObject([
      { action: "quota.refused", surface: "discord", after: { changes: [{ do: "reset" }] } },
    ])
  })

  it.each([
    [{ do: "set", target: "role:makers", unit: "jobs", amount: 1 }, /"role:makers" cannot have a limit/],
    [{ do: "set", target: "everyone", unit: "storage_bytes", per: "day", amount: 1 }, /cannot be limited per day/],
    [{ do: "budget", tenant: "local", unit: "storage_bytes", amount: 1 }, /cannot be limited per workspace/],
    [{ do: "remove", target: "everyone", unit: "jobs" }, /Everyone has no limit of jobs per day/],
    [{ do: "grant", user: "ada", unit: "jobs", amount: 1, expires: "2026-11-20" }, /2026-11-20 is over/],
    [{ do: "grant", user: "ada", unit: "jobs", amount: 1, expires: "soon" }, /"soon" is not a moment/],
    [{ do: "reset", user: "ada", unit: "storage_bytes" }, /Storage cannot be reset/],
    [{ do: "unblock", user: "ada" }, /is not blocked/],
  ] as const)("refuses what makes no sense: %j", (change, problem) => {
    expect(() => desk.change(change)).toThrow(problem)
  })

  it("takes moments as lengths, as the end of a day in the zone, and as times", () => {
    desk.change({ do: "zone", tenant: "local", zone: "America/New_York" })
    for (const [text, at] of [
      ["12h", "2026-11-22T11:30Z"],
      ["2w", "2026-12-05T23:30Z"],
      ["2026-11-21", "2026-11-22T05:00Z"],
      ["2026-11-22T01:00:00+01:00", "2026-11-22T00:00Z"],
    ] as const) {
      const [done] = desk.change({ do: "grant", user: "ada", unit: "jobs", amount: 1, expires: text })
      const grant = desk.quota.admin.settings(root).grants.find((one) => one.id === done?.id)
      expect([text, grant?.expiresAt]).toEqual([text, Date.parse(at)])
    }
  })
})

describe("blocking", () => {
  it("stops whoever it is from beginning anything, until it ends or is lifted; what runs already is settled", () => {
    const { quota, change, time, used } = desk
    quota.hold("a", ada, { jobs: 1 })
    change({ do: "block", user: "ada", until: "2h", reason: "Too many jobs at night." })
    expect(() => quota.hold("b", ada, { jobs: 1 })).toThrow(
      "You are blocked from starting work until 2026-11-22 01:30 UTC: Too many jobs at night. What you made stays open to you. Ask an admin.",
    )
    expect(() => quota.hold("b", ada, { llm_tokens: 1 })).toThrow(/blocked/)
    quota.hold("c", bob, { jobs: 1 })
    quota.settle("a", { jobs: 1 })
    expect(used("ada", "jobs")).toMatchObject({ used: 1, held: 0 })
    expect(quota.admin.show(root, "ada").block).toMatchObject({ reason: "Too many jobs at night." })
    time.at += 2 * 3_600_000
    quota.hold("b", ada, { jobs: 1 })
    change({ do: "block", user: "ada" })
    expect(() => quota.hold("d", ada, { jobs: 1 })).toThrow("You are blocked from starting work. ")
    change({ do: "unblock", user: "ada" })
    quota.hold("d", ada, { jobs: 1 })
  })
})

describe("resetting", () => {
  it("gives back what was used, not what is held, and leaves the budget and the report as they were", () => {
    const { quota, change, time, used } = desk
    change({ do: "budget", tenant: "local", unit: "jobs", per: "month", amount: 9 })
    quota.hold("a", ada, { jobs: 1, cpu_seconds: 9 })
    quota.settle("a", { jobs: 1, cpu_seconds: 9 })
    time.at += 3_600_000
    quota.hold("b", ada, { jobs: 1 })
    quota.settle("b", { jobs: 1 })
    quota.hold("c", ada, { jobs: 1 })
    expect(change({ do: "reset", user: "ada", unit: "jobs", per: "day" })[0]?.say).toBe(
      "Ada (ada): 1 job given back of this day.",
    )
    expect(used("ada", "jobs")).toMatchObject({ used: 0, held: 1 })
    expect(change({ do: "reset", user: "ada" })[0]?.say).toBe("Ada (ada): 1 job, 9 CPU seconds given back.")
    expect(quota.checkInvariant()).toEqual([])
    expect(quota.show("ada").find((line) => line.shared)).toMatchObject({ used: 2, held: 1 })
    expect(quota.admin.top(root, { unit: "jobs", span: "total", limit: 5 })).toEqual([
      { accountId: "ada", name: "Ada", used: 2, held: 1 },
    ])
    expect(change({ do: "reset", user: "ada" })[0]?.say).toBe("Ada (ada): nothing was used.")
  })
})

describe("who used most", () => {
  it("is counted in the current window of each tenant's zone, over all tenants or one", () => {
    const { quota, change, time } = desk
    change({ do: "zone", tenant: "tokyo", zone: "Asia/Tokyo" })
    change({ do: "set", target: "everyone", unit: "jobs", amount: "unlimited" })
    const work = (id: string, who: typeof ada, jobs: number) => {
      quota.hold(id, who, { jobs })
      quota.settle(id, { jobs })
    }
    time.at = Date.UTC(2026, 10, 21, 14, 30) // 23:30 in Tokyo
    work("a", { ...ada, tenantId: "tokyo" }, 5)
    work("b", bob, 3)
    time.at += 3_600_000 // the next day there, the same here
    work("c", { ...bob, tenantId: "tokyo" }, 1)
    const top = (span: "day" | "week" | "hour", tenantId?: string) =>
      quota.admin
        .top(root, { unit: "jobs", span, limit: 5, ...(tenantId ? { tenantId } : {}) })
        .map(({ name, used }) => `${name} ${used}`)
    expect(top("day")).toEqual(["Bob 4"])
    expect(top("week")).toEqual(["Ada 5", "Bob 4"])
    expect(top("week", "tokyo")).toEqual(["Ada 5", "Bob 1"])
    expect(top("hour", "local")).toEqual([])
  })

  it("is, of storage, who stores most now", () => {
    const bytes: Record<string, number> = { ada: 5, bob: 900 }
    const { quota } = openDesk({ storedBytes: (id) => bytes[id] ?? 0 })
    expect(quota.admin.top(root, { unit: "storage_bytes", span: "total", limit: 1 })).toMatchObject([
      { name: "Bob", used: 900 },
    ])
  })
})

describe("old entries", () => {
  it("are summed up by date and month: sums, limits and reports stay, and the ledger stays small", () => {
    const { db, quota, change, time } = desk
    change({ do: "set", target: "everyone", unit: "jobs", per: "day", amount: "unlimited" })
    change({ do: "set", target: "everyone", unit: "jobs", per: "total", amount: 500 })
    for (let day = 0; day < 100; day++) {
      for (const who of [ada, bob])
        for (let n = 0; n < 2; n++) {
          const id = `${who.accountId} ${day} ${n}`
          quota.hold(id, who, { jobs: 1, cpu_seconds: 10 })
          if (day === 50 && n === 0) continue // forgotten, and held for ever
          quota.settle(id, { jobs: 1, cpu_seconds: n + 1 })
        }
      time.at += 86_400_000
    }
    const facts = () => [
      quota.show("ada"),
      (["day", "week", "month", "total"] as const).map((span) =>
        quota.admin.top(root, { unit: "cpu_seconds", span, limit: 5 }),
      ),
    ]
    const before = facts()
    const count = () => db.get(countRow, "SELECT count(*) AS n FROM quota_entry")?.n ?? 0
    const many = count()
    let rounds = 0
    while (quota.fold() > 0 && rounds++ < 200) expect(quota.checkInvariant()).toEqual([])
    expect(quota.fold()).toBe(0)
    expect(facts()).toEqual(before)
    expect(many).toBeGreaterThan(2_900)
    expect(count()).toBeLessThan(many / 3)
    quota.settle("ada 50 0", { jobs: 1, cpu_seconds: 30 })
    quota.refund("bob 50 0")
    while (quota.fold() > 0) expect(quota.checkInvariant()).toEqual([])
    expect(quota.checkInvariant()).toEqual([])
    change({ do: "reset", user: "ada" })
    expect(quota.checkInvariant()).toEqual([])
  })
})
