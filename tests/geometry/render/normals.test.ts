import { expect, test } from "vitest"
import { smoothNormals } from "#src/geometry/render/normals.ts"
import { ball, box, torus } from "./models.ts"

test("the sides of a box stay flat although they share corners", () => {
  const normals = smoothNormals(box(2, 2, 2))
  for (const value of normals) expect([0, 1]).toContain(Math.abs(value))
})

test("a ball of separate triangles becomes smooth: its seams are welded", () => {
  const mesh = ball(3, 4)
  const normals = smoothNormals(mesh)
  for (let i = 0; i < normals.length; i += 3) {
    const along = [0, 1, 2].reduce((sum, k) => sum + (normals[i + k]! * mesh.positions[i + k]!) / 3, 0)
    expect(along).toBeGreaterThan(0.999)
  }
})

test("where a swept band closes there is no seam", () => {
  const mesh = torus(8, 1, 64, 16)
  const normals = smoothNormals(mesh)
  const byVertex = new Map<number, string>()
  mesh.indices.forEach((vertex, corner) => {
    const normal = [0, 1, 2].map((k) => normals[corner * 3 + k]!.toFixed(4)).join()
    expect(byVertex.get(vertex) ?? normal).toBe(normal)
    byVertex.set(vertex, normal)
  })
})

test("triangles without area get no normal and disturb no neighbour", () => {
  const normals = smoothNormals({
    positions: new Float32Array([0, 0, 0, 1, 0, 0, 0, 1, 0]),
    indices: new Uint32Array([0, 1, 2, 0, 1, 1]),
  })
  expect([...normals.subarray(0, 9)]).toEqual([0, 0, 1, 0, 0, 1, 0, 0, 1])
  expect([...normals.subarray(9)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0])
})
