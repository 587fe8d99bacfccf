import { afterAll, beforeAll, expect, test } from "vitest"
import { Question, UserError } from "#src/errors.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let registry: Registry
beforeAll(async () => {
  studio = await testStudio()
  registry = await loadRegistry(["design"])
})
afterAll(() => studio.close())

const create = (input: unknown, caller = {}) => registry.callTool("design_create", input, studio.call(caller))

test("a plain wish becomes a castable ring with picture, GLB, STL and report", async () => {
  const reply = await create({
    metal: "14k_rose_gold",
    size: "7",
    size_system: "us",
    stone: "diamond",
    carat: 1,
    files: ["stl"],
    picture: "draft",
    wait_s: 25,
  })
  expect(reply.job?.state).toBe("done")
  expect(reply.artifacts?.map((it) => [it.use, it.mediaType]).sort()).toEqual([
    ["file", "model/stl"],
    ["model", "model/gltf-binary"],
    ["preview", "image/png"],
  ])
  expect(reply.data).toMatchObject({
    revision: 1,
    description: "14k rose gold solitaire, US 7, 1.00 ct round diamond",
    report: { castable: true },
  })
  expect(reply.say).toContain("17.32 mm across")
  expect(reply.say).toContain("Chosen by default")
})

test("a size that several systems know is asked for, and nothing is kept or charged", async () => {
  const before = studio.services.items.list("local", { kind: "design" }).length
  const quota = JSON.stringify(studio.services.quota.show("local"))
  await expect(create({ size: "7", metal: "platinum_950" })).rejects.toThrow(Question)
  expect(studio.services.items.list("local", { kind: "design" })).toHaveLength(before)
  expect(JSON.stringify(studio.services.quota.show("local"))).toBe(quota)
})

test("the person's own locale settles what a bare size means", async () => {
  const reply = await create({ size: "7", picture: "draft", wait_s: 25 }, { locale: "en-US" })
  expect(reply.data).toMatchObject({ parameters: { size: "US 7" } })
})

test.each([
  ["a stone that no head holds", { size: "7", size_system: "us", carat: 60, stone: "diamond" }],
  ["weight and diameter at once", { size: "7", size_system: "us", carat: 1, stone_diameter_mm: 6 }],
  ["a cut that is not made here", { size: "7", size_system: "us", cut: "oval" }],
  ["a field nobody knows", { colour: "red" }],
  ["a path where a name belongs", { name: "../../../etc/passwd".repeat(10) }],
])("%s is refused with what to do, and nothing is kept", async (_what, input) => {
  const before = studio.services.items.list("local", { kind: "design" }).length
  const error = await create(input).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UserError)
  expect((error as UserError).hint).not.toBe("") // instance checked above
  expect(studio.services.items.list("local", { kind: "design" })).toHaveLength(before)
})

test("a design whose build is refused is not kept", async () => {
  const poor = await testStudio({ env: { ATELIER_QUOTA_JOBS_PER_DAY: "0" } })
  const wish = { size: "7", size_system: "us", picture: "draft", wait_s: 0 }
  await expect(registry.callTool("design_create", wish, poor.call())).rejects.toMatchObject({ code: "quota" })
  expect(poor.services.items.list("local", { kind: "design" })).toEqual([])
  await poor.close()
})
