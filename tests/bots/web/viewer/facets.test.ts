import { beforeAll, describe, expect, it } from "vitest"
import { facetBodies } from "#bots/web/viewer/facets.ts"
import { bodies, kernel, roundBrilliant, triMesh } from "#tests/export/solids.ts"

let solids: Awaited<ReturnType<typeof kernel>>
beforeAll(async () => {
  solids = await kernel()
})

const meshOf = (solid: ReturnType<typeof roundBrilliant>) => triMesh(solid.getMesh())

describe("the facet planes of stones", () => {
  it("finds the 57 facets and 96 girdle faces of a round brilliant", () => {
    const { positions, indices } = meshOf(roundBrilliant(solids).scale(3.25))
    const [body, ...others] = facetBodies(positions, indices)?.bodies ?? []
    expect(others).toEqual([])
    expect((body?.planes.length ?? 0) / 4).toBe(57 + 96)
    expect(body?.radius).toBeCloseTo(Math.hypot(3.25, 1.02), 1)
  })

  it("tells several stones in one mesh apart", () => {
    const two = roundBrilliant(solids).add(roundBrilliant(solids).scale(0.5).translate([5, 0, 0]))
    const { positions, indices } = meshOf(two)
    const faceted = facetBodies(positions, indices)
    expect(faceted?.bodies.map((it) => it.center[0]).sort((a, b) => a - b)).toEqual([
      expect.closeTo(0, 3),
      expect.closeTo(5, 3),
    ])
    expect(new Set(faceted?.bodyOf).size).toBe(2)
  })

  it("refuses what is not cut stone: hollow, round, flat or empty", () => {
    const { torus, ball } = bodies(solids)
    for (const model of [torus, ball]) {
      const { positions, indices } = model.parts[0]?.mesh ?? {
        positions: new Float32Array(),
        indices: new Uint32Array(),
      }
      expect(facetBodies(positions, indices)).toBeUndefined()
    }
    expect(facetBodies(new Float32Array(), new Uint32Array())).toBeUndefined()
    expect(facetBodies(new Float32Array(9), new Uint32Array([0, 1, 2]))).toBeUndefined()
    const notched = meshOf(solids.Manifold.cube([4, 4, 4], true).subtract(solids.Manifold.cube([2, 2, 2])))
    expect(facetBodies(notched.positions, notched.indices)).toBeUndefined()
  })
})
