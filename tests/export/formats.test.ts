import { createHash } from "node:crypto"
import { readdirSync } from "node:fs"
import { beforeAll, describe, expect, it } from "vitest"
import type { ExportFormat } from "#src/export/format.ts"
import { getFormat, listFormatIds } from "#src/export/formats.ts"
import type { Material, Model, Part } from "#src/geometry/mesh.ts"
import { DIAMOND, GOLD, kernel, solitaire } from "#tests/export/solids.ts"

let formats: ExportFormat[] = []
let ring: Model

beforeAll(async () => {
  formats = await Promise.all((await listFormatIds()).map(getFormat))
  ring = solitaire(await kernel())
})

const CORNER: Part["mesh"] = {
  positions: new Float32Array([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]),
  indices: new Uint32Array([0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3]),
}
const metal = (name: string, mesh = CORNER, material: Material = GOLD): Part => ({
  name,
  role: "metal",
  mesh,
  material,
})

describe("the folder of formats", () => {
  it("lists each format with what a person needs to choose", () => {
    const files = readdirSync(new URL("../../src/export/formats/", import.meta.url))
    expect(formats.map((it) => `${it.id}.ts`)).toEqual(files.sort())
    expect(formats.length).toBeGreaterThanOrEqual(3)
    for (const format of formats) {
      expect(format.describe).toMatch(/\.$/)
      expect(format.mediaType).toMatch(/^model\//)
      expect(Object.keys(format.options.shape)).toContain("shrinkagePct")
    }
  })

  it("finds a format by id or file ending, in any case, and says what there is otherwise", async () => {
    expect((await getFormat(".STL")).id).toBe("stl")
    await expect(getFormat("../check")).rejects.toMatchObject({
      code: "not_found",
      hint: `There are: ${formats.map((it) => it.id).join(", ")}.`,
    })
  })
})

describe("every format", () => {
  it("gives the same bytes for the same model", async () => {
    for (const format of formats) {
      const [one, two] = await Promise.all([format.write(ring), format.write(structuredClone(ring))])
      expect(sha256(one), format.id).toBe(sha256(two))
    }
  })

  it("leaves the given model as it was, also when it is scaled for shrinkage", async () => {
    const before = structuredClone(ring)
    for (const format of formats) await format.write(ring, { shrinkagePct: 1.3 })
    expect(ring).toEqual(before)
  })

  it("refuses what no program could read, naming the part and the number", async () => {
    const broken = new Float32Array(CORNER.positions)
    broken[4] = Number.NaN
    const hostile: [Part[], RegExp][] = [
      [[], /nothing to write/],
      [[metal("band", { positions: new Float32Array(), indices: new Uint32Array() })], /"band" has 0 triangles/],
      [[metal("band", { ...CORNER, positions: broken })], /"band" has the coordinate NaN mm at vertex 1/],
      [[metal("band", { ...CORNER, indices: new Uint32Array([0, 1, 9]) })], /vertex 9, but has 4/],
      [[metal("band", { ...CORNER, indices: new Uint32Array([0, 1]) })], /must be threes/],
      [[metal("far", { ...CORNER, positions: CORNER.positions.map((v) => v * 1e9) })], /1000000000 mm/],
    ]
    for (const format of formats)
      for (const [parts, problem] of hostile)
        await expect(format.write({ name: "x", parts }), format.id).rejects.toMatchObject({
          name: "UserError",
          problem: expect.stringMatching(problem),
        })
  })

  it("refuses options it does not have, and shrinkage out of range", async () => {
    for (const format of formats) {
      await expect(format.write(ring, { shrinkagePct: 9 })).rejects.toThrow(/shrinkagePct/)
      await expect(format.write(ring, { colour: "red" })).rejects.toThrow(/Options: shrinkagePct/)
    }
  })

  it("takes names that are long, equal, empty or full of markup", async () => {
    const names = ["💍".repeat(100), "a", "a", "", '<b>&"\u0000\ud800', "a"]
    const model: Model = { name: "名".repeat(100), parts: names.map((name) => metal(name)) }
    for (const format of formats) expect((await format.write(model)).byteLength, format.id).toBeGreaterThan(100)
  })

  it("has nothing to write for casting when there are only stones", async () => {
    const stones: Model = { name: "x", parts: [{ name: "s", role: "stone", mesh: CORNER, material: DIAMOND }] }
    for (const format of formats.filter((it) => it.includes === "casting")) {
      await expect(format.write(stones)).rejects.toThrow(/nothing to write/)
      if ("stones" in format.options.shape)
        expect((await format.write(stones, { stones: true })).byteLength).toBeGreaterThan(100)
    }
  })
})

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex")
}
