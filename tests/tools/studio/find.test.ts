import { afterAll, beforeAll, expect, test } from "vitest"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let registry: Registry
beforeAll(async () => {
  studio = await testStudio()
  registry = await loadRegistry(["studio"])
  const { items } = studio.services
  const project = items.createProject("local", "Wedding rings")
  for (const [kind, name] of [
    ["design", "Rose gold solitaire"],
    ["design", "Platinum band"],
    ["board", "Rose garden film"],
  ] as const) {
    studio.clock.advance(1_000)
    items.create({ accountId: "local", projectId: project.id, kind, name, data: {}, note: "made" })
  }
})
afterAll(() => studio.close())

const find = (input: object, caller = {}) => registry.callTool("studio_find", input, studio.call(caller))
const names = async (input: object) => ((await find(input)).data["items"] as { name: string }[]).map((it) => it.name)

test("everything comes, newest first, with the projects", async () => {
  expect(await names({})).toEqual(["Rose garden film", "Platinum band", "Rose gold solitaire"])
  expect((await find({})).data).toMatchObject({ projects: [{ name: "Wedding rings" }] })
})

test("every word of the name counts, in any order and case, and the kind narrows it", async () => {
  expect(await names({ name: "SOLITAIRE rose" })).toEqual(["Rose gold solitaire"])
  expect(await names({ name: "rose", kind: "board" })).toEqual(["Rose garden film"])
  expect((await find({ name: "rose", kind: "design" })).next).toMatchObject([{ tool: "design_show" }])
})

test("nothing found is said plainly, and other people's work is never found", async () => {
  expect((await find({ name: "%' OR 1=1 --" })).say).toMatch(/^Nothing found/)
  const stranger = studio.accounts.forIdentity({ platform: "test", tenant: "t", externalId: "stranger" }, "Stranger")
  expect((await find({}, { accountId: stranger.id, role: "user" })).data).toEqual({ projects: [], items: [] })
})

test.each([{ name: "x".repeat(20_000) }, { limit: 51 }, { kind: ["design"] }])("%o is refused", async (input) => {
  await expect(find(input)).rejects.toMatchObject({ code: "bad_input" })
})
