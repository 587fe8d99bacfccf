import { afterAll, beforeAll, expect, test } from "vitest"
import { submitHand } from "#tests/servers/hand-work.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let registry: Registry
let ada: string
beforeAll(async () => {
  studio = await testStudio()
  registry = await loadRegistry(["admin"])
  ada = studio.accounts.forIdentity({ platform: "discord", tenant: "guild9", externalId: "8035" }, "Ada").id
})
afterAll(() => studio.close())

const edit = (operations: object[], caller: Parameters<TestStudio["call"]>[0] = {}) =>
  registry.callTool("quota_edit", { operations }, studio.call(caller))
const shown = (unit: string) => studio.services.quota.show(ada).find((line) => line.unit === unit)

test("limits, budgets, top-ups and zones are set in one go, each told in a line", async () => {
  const { say, data } = await edit([
    { do: "set", target: "role:user", unit: "gpu_seconds", per: "day", amount: 600, reason: "spring term" },
    { do: "set", target: "Ada", unit: "jobs", amount: "unlimited" },
    { do: "budget", tenant: "guild9", unit: "gpu_seconds", per: "month", amount: 20_000 },
    { do: "grant", user: "discord:8035", unit: "gpu_seconds", amount: 500, expires: "7d" },
    { do: "zone", tenant: "guild9", zone: "Europe/Berlin" },
  ])
  const changes = data["changes"] as { id?: string }[] // the output of the tool
  expect(say.replaceAll(ada, "acc").replace(/grt_\w+/, "grt")).toMatchInlineSnapshot(`
    "role user: 600 GPU seconds per day.
    Ada (acc): unlimited jobs per day.
    budget of guild9: 20000 GPU seconds per month.
    Ada (acc): 500 GPU seconds more, until 2026-11-19 09:30 UTC (grt).
    Days of guild9 begin at midnight in Europe/Berlin (was UTC)."
  `)
  expect(changes[3]).toMatchObject({ action: "grant", target: `account:${ada}`, id: expect.stringMatching(/^grt_/) })
  expect(shown("gpu_seconds")).toMatchObject({ limit: 600, source: "role user (set by Owner, 2026-11-12)" })
  expect(shown("jobs")).toMatchObject({ limit: null })
})

test("a limit of 0 and a block refuse jobs at once, each with its own reason", async () => {
  await edit([{ do: "set", target: "Ada", unit: "jobs", per: "day", amount: 0 }])
  const call = studio.call({ accountId: ada, tenantId: "guild9", role: "user" })
  expect(() => submitHand(call, "quick")).toThrow(/You have used 0 of 0 jobs today/)
  await edit([{ do: "block", user: "Ada", reason: "spam" }])
  expect(() => submitHand(call, "quick")).toThrow(/You are blocked from starting work: spam/)
  await edit([
    { do: "unblock", user: "Ada" },
    { do: "remove", target: "Ada", unit: "jobs", per: "day" },
  ])
  submitHand(call, "quick")
})

test.each([
  [[{ do: "set", target: "Ada", unit: "jobs", amount: -1 }], /amount/],
  [[{ do: "set", target: "Ada", unit: "jobs", amount: 1.5 }], /amount/],
  [[{ do: "set", target: "Ada", unit: "bananas", amount: 1 }], /unit/],
  [[{ do: "grant", user: "Ada", unit: "jobs", amount: 0 }], /amount/],
  [[{ do: "drop" }], /do/],
  [[], /operations/],
])("%j is refused with the field that is wrong", async (operations, field) => {
  await expect(edit(operations)).rejects.toMatchObject({ code: "bad_input", message: expect.stringMatching(field) })
})

test("nobody but an admin of the whole studio changes anything", async () => {
  const reset = [{ do: "reset", user: "Ada" }]
  await expect(edit(reset, { accountId: ada, role: "user" })).rejects.toMatchObject({ code: "forbidden" })
  studio.accounts.setRole({ id: "local", surface: "cli" }, ada, "guild9", "admin")
  await expect(edit(reset, { accountId: ada, tenantId: "guild9", role: "admin" })).rejects.toMatchObject({
    problem: "Only admins of the whole studio can look at and change quotas.",
    code: "forbidden",
  })
  studio.accounts.setRole({ id: "local", surface: "cli" }, ada, "*", "admin")
  expect((await edit(reset, { accountId: ada, tenantId: "guild9", role: "admin" })).say).toContain("Ada")
})
