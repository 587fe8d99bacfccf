import { afterAll, beforeAll, expect, test } from "vitest"
import { createQuota } from "#src/platform/quota/quota.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let registry: Registry
beforeAll(async () => {
  studio = await testStudio()
  registry = await loadRegistry(["admin"])
  studio.accounts.forIdentity({ platform: "slack", tenant: "T1", externalId: "U1" }, "Ada")
})
afterAll(() => studio.close())

const report = (input: object) => registry.callTool("quota_report", input, studio.call())
const plain = (text: string) => text.replaceAll(/acc_\w+/g, "acc").replaceAll(/grt_\w+/g, "grt")

test("before anything was set, it says so", async () => {
  expect((await report({ about: "limits" })).say).toContain("Nothing is set")
  expect((await report({ about: "log" })).say).toBe("Nothing was changed yet.")
  expect((await report({ about: "top" })).say).toBe("Nobody has used any GPU seconds this month.")
})

test("limits, top-ups, blocks and zones in force, and the log of how they came about", async () => {
  const operations = [
    { do: "set", target: "everyone", unit: "storage_bytes", amount: 3 * 1024 ** 3 },
    { do: "set", target: "Ada", unit: "gpu_seconds", per: "week", amount: "unlimited", reason: "gala" },
    { do: "grant", user: "Ada", unit: "credits", amount: 50, expires: "1d", reason: "prize" },
    { do: "block", user: "Ada", reason: "holiday" },
    { do: "zone", tenant: "T1", zone: "America/New_York" },
  ]
  await registry.callTool("quota_edit", { operations }, studio.call())
  const { say, data } = await report({ about: "limits" })
  expect(plain(say)).toMatchInlineSnapshot(`
    "account:acc (Ada)  unlimited GPU seconds per week  (set by Owner, 2026-11-12)
    everyone  3.0 GB in all  (set by Owner, 2026-11-12)
    account:acc (Ada)  top-up grt: 50 credits, 50 left, until 2026-11-13 09:30 UTC: prize
    account:acc (Ada)  blocked until lifted: holiday
    tenant:T1  days in America/New_York"
  `)
  expect(data).toMatchObject({
    limits: [{ window: "week", amount: null }, {}],
    top_ups: [{}],
    blocks: [{}],
    zones: [{}],
  })
  const log = await report({ about: "log", user: "Ada", limit: 2 })
  expect(plain(log.say)).toMatchInlineSnapshot(`
    "2026-11-12 09:30 UTC  block Ada by Owner (cli): holiday
      none → until never
    2026-11-12 09:30 UTC  grant Ada by Owner (cli): prize
      none → unit credits, amount 50, expiresAt 2026-11-13 09:30 UTC, used 0, held 0"
  `)
  expect(log.data["log"]).toMatchObject([{ action: "quota.block", actor: "local" }, { action: "quota.grant" }])
})

test("who used most, with a bound", async () => {
  const ledger = createQuota(studio)
  for (const [who, seconds] of [
    ["local", 7],
    ["gone", 9],
    ["less", 1],
  ] as const)
    ledger.hold(`job of ${who}`, { accountId: who, tenantId: "local", role: "user" }, { gpu_seconds: seconds })
  const { say, data } = await report({ about: "top", per: "day", limit: 2 })
  expect(say).toBe(
    "gpu_seconds, today:\n1. (deleted) (gone): 0 GPU seconds, 9 held\n2. Owner (local): 0 GPU seconds, 7 held",
  )
  expect(data["top"]).toEqual([
    { account: "gone", name: "(deleted)", used: 0, held: 9 },
    { account: "local", name: "Owner", used: 0, held: 7 },
  ])
})
