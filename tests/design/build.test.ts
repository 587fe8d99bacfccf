import { createHash } from "node:crypto"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { bandProfiles } from "#src/design/band.ts"
import { buildDesign } from "#src/design/build.ts"
import type { Brief } from "#src/design/brief.ts"
import { metalOf } from "#src/design/metals.ts"
import { changeRecipe, newRecipe } from "#src/design/recipe.ts"
import { reportInWords, reportSchema } from "#src/design/report.ts"
import type { Report } from "#src/design/report.ts"
import { UserError } from "#src/errors.ts"
import { area, topology, volume } from "#src/geometry/measure.ts"
import type { Model, TriMesh } from "#src/geometry/mesh.ts"

const build = async (brief: Brief) => buildDesign(newRecipe({ size: "7", size_system: "us", ...brief }).recipe)
const failures = (report: Report) => report.checks.filter((check) => check.state === "fail")
const sha256 = (model: Model) => {
  const hash = createHash("sha256")
  for (const { mesh } of model.parts) hash.update(mesh.positions).update(mesh.indices)
  return hash.digest("hex")
}
const partOf = (model: Model, role: string): TriMesh => {
  const part = model.parts.find((it) => it.role === role)
  if (!part) throw new Error(`no ${role}`)
  return part.mesh
}

describe("a solitaire", () => {
  test("is one watertight body with a bore and a window between any two prongs, and its stone apart", async () => {
    const { model, report } = await build({ metal: "14k_rose_gold", carat: 1 })
    expect(model.parts.map((part) => part.role)).toEqual(["metal", "stone"])
    const metal = partOf(model, "metal")
    expect(topology(metal)).toEqual({ openEdges: 0, components: 1, genus: 7 })
    expect(area(metal)).toBeGreaterThan(300)
    expect(reportSchema.parse(report)).toEqual(report)
    expect(failures(report)).toEqual([])
    expect(report.castable).toBe(true)
    expect(report.metal.massG).toBeCloseTo((volume(metal) * 13.03) / 1000, 2)
    expect(report.stones[0]).toMatchObject({ species: "diamond", carat: 1, agrees: true })
    expect(report.size).toMatchObject({ wanted: "US 7", innerDiameterMm: 17.322 })
  })

  test("weighs the same volume in every other metal", async () => {
    const { report } = await build({ metal: "14k_yellow_gold" })
    for (const other of report.otherMetalsG)
      expect(other.massG / report.metal.massG).toBeCloseTo(metalOf(other.metal).density / 13.05, 2)
  })

  test("leaves the metal out where the stone is: a bigger seat is lighter, and the stone is not weighed", async () => {
    const { model, report } = await build({ carat: 1 })
    const bothG = ((volume(partOf(model, "metal")) + volume(partOf(model, "stone"))) * 13.05) / 1000
    expect(report.metal.massG).toBeLessThan(bothG - 0.5)
    expect(report.checks.find((check) => check.name === "seat")).toMatchObject({ state: "ok", value: 0 })
  })

  test("is the same to the last byte when built again", async () => {
    const { recipe } = newRecipe({ size: "UK N½", stone: "sapphire", stone_diameter_mm: 6, prongs: 4 })
    const [first, second] = [await buildDesign(recipe), await buildDesign(recipe)]
    expect(sha256(second.model)).toBe(sha256(first.model))
    expect(second.report).toEqual(first.report)
  })

  test("keeps stone and head when it is resized", async () => {
    const { recipe } = newRecipe({ size: "5", size_system: "us", carat: 1 })
    const [small, large] = [await buildDesign(recipe), await buildDesign(changeRecipe(recipe, { size: "9" }).recipe)]
    expect(volume(partOf(large.model, "stone"))).toBeCloseTo(volume(partOf(small.model, "stone")), 3)
    expect(large.report.size.innerDiameterMm - small.report.size.innerDiameterMm).toBeCloseTo(4 * 0.8128, 2)
    expect(large.report.castable).toBe(true)
  })

  const cases = bandProfiles.flatMap((band_profile) => ([4, 6] as const).map((prongs) => ({ band_profile, prongs })))
  test.each(cases)("is castable with a $band_profile band and $prongs prongs", async (brief) => {
    const { report } = await build(brief)
    expect(failures(report)).toEqual([])
    expect(report.mesh).toMatchObject({ watertight: true, genus: 1 + brief.prongs })
  })

  test.each([0.2, 0.5, 2, 3, 5])("is castable with a stone of %f ct", async (carat) => {
    for (const prongs of [4, 6] as const) {
      const { report } = await build({ carat, prongs })
      expect(failures(report)).toEqual([])
    }
  })

  test.each([
    { size: "0", size_system: "us" },
    { size: "16", size_system: "us", carat: 0.05 },
    { size: "3", size_system: "us", stone_diameter_mm: 20 },
    { size: "Z+6", size_system: "uk", carat: 10, prongs: 4 },
  ] satisfies Brief[])("at an extreme is castable: $size with $carat ct", async (brief) => {
    const { report } = await build(brief)
    expect(failures(report)).toEqual([])
  })
})

describe("a bad design", () => {
  test("with a band of 0.4 mm is refused with the number and the remedy", async () => {
    const { report } = await build({ band_thickness_mm: 0.4 })
    expect(report.castable).toBe(false)
    const [thin] = failures(report).filter((check) => check.name === "band thickness")
    expect(thin?.message).toBe("Band thickness: 0.40 mm, needed are 1.2 mm. Set band_thickness_mm to 1.7 or more.")
  })

  test("with prongs of 0.2 mm is refused with the number, the place and the remedy", async () => {
    const { report } = await build({ prong_diameter_mm: 0.2 })
    const thin = failures(report).find((check) => check.name === "prong thickness")
    expect(thin?.value).toBeCloseTo(0.2, 1)
    expect(thin?.message).toContain("Set prong_diameter_mm to 0.9 or more.")
    expect(thin?.at?.[1]).toBeGreaterThan(10)
  })

  test("is cured by following the remedy", async () => {
    const { recipe } = newRecipe({ prong_diameter_mm: 0.2, band_thickness_mm: 0.4 })
    const cured = changeRecipe(recipe, { prong_diameter_mm: 0.9, band_thickness_mm: 1.7 }).recipe
    expect((await buildDesign(cured)).report.castable).toBe(true)
  })

  test("a soft metal is cast all the same, with advice", async () => {
    const { report } = await build({ metal: "24k_yellow_gold" })
    expect(report.castable).toBe(true)
    expect(report.checks.find((check) => check.name === "metal")).toMatchObject({ state: "warn" })
  })
})

describe("the report in words", () => {
  test("says size, stone, band, mass and verdict in one short text", async () => {
    const { recipe } = newRecipe({ size: "7", size_system: "us", metal: "14k_rose_gold", carat: 1 })
    const { report } = await buildDesign(recipe)
    expect(reportInWords(report, recipe)).toMatchInlineSnapshot(`
      "Size: US 7, 17.32 mm across (measured 17.32 mm).
      Stone: 1.00 ct round diamond, 6.47 × 3.94 mm.
      Band: d profile, 2.20 mm wide, 1.80 mm thick. Overall 20.9 × 25.5 × 7.0 mm.
      Metal: 3.00 g 14k rose gold; in 14k yellow gold 3.00 g, 18k yellow gold 3.58 g, platinum 950 4.76 g.
      Castable: 14 checks passed."
    `)
  })

  test("stays short when much is wrong", async () => {
    const { recipe } = newRecipe({
      band_thickness_mm: 0.3,
      band_width_mm: 1,
      prong_diameter_mm: 0.2,
      metal: "casting_wax",
    })
    const text = reportInWords((await buildDesign(recipe)).report, recipe)
    expect(text.length).toBeLessThanOrEqual(1_500)
    expect(text).toContain("Not castable yet")
  })
})

describe("building", () => {
  test("tells its progress, and stops when asked", async () => {
    const seen: number[] = []
    const { recipe } = newRecipe({})
    await buildDesign(recipe, { onProgress: (fraction) => seen.push(fraction) })
    expect(seen.at(-1)).toBe(1)
    await expect(buildDesign(recipe, { signal: AbortSignal.abort() })).rejects.toThrow("aborted")
  })

  test("anything within the limits becomes a closed body or fails a check, never breaks; only prongs as thick as half the stone are refused", async () => {
    const brief = fc.record({
      stone_diameter_mm: fc.double({ min: 2, max: 20, noNaN: true }),
      prongs: fc.constantFrom(4 as const, 6 as const),
      prong_diameter_mm: fc.double({ min: 0.2, max: 3, noNaN: true }),
      band_profile: fc.constantFrom(...bandProfiles),
      band_width_mm: fc.double({ min: 1, max: 15, noNaN: true }),
      band_thickness_mm: fc.double({ min: 0.3, max: 6, noNaN: true }),
      size: fc.integer({ min: 36, max: 78 }),
    })
    await fc.assert(
      fc.asyncProperty(brief, async (wishes) => {
        const made = await build({ ...wishes, size_system: "iso" }).catch((error: unknown) => error)
        if (made instanceof UserError) {
          expect(made.problem).toContain("cannot be bent around")
          expect(wishes.prong_diameter_mm).toBeGreaterThan(wishes.stone_diameter_mm / 2)
          return
        }
        const { model, report } = made as Awaited<ReturnType<typeof build>> // any other error fails on the next line
        const { positions } = partOf(model, "metal")
        const points = Array.from({ length: positions.length / 3 }, (_, i) =>
          positions.subarray(i * 3, i * 3 + 3).join(),
        )
        expect(new Set(points).size).toBe(points.length)
        expect(report.mesh.watertight).toBe(true)
        expect(report.metal.massG).toBeGreaterThan(0)
        expect(report.castable).toBe(failures(report).length === 0)
      }),
      { numRuns: 16, seed: 7 },
    )
  }, 60_000)
})
