import { describe, expect, test } from "vitest"
import { bandMesh } from "#src/design/band.ts"
import { newRecipe } from "#src/design/recipe.ts"
import { solitaire } from "#src/design/solitaire.ts"
import { withSolids } from "#src/geometry/solid.ts"
import { createSurface, innerDiameter } from "#src/geometry/surface.ts"

const us = Array.from({ length: 41 }, (_, i) => 3 + i / 4)
const uk = Array.from({ length: 51 }, (_, i) => `${String.fromCharCode(65 + Math.floor(i / 2))}${i % 2 ? "½" : ""}`)
const count = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i))

/** mm from the tables themselves, written out apart from the code under test. */
const tables: [string, "us" | "uk" | "iso" | "it" | "jp", [string, number][]][] = [
  ["US 3 to 13 in quarters", "us", us.map((n) => [String(n), 11.63 + 0.8128 * n])],
  ["UK A to Z in halves", "uk", uk.map((text, i) => [text, (37.5 + 0.625 * i) / Math.PI])],
  ["ISO 44 to 70", "iso", count(44, 70).map((text) => [text, Number(text) / Math.PI])],
  ["Swiss and Italian 4 to 30", "it", count(4, 30).map((text) => [text, (Number(text) + 40) / Math.PI])],
  ["Japanese 1 to 27", "jp", count(1, 27).map((text) => [text, (Number(text) + 38) / 3])],
]

describe("the bore, measured by rays", () => {
  test.each(tables)("%s is never smaller than the table and at most 0.02 mm larger", (_name, size_system, sizes) => {
    for (const [size, mm] of sizes) {
      const { recipe } = newRecipe({ size, size_system })
      const measured = innerDiameter(createSurface(bandMesh(recipe.size.diameterMm + 0.002, recipe.band)), [0])
      expect(measured, size).toBeGreaterThanOrEqual(mm)
      expect(measured, size).toBeLessThanOrEqual(mm + 0.02)
    }
  })

  test("the finished ring has the bore of its band", async () => {
    for (const size of ["US 3", "UK N½", "17.3 mm"]) {
      const { recipe } = newRecipe({ size, band_profile: "comfort" })
      const made = await withSolids((solids) => solitaire(recipe, solids))
      const over = innerDiameter(createSurface(made.metal), [0, 0.4]) - recipe.size.diameterMm
      expect(over).toBeGreaterThanOrEqual(0)
      expect(over).toBeLessThanOrEqual(0.02)
    }
  })
})
