import { expect, it } from "vitest"
import { z } from "zod"
import { ada, openDesk } from "#tests/platform/quota/desk.ts"

const HOUR = 3_600_000
const quotaGrantRow = z.object({ used: z.number(), held: z.number() })

function withGrants() {
  const desk = openDesk()
  desk.change({ do: "set", target: "everyone", unit: "gpu_seconds", per: "day", amount: 100 })
  const give = (amount: number, expires?: string) => {
    const [done] = desk.change({
      do: "grant",
      user: "ada",
      unit: "gpu_seconds",
      amount,
      ...(expires ? { expires } : {}),
    })
    return done?.id ?? ""
  }
  const grant = (id: string) => desk.quota.show("ada").find((line) => line.topUp === id)
  return { ...desk, give, grant }
}

it("a top-up is spent after the allowance, and the one that ends first goes first", () => {
  const { quota, used, give, grant } = withGrants()
  const [lasting, late, soon] = [give(50), give(50, "7d"), give(50, "12h")]
  quota.hold("a", ada, { gpu_seconds: 130 })
  expect(used("ada", "gpu_seconds")).toMatchObject({ held: 100, limit: 100 })
  expect(grant(soon)).toMatchObject({ held: 30, limit: 50 })
  quota.hold("b", ada, { gpu_seconds: 100 })
  expect([soon, late, lasting].map((id) => grant(id)?.held)).toEqual([50, 50, 30])
  expect(() => quota.hold("c", ada, { gpu_seconds: 21 })).toThrow(
    /used 100 of 100 GPU seconds today .*and 20 left of top-ups; this needs 21/,
  )
  quota.hold("c", ada, { gpu_seconds: 20 })
  expect(quota.checkInvariant()).toEqual([])
})

it("settling charges the allowance first and gives the rest of each top-up back", () => {
  const { quota, used, give, grant } = withGrants()
  const [late, soon] = [give(50), give(50, "12h")]
  quota.hold("a", ada, { gpu_seconds: 190 })
  quota.settle("a", { gpu_seconds: 120 })
  expect(used("ada", "gpu_seconds")).toMatchObject({ used: 100, held: 0 })
  expect(grant(soon)).toMatchObject({ used: 20, held: 0 })
  expect(grant(late)).toMatchObject({ used: 0, held: 0 })
  quota.hold("b", ada, { gpu_seconds: 60 })
  quota.refund("b")
  expect(grant(soon)).toMatchObject({ used: 20, held: 0 })
  expect(quota.checkInvariant()).toEqual([])
})

it("an overrun goes to the room there is, then to top-ups, then beyond the limit; nothing of it is lost", () => {
  const { quota, used, give } = withGrants()
  const id = give(50)
  quota.hold("a", ada, { gpu_seconds: 90 })
  quota.settle("a", { gpu_seconds: 175 })
  expect(used("ada", "gpu_seconds")).toMatchObject({ used: 125, limit: 100 })
  expect(quota.admin.settings({ id: "root", surface: "cli" }).grants.find((one) => one.id === id)).toBeUndefined()
  expect(quota.checkInvariant()).toEqual([])
  const top = quota.admin.top({ id: "root", surface: "cli" }, { unit: "gpu_seconds", span: "day", limit: 5 })
  expect(top).toEqual([{ accountId: "ada", name: "Ada", used: 175, held: 0 }])
})

it("what is held of a top-up stays paid when it ends meanwhile, and what is left of it is gone", () => {
  const { quota, used, give, time, db } = withGrants()
  const id = give(50, "1h")
  quota.hold("a", ada, { gpu_seconds: 140 })
  time.at += 2 * HOUR // over, and another day
  expect(() => quota.hold("b", ada, { gpu_seconds: 101 })).toThrow(/used 0 of 100/)
  quota.settle("a", { gpu_seconds: 130 })
  expect(used("ada", "gpu_seconds")).toMatchObject({ used: 0, held: 0 })
  expect(() => quota.hold("b", ada, { gpu_seconds: 101 })).toThrow(/used 0 of 100/)
  const row = db.all(quotaGrantRow, "SELECT used, held FROM quota_grant WHERE id = :id", { id })
  expect(row).toEqual([{ used: 30, held: 0 }])
  expect(quota.checkInvariant()).toEqual([])
})

it("a top-up pays where nothing is allowed, but never past the budget of the workspace", () => {
  const { quota, change, give } = withGrants()
  change({ do: "set", target: "ada", unit: "gpu_seconds", per: "day", amount: 0 })
  change({ do: "budget", tenant: "local", unit: "gpu_seconds", per: "month", amount: 30 })
  expect(() => quota.hold("a", ada, { gpu_seconds: 1 })).toThrow(/used 0 of 0/)
  give(100)
  quota.hold("a", ada, { gpu_seconds: 30 })
  expect(() => quota.hold("b", ada, { gpu_seconds: 1 })).toThrow(/Your workspace has used 30 of 30/)
})

it("a top-up can be ended", () => {
  const { quota, change, give, grant } = withGrants()
  const id = give(100)
  quota.hold("a", ada, { gpu_seconds: 110 })
  expect(change({ do: "end_grant", grant: id })[0]?.say).toBe(`Ada: top-up ${id} ended with 90 GPU seconds left.`)
  expect(grant(id)).toBeUndefined()
  expect(() => quota.hold("b", ada, { gpu_seconds: 1 })).toThrow(/100 of 100/)
  quota.settle("a", { gpu_seconds: 110 })
  expect(quota.checkInvariant()).toEqual([])
  expect(() => change({ do: "end_grant", grant: "grt_none" })).toThrow(/no top-up "grt_none"/)
})
