import { describe, expect, test } from "vitest"
import { brilliant, brilliantHeights, idealProportions } from "#src/design/brilliant.ts"
import { caratOf, stoneIds, stoneMaterial, stoneOf } from "#src/design/stones.ts"
import { boundingBox, topology, volume } from "#src/geometry/measure.ts"
import { facetsOf } from "#tests/geometry/facets.ts"

describe("the round brilliant", () => {
  const stone = brilliant(6.5, idealProportions)
  const facets = facetsOf(stone)
  const at = (degrees: number) => facets.filter((facet) => Math.abs(facet.fromUp - degrees) < 0.1).length

  test("is closed, and has 57 facets and a girdle of 96", () => {
    expect(topology(stone)).toEqual({ openEdges: 0, components: 1, genus: 0 })
    expect(at(90)).toBe(96)
    expect(facets.length - at(90)).toBe(57)
  })

  test("has every facet at its angle", () => {
    expect(at(0)).toBe(1)
    expect(at(34.5)).toBe(8)
    expect(at(180 - 40.8)).toBe(8)
    expect(at(22.52)).toBe(8)
    expect(at(41.92)).toBe(16)
    expect(at(138.11)).toBe(16)
  })

  test("reads back the proportions it was cut to", () => {
    const heights = brilliantHeights(1, idealProportions)
    expect((heights.table - heights.culet) * 100).toBeCloseTo(60.9, 1)
    const box = boundingBox(stone)
    expect(box.max[0] - box.min[0]).toBeCloseTo(6.5, 4)
    expect((box.max[1] - box.min[1]) / 6.5).toBeCloseTo(0.609, 3)
  })

  test.each([
    [3, 0.105, 0.01],
    [4, 0.25, 0.02],
    [5, 0.5, 0.04],
    [6.5, 1, 0.03],
    [8, 2, 0.16],
  ])("a diamond of %f mm weighs what the trade chart says (%f ct)", (mm, carat, tolerance) => {
    expect(Math.abs(caratOf("diamond", volume(brilliant(mm, idealProportions))) - carat)).toBeLessThan(tolerance)
  })
})

describe("stones", () => {
  test.each(stoneIds)("%s lets light through, bends it as it should, and never swallows a colour whole", (id) => {
    const material = stoneMaterial(id, 4)
    expect(material.transmission).toBeGreaterThan(0)
    expect(material.ior).toBe(stoneOf(id).ior)
    expect(Math.min(...material.attenuationColor)).toBeGreaterThanOrEqual(0.02)
    expect(Math.max(...material.attenuationColor)).toBeGreaterThan(0.4)
  })

  test("dispersion follows the Abbe number: diamond .36, moissanite .72", () => {
    expect(stoneMaterial("diamond", 4).dispersion).toBeCloseTo(0.36, 2)
    expect(stoneMaterial("moissanite", 4).dispersion).toBeCloseTo(0.72, 2)
  })
})
