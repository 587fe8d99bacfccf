import { afterAll, beforeAll, expect, test } from "vitest"
import { submitHand } from "#tests/servers/hand-work.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let registry: Registry
beforeAll(async () => {
  studio = await testStudio({ env: { ATELIER_QUOTA_JOBS_PER_DAY: "40" } })
  registry = await loadRegistry(["admin"])
})
afterAll(() => studio.close())

test("an admin sees any account with the reason of every line; without a name, their own", async () => {
  const { id } = studio.accounts.forIdentity({ platform: "slack", tenant: "T1", externalId: "U1" }, "Ada")
  const by = { id: "local", surface: "cli" } as const
  studio.services.quota.admin.change(by, [
    { do: "zone", tenant: "T1", zone: "Asia/Kathmandu" },
    { do: "block", user: id, until: "1d", reason: "spam" },
  ])
  const { say, data } = await registry.callTool("quota_show", { user: "slack:U1" }, studio.call())
  expect(data).toMatchObject({
    account: { id, name: "Ada" },
    tenant: "T1",
    zone: "Asia/Kathmandu",
    roles: ["user"],
    blocked: { until: "2026-11-13T09:30:00.000Z", reason: "spam", set_by: "local" },
    lines: expect.arrayContaining([
      expect.objectContaining({
        unit: "jobs",
        window: "day",
        limit: 40,
        used: 0,
        resets_at: "2026-11-12T18:15:00.000Z",
      }),
    ]),
  })
  expect(say).toContain(
    "Day allowance 40 jobs from the studio's settings: used 0, 40 left; resets in 9 h (2026-11-13 00:00 Asia/Kathmandu).",
  )
  submitHand(studio.call(), "hold")
  const own = await registry.callTool("quota_show", {}, studio.call())
  expect(own.say).toMatch(/^Owner \(local\), admin in local; days in UTC\.\nDay allowance 40 jobs .* held 1 by 1 job/)
})

test("an unknown account is refused with what an account may be called", async () => {
  await expect(registry.callTool("quota_show", { user: "Zoe" }, studio.call())).rejects.toMatchObject({
    problem: 'There is no account "Zoe".',
    code: "not_found",
  })
})
