import { readFile } from "node:fs/promises"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let registry: Registry
beforeAll(async () => {
  studio = await testStudio()
  registry = await loadRegistry(["design", "export"])
  await registry.callTool(
    "design_create",
    { size: "54", size_system: "iso", picture: "draft", wait_s: 25 },
    studio.call(),
  )
})
afterAll(() => studio.close())

const bytesOf = async (input: object): Promise<Buffer> => {
  const reply = await registry.callTool("export_file", { wait_s: 25, ...input }, studio.call())
  return readFile(studio.services.artifacts.path(reply.artifacts?.[0]?.id ?? ""))
}

/** Extent along x of a binary STL, mm. */
function widthOf(stl: Buffer): number {
  const xs = Array.from({ length: stl.readUInt32LE(80) * 3 }, (_, n) =>
    stl.readFloatLE(84 + 50 * Math.floor(n / 3) + 12 + 12 * (n % 3)),
  )
  return xs.reduce((most, x) => Math.max(most, x), -Infinity) - xs.reduce((least, x) => Math.min(least, x), Infinity)
}

test("casting shrinkage enlarges the file by 1 / (1 - s) and leaves the design alone", async () => {
  const nominal = widthOf(await bytesOf({ format: "stl" }))
  const enlarged = widthOf(await bytesOf({ format: "stl", shrinkage_pct: 1.3 }))
  expect(enlarged / nominal).toBeCloseTo(1 / (1 - 0.013), 5)
})

test("a file for casting holds no stones unless they are asked for", async () => {
  const triangles = async (input: object) => (await bytesOf(input)).readUInt32LE(80)
  expect(await triangles({ format: "stl", stones: true })).toBeGreaterThan(await triangles({ format: "stl" }))
})

test("every format of the design can be written, and an unknown one is refused", async () => {
  expect((await bytesOf({ format: "glb" })).subarray(0, 4).toString()).toBe("glTF")
  expect((await bytesOf({ format: "3mf" })).subarray(0, 2).toString()).toBe("PK")
  await expect(bytesOf({ format: "docx" })).rejects.toThrow(/format/)
})
