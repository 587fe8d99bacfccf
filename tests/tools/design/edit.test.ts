import { afterAll, beforeAll, expect, test } from "vitest"
import { UserError } from "#src/errors.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let registry: Registry
beforeAll(async () => {
  studio = await testStudio()
  registry = await loadRegistry(["design"])
  await registry.callTool(
    "design_create",
    { size: "5", size_system: "us", carat: 0.5, picture: "draft", wait_s: 25 },
    studio.call(),
  )
})
afterAll(() => studio.close())

const edit = (operations: unknown[], caller = {}) =>
  registry.callTool("design_edit", { operations, picture: "draft", wait_s: 25 }, studio.call(caller))

test("a new size keeps the stone and its head", async () => {
  const reply = await edit([{ op: "set", size: "9", size_system: "us" }])
  expect(reply.data).toMatchObject({
    revision: 2,
    changes: [{ field: "size", from: "US 5", to: "US 9" }],
    parameters: { size: "US 9" },
    report: { castable: true },
  })
})

test("undo and redo walk through the revisions; nothing is lost", async () => {
  expect((await edit([{ op: "undo" }])).data).toMatchObject({ revision: 1, parameters: { size: "US 5" } })
  expect((await edit([{ op: "redo" }])).data).toMatchObject({ revision: 2, parameters: { size: "US 9" } })
  await expect(edit([{ op: "redo" }])).rejects.toThrow(UserError)
})

test("a change that changes nothing says so", async () => {
  await expect(edit([{ op: "set", metal: "14k_yellow_gold" }])).rejects.toThrow(/changes nothing/)
})

test("a list with a bad operation leaves the design as it was", async () => {
  const before = studio.services.items.list("local", { kind: "design" })[0]
  await expect(
    edit([
      { op: "set", metal: "platinum_950" },
      { op: "set", carat: 59, stone: "diamond" },
    ]),
  ).rejects.toThrow(UserError)
  expect(studio.services.items.list("local", { kind: "design" })[0]).toEqual(before)
})

test("somebody else's design is not found", async () => {
  const design = studio.services.items.list("local", { kind: "design" })[0]
  const other = studio.accounts.forIdentity({ platform: "discord", tenant: "guild", externalId: "7" }, "Somebody else")
  const call = studio.call({ accountId: other.id, role: "user" })
  const input = { design: design?.id, operations: [{ op: "set", metal: "platinum_950" }] }
  await expect(registry.callTool("design_edit", input, call)).rejects.toThrow(/no design/)
})

test("an edit whose build is refused changes nothing, so that it can be asked for again", async () => {
  const poor = await testStudio({ env: { ATELIER_QUOTA_JOBS_PER_DAY: "1" } })
  const wish = { size: "7", size_system: "us", picture: "draft", wait_s: 0 }
  await registry.callTool("design_create", wish, poor.call())
  const before = poor.services.items.list("local", { kind: "design" })
  const change = { operations: [{ op: "set", metal: "platinum_950" }], picture: "draft", wait_s: 0 }
  for (const _ of [1, 2])
    await expect(registry.callTool("design_edit", change, poor.call())).rejects.toMatchObject({ code: "quota" })
  expect(poor.services.items.list("local", { kind: "design" })).toEqual(before)
  await poor.close()
})
