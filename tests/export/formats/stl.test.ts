import { STLLoader } from "three/examples/jsm/loaders/STLLoader.js"
import { beforeAll, describe, expect, it } from "vitest"
import { format } from "#src/export/formats/stl.ts"
import type { Model } from "#src/geometry/mesh.ts"
import { admesh, hasAdmesh, hasSlic3r, slic3r } from "#tests/export/readers.ts"
import { bodies, kernel, solitaire, volume } from "#tests/export/solids.ts"

let ring: Model
let simple: Record<string, Model>

beforeAll(async () => {
  const solids = await kernel()
  ring = solitaire(solids)
  simple = bodies(solids)
})

const volumeOf = (model: Model, role = "metal") =>
  model.parts.filter((it) => it.role === role).reduce((sum, it) => sum + volume(it.mesh), 0)

describe("STL", () => {
  it("starts with a header that names program and unit and cannot be taken for a text file", async () => {
    const bytes = await format.write({ ...ring, name: "solid gold — été" })
    const header = Buffer.from(bytes.subarray(0, 80)).toString("latin1")
    expect(header).toMatch(/^Atelier binary STL, unit mm, solid gold \? \?t\?\s+$/)
  })

  it("is read back by three in millimetres, metal only", async () => {
    const bytes = await format.write(ring)
    const geometry = new STLLoader().parse(bytes.slice().buffer)
    geometry.computeBoundingBox()
    expect(geometry.getAttribute("position").count).toBe(ring.parts[0]?.mesh.indices.length)
    expect(geometry.boundingBox?.max.x).toBeCloseTo(10.55, 2)
  })

  it("holds the stones as bodies of their own when asked", async () => {
    const [without, stones] = await Promise.all([format.write(ring), format.write(ring, { stones: true })])
    const facets = (bytes: Uint8Array) => new DataView(bytes.buffer).getUint32(80, true)
    expect(facets(stones) - facets(without)).toBe((ring.parts[1]?.mesh.indices.length ?? 0) / 3)
  })

  it("grows by 1 / (1 − s) for shrinkage", async () => {
    const [plain, grown] = await Promise.all([format.write(ring), format.write(ring, { shrinkagePct: 1.3 })])
    const x = (bytes: Uint8Array) => new DataView(bytes.buffer).getFloat32(84 + 12, true)
    expect(x(grown) / x(plain)).toBeCloseTo(1 / (1 - 0.013), 6)
  })

  it.skipIf(!hasAdmesh)("has no open edge and the same volume for admesh", async () => {
    for (const [name, model] of Object.entries({ ...simple, ring })) {
      const seen = await admesh(await format.write(model))
      expect(seen, name).toMatchObject({ disconnected: 0, backwards: 0, degenerate: 0 })
      expect(Math.abs(seen.volume / volumeOf(model) - 1), name).toBeLessThan(1e-4)
    }
  })

  it.skipIf(!hasSlic3r)("is manifold for slic3r, with and without stones", async () => {
    expect(await slic3r("ring.stl", await format.write(ring))).toMatchObject({ manifold: "yes", parts: 1 })
    expect(await slic3r("ring.stl", await format.write(ring, { stones: true }))).toMatchObject({
      manifold: "yes",
      parts: 2,
    })
  })
})
