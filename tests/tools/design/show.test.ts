import { afterAll, beforeAll, expect, test } from "vitest"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let registry: Registry
beforeAll(async () => {
  studio = await testStudio()
  registry = await loadRegistry(["design"])
})
afterAll(() => studio.close())

const call = (tool: string, input: object) =>
  registry.callTool(tool, { picture: "draft", wait_s: 25, ...input }, studio.call())

test("without a design it says how to make one", async () => {
  await expect(call("design_show", {})).rejects.toThrow(/no design yet/)
})

test("it shows the latest revision with its history, an earlier one, and what differs; the finished build is not paid twice", async () => {
  await call("design_create", { size: "N", carat: 0.5, metal: "sterling_silver" })
  await call("design_edit", { operations: [{ op: "set", metal: "platinum_950" }] })
  const used = () => studio.services.quota.show("local").find((line) => line.unit === "jobs")?.used
  const paid = used()
  const latest = await call("design_show", {})
  expect(latest.data).toMatchObject({
    revision: 2,
    parameters: { metal: "platinum_950" },
    report: { castable: true },
    history: [
      { revision: 2, from: 1, current: true },
      { revision: 1, from: null, current: false },
    ],
  })
  const first = await call("design_show", { revision: 1, compare_with: 2 })
  expect(first.data).toMatchObject({
    parameters: { metal: "sterling_silver" },
    changes: [{ field: "metal", from: "platinum_950", to: "sterling_silver" }],
  })
  expect(used()).toBe(paid)
  await expect(call("design_show", { revision: 9 })).rejects.toThrow(/no revision 9/)
})
