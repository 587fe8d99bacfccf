import { describe, expect, test } from "vitest"
import { area, boundingBox, topology, volume } from "#src/geometry/measure.ts"
import type { TriMesh } from "#src/geometry/mesh.ts"
import { createSurface, innerDiameter, thinnestWall } from "#src/geometry/surface.ts"
import { drum, lathe } from "#src/geometry/sweep.ts"

const everywhere = () => true
const pipe = lathe(
  [
    [8, -2],
    [9, -2],
    [9, 2],
    [8, 2],
  ],
  128,
  "z",
)

function joined(a: TriMesh, b: TriMesh): TriMesh {
  const count = a.positions.length / 3
  return {
    positions: Float32Array.from([...a.positions, ...b.positions]),
    indices: Uint32Array.from([...a.indices, ...b.indices.map((i) => i + count)]),
  }
}

describe("measures", () => {
  test("volume, surface and box of a cylinder", () => {
    const mesh = drum(2, 5, 256)
    expect(volume(mesh)).toBeCloseTo(Math.PI * 4 * 5, 1)
    expect(area(mesh)).toBeCloseTo(2 * Math.PI * 2 * 5 + 2 * Math.PI * 4, 1)
    expect(boundingBox(mesh)).toEqual({ min: [-2, -2, -2.5], max: [2, 2, 2.5] })
  })

  test("a missing, a doubled and a flipped triangle each leave open edges", () => {
    const whole = drum(2, 5, 16)
    const flipped = Uint32Array.from(whole.indices)
    flipped.set([whole.indices[1] ?? 0, whole.indices[0] ?? 0], 0)
    expect(topology(whole).openEdges).toBe(0)
    expect(topology({ ...whole, indices: whole.indices.slice(3) }).openEdges).toBeGreaterThan(0)
    expect(
      topology({ ...whole, indices: Uint32Array.from([...whole.indices, ...whole.indices.slice(0, 3)]) }).openEdges,
    ).toBeGreaterThan(0)
    expect(topology({ ...whole, indices: flipped }).openEdges).toBeGreaterThan(0)
  })

  test("pieces and handles are counted", () => {
    expect(topology(joined(pipe, drum(2, 5, 16)))).toEqual({ openEdges: 0, components: 2, genus: 1 })
  })

  test("the bore of a pipe is its inner diameter, and never less", () => {
    const measured = innerDiameter(createSurface(pipe), [-1, 0, 1])
    expect(measured).toBeGreaterThanOrEqual(16 - 1e-5)
    expect(measured).toBeLessThan(16.01)
  })

  test("the thinnest wall of an off-centre pipe is found where it is", () => {
    const positions = Float32Array.from(pipe.positions)
    for (let i = 0; i < positions.length; i += 3)
      if (Math.hypot(positions[i] ?? 0, positions[i + 1] ?? 0) < 8.5) positions[i] = (positions[i] ?? 0) + 0.6
    const wall = thinnestWall(createSurface({ positions, indices: pipe.indices }), {
      region: everywhere,
      perMm2: 5,
      ignoreMm2: 0,
    })
    expect(wall?.thicknessMm).toBeCloseTo(0.4, 1)
    expect(wall?.at[0]).toBeGreaterThan(7)
  })

  test("a region without metal has no wall", () => {
    expect(thinnestWall(createSurface(pipe), { region: () => false, perMm2: 5, ignoreMm2: 0 })).toBeUndefined()
  })

  test("measuring leaves the mesh as it was", () => {
    const before = Uint32Array.from(pipe.indices)
    createSurface(pipe).cast([0, 0, 0], [1, 0, 0])
    expect(pipe.indices).toEqual(before)
  })
})
