import { describe, expect, test } from "vitest"
import { topology, volume } from "#src/geometry/measure.ts"
import { withSolids } from "#src/geometry/solid.ts"
import { drum, lathe, tube } from "#src/geometry/sweep.ts"

const bar = (radius: number) =>
  tube(
    [
      { x: 0, y: -3, z: 0, radius },
      { x: 0, y: 3, z: 0, radius },
    ],
    [1, 0],
    32,
  )

describe("solids", () => {
  test("what two solids share, and what each has more, adds up to their union", async () => {
    await withSolids((solids) => {
      const [a, b] = [solids.fromMesh(drum(2, 4, 64)), solids.fromMesh(bar(1))]
      const shared = solids.sharedVolume(a, b)
      expect(shared).toBeGreaterThan(5)
      expect(solids.union([a, b]).volume()).toBeCloseTo(a.volume() + b.volume() - shared, 6)
      expect(solids.subtract(a, [b]).volume()).toBeCloseTo(a.volume() - shared, 6)
    })
  })

  test("a mesh goes in and comes out as the same closed body", async () => {
    const mesh = await withSolids((solids) => solids.toMesh(solids.fromMesh(drum(2, 4, 64))))
    expect(topology(mesh)).toEqual({ openEdges: 0, components: 1, genus: 0 })
    expect(volume(mesh)).toBeCloseTo(volume(drum(2, 4, 64)), 5)
  })

  test("the same work twice gives the same bytes", async () => {
    const make = () =>
      withSolids((solids) => solids.toMesh(solids.subtract(solids.fromMesh(drum(2, 4, 64)), [solids.fromMesh(bar(1))])))
    expect(await make()).toEqual(await make())
  })

  test("open, inside-out, empty and unfinite meshes are refused, and the kernel stays usable", async () => {
    const whole = drum(2, 4, 16)
    const open = { positions: whole.positions, indices: whole.indices.slice(3) }
    const insideOut = { positions: whole.positions, indices: whole.indices.toReversed() }
    const unfinite = { positions: whole.positions.map((value, i) => (i === 4 ? NaN : value)), indices: whole.indices }
    const empty = { positions: new Float32Array(), indices: new Uint32Array() }
    for (const bad of [open, insideOut, unfinite, empty])
      await expect(withSolids((solids) => solids.fromMesh(bad))).rejects.toThrow(
        /Not manifold|has the volume|not a number|empty/,
      )
    await expect(withSolids((solids) => solids.fromMesh(whole).volume())).resolves.toBeGreaterThan(0)
  })

  test("subtracting everything is an error, not an empty solid", async () => {
    const work = withSolids((solids) =>
      solids.subtract(solids.fromMesh(drum(1, 1, 16)), [solids.fromMesh(drum(2, 2, 16))]),
    )
    await expect(work).rejects.toThrow("empty")
  })
})

describe("sweeps", () => {
  test("a turned circle is a torus: volume 2π²Rr² within 0.2 %, one handle", () => {
    const circle = Array.from({ length: 96 }, (_, i) => {
      const angle = (2 * Math.PI * i) / 96
      return [5 + Math.cos(angle), Math.sin(angle)] as const
    })
    for (const axis of ["y", "z"] as const) {
      const torus = lathe(circle, 192, axis)
      expect(topology(torus)).toEqual({ openEdges: 0, components: 1, genus: 1 })
      expect(Math.abs(volume(torus) / (2 * Math.PI ** 2 * 5) - 1)).toBeLessThan(0.002)
    }
  })

  test("a straight tube is a cylinder with half spheres at its ends", () => {
    const exact = Math.PI * 6 + (4 / 3) * Math.PI
    expect(Math.abs(volume(bar(1)) / exact - 1)).toBeLessThan(0.02)
    expect(topology(bar(1))).toEqual({ openEdges: 0, components: 1, genus: 0 })
  })

  test("a tube that bends tighter than it is thick is refused", () => {
    const bend = Array.from({ length: 12 }, (_, i) => ({
      x: 0.3 * Math.cos(i / 4),
      y: 0.3 * Math.sin(i / 4),
      z: 0,
      radius: 0.5,
    }))
    expect(() => tube(bend, [1, 0], 24)).toThrow("bends tighter")
  })
})
