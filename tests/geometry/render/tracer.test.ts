import { readFile } from "node:fs/promises"
import { BufferGeometry, BufferAttribute, DoubleSide, Ray, Vector3 } from "three"
import { MeshBVH } from "three-mesh-bvh"
import { expect, test } from "vitest"
import { compileTracer, TRACER_FILE } from "#src/geometry/render/tracer/build.ts"
import { openScene, randomRays } from "./instance.ts"
import { ball, gold, single, torus } from "./models.ts"

test("the shipped tracer is what its source compiles to, byte for byte", async () => {
  const [shipped, compiled] = await Promise.all([readFile(TRACER_FILE), compileTracer()])
  expect(Buffer.compare(shipped, compiled), "run npm run build:tracer").toBe(0)
})

test.each([
  ["a torus", torus(8, 2, 96, 32)],
  ["a ball of separate triangles", ball(9, 4)],
])("random rays at %s hit what three-mesh-bvh says", async (_, mesh) => {
  const scene = await openScene(single(mesh, gold))
  scene.build()
  const rays = randomRays(4_000, 10, 7)
  const { distance, triangle } = scene.cast(rays)
  const geometry = new BufferGeometry()
  geometry.setAttribute("position", new BufferAttribute(mesh.positions, 3))
  geometry.setIndex(new BufferAttribute(mesh.indices.slice(), 1))
  const oracle = new MeshBVH(geometry, { indirect: true })
  let hits = 0
  let edges = 0
  for (let i = 0; i < distance.length; i++) {
    const [x, y, z, dx, dy, dz] = rays.subarray(i * 6, i * 6 + 6)
    const found = oracle.raycastFirst(new Ray(new Vector3(x, y, z), new Vector3(dx, dy, dz)), DoubleSide)
    if (found) hits++
    const same = found ? Math.abs(found.distance - distance[i]!) < 1e-3 : triangle[i] === -1
    // A ray through an edge may meet either side of it, or graze past in one of the two arithmetics.
    if (!same) edges++
  }
  expect(hits).toBeGreaterThan(1_000)
  expect(edges).toBeLessThanOrEqual(4)
})

test("a model of one triangle can be hit", async () => {
  const scene = await openScene(
    single({ positions: new Float32Array([-1, -1, 0, 1, -1, 0, 0, 1, 0]), indices: new Uint32Array([0, 1, 2]) }, gold),
  )
  scene.build()
  const { distance, triangle } = scene.cast(new Float32Array([0, 0, 5, 0, 0, -1, 3, 0, 5, 0, 0, -1]))
  expect([...triangle]).toEqual([0, -1])
  expect(distance[0]).toBeCloseTo(5, 5)
})
