import { describe, expect, test } from "vitest"
import { bandMesh, bandOutline, bandProfiles, outerRadius } from "#src/design/band.ts"
import { boundingBox, topology, volume } from "#src/geometry/measure.ts"
import { createSurface, innerDiameter } from "#src/geometry/surface.ts"

const bore = 17.32
const inner = bore / 2
const shape = { widthMm: 2.2, thicknessMm: 1.8, edgeMm: 0 }

describe("the band", () => {
  test("a flat one has the volume π(R² − r²)w within 0.05 %", () => {
    const exact = Math.PI * ((inner + 1.8) ** 2 - inner ** 2) * 2.2
    expect(Math.abs(volume(bandMesh(bore, { profile: "flat", ...shape })) / exact - 1)).toBeLessThan(0.0005)
  })

  test("a D-shaped one follows Pappus: 2π × (area × distance of its centroid), rectangle plus half ellipse", () => {
    const [side, dome] = [0.4 * 1.8, 0.6 * 1.8]
    const rectangle = side * 2.2 * (inner + side / 2)
    const halfEllipse = (Math.PI / 2) * dome * 1.1 * (inner + side + (4 * dome) / (3 * Math.PI))
    const exact = 2 * Math.PI * (rectangle + halfEllipse)
    expect(Math.abs(volume(bandMesh(bore, { profile: "d", ...shape })) / exact - 1)).toBeLessThan(0.0015)
  })

  test.each(bandProfiles)("a %s one is closed, as wide and thick as asked, and its bore is never small", (profile) => {
    const band = { profile, ...shape, edgeMm: 0.15 }
    const mesh = bandMesh(bore, band)
    expect(topology(mesh)).toEqual({ openEdges: 0, components: 1, genus: 1 })
    const box = boundingBox(mesh)
    expect(box.max[2] - box.min[2]).toBeCloseTo(2.2, 4)
    expect(box.max[1]).toBeCloseTo(outerRadius(bore, band, 0), 2)
    const measured = innerDiameter(createSurface(mesh), [-0.5, 0, 0.5])
    expect(measured).toBeGreaterThan(bore - 1e-5)
    expect(measured).toBeLessThan(bore + 0.005)
  })

  test.each(bandProfiles)("a %s outline turns counter-clockwise and never touches the axis", (profile) => {
    const outline = bandOutline(bore, { profile, ...shape, edgeMm: 0.15 })
    const twice = outline.reduce((sum, [r, z], i) => {
      const [r2 = 0, z2 = 0] = outline[(i + 1) % outline.length] ?? []
      return sum + r * z2 - r2 * z
    }, 0)
    expect(twice).toBeGreaterThan(0)
    expect(Math.min(...outline.map(([r]) => r))).toBeCloseTo(inner, 9)
  })
})
