import { weld } from "#src/export/weld.ts"
import type { TriMesh } from "#src/geometry/mesh.ts"

/** A mesh ready to be drawn: one normal per vertex, equal vertices joined, triangles without area left out. */
export interface ShadedMesh {
  positions: Float32Array
  normals: Float32Array
  indices: Uint32Array
}

/**
 * Normals by crease angle: at each corner, the mean of the faces around the vertex that lie within `creaseDeg` of the
 * corner's own face, weighted by the angle of the corner (Thürmer & Wüthrich 1998), so that long thin triangles do not pull.
 * A small angle gives flat facets without seams between coplanar triangles.
 */
export function shade(mesh: TriMesh, creaseDeg: number): ShadedMesh {
  const corners = weld(mesh.positions, 3)
  const faces = facesOf(mesh.indices, corners.rowOf, corners.rows)
  const around = facesAround(faces, corners.rows.length / 3)
  const limit = Math.cos((creaseDeg * Math.PI) / 180)

  const rows = new Float32Array(faces.count * 18)
  for (let corner = 0; corner < faces.count * 3; corner++) {
    const vertex = faces.vertices[corner] ?? 0
    rows.set(corners.rows.subarray(vertex * 3, vertex * 3 + 3), corner * 6)
    rows.set(cornerNormal(faces, around, Math.floor(corner / 3), vertex, limit), corner * 6 + 3)
  }
  const joined = weld(rows, 6)
  const vertices = joined.rows.length / 6
  const positions = new Float32Array(vertices * 3)
  const normals = new Float32Array(vertices * 3)
  for (let i = 0; i < vertices; i++) {
    positions.set(joined.rows.subarray(i * 6, i * 6 + 3), i * 3)
    normals.set(joined.rows.subarray(i * 6 + 3, i * 6 + 6), i * 3)
  }
  return { positions, normals, indices: joined.rowOf }
}

interface Faces {
  count: number
  /** Three per face. */
  vertices: Uint32Array
  /** Unit normal per face. */
  normals: Float64Array
  /** Radians per corner. */
  angles: Float64Array
}

function facesOf(indices: Uint32Array, rowOf: Uint32Array, positions: Float32Array): Faces {
  const total = indices.length / 3
  const vertices = new Uint32Array(total * 3)
  const normals = new Float64Array(total * 3)
  const angles = new Float64Array(total * 3)
  let count = 0
  for (let face = 0; face < total; face++) {
    const ids = [0, 1, 2].map((k) => rowOf[indices[face * 3 + k] ?? 0] ?? 0)
    const [a = V0, b = V0, c = V0] = ids.map((id) => pointAt(positions, id))
    const normal = unit(cross(minus(b, a), minus(c, a)))
    if (!normal) continue
    vertices.set(ids, count * 3)
    normals.set(normal, count * 3)
    angles.set([angleAt(a, b, c), angleAt(b, c, a), angleAt(c, a, b)], count * 3)
    count++
  }
  return { count, vertices, normals, angles }
}

/** Corner numbers around each vertex, as one list with starts (compressed rows). */
interface Around {
  starts: Uint32Array
  corners: Uint32Array
}

function facesAround(faces: Faces, vertexCount: number): Around {
  const starts = new Uint32Array(vertexCount + 1)
  const used = faces.vertices.subarray(0, faces.count * 3)
  for (const vertex of used) starts[vertex + 1] = (starts[vertex + 1] ?? 0) + 1
  for (let i = 0; i < vertexCount; i++) starts[i + 1] = (starts[i + 1] ?? 0) + (starts[i] ?? 0)
  const next = starts.slice()
  const corners = new Uint32Array(used.length)
  for (const [corner, vertex] of used.entries()) {
    const at = next[vertex] ?? 0
    corners[at] = corner
    next[vertex] = at + 1
  }
  return { starts, corners }
}

/** Rounding to a 1/16384 grid lets corners meet that differ only by the order of summation. */
const GRID = 16_384

function cornerNormal(faces: Faces, around: Around, face: number, vertex: number, limit: number): Vec {
  const own = pointAt(faces.normals, face)
  let [x, y, z] = [0, 0, 0]
  for (let i = around.starts[vertex] ?? 0; i < (around.starts[vertex + 1] ?? 0); i++) {
    const corner = around.corners[i] ?? 0
    const other = pointAt(faces.normals, Math.floor(corner / 3))
    if (dot(own, other) < limit) continue
    const weight = faces.angles[corner] ?? 0
    x += other[0] * weight
    y += other[1] * weight
    z += other[2] * weight
  }
  const mean = unit([x, y, z]) ?? own
  return unit([Math.round(mean[0] * GRID), Math.round(mean[1] * GRID), Math.round(mean[2] * GRID)]) ?? own
}

type Vec = readonly [number, number, number]
const V0: Vec = [0, 0, 0]

const pointAt = (list: Float32Array | Float64Array, i: number): Vec => [
  list[i * 3] ?? 0,
  list[i * 3 + 1] ?? 0,
  list[i * 3 + 2] ?? 0,
]
const minus = (a: Vec, b: Vec): Vec => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
const dot = (a: Vec, b: Vec): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const cross = (a: Vec, b: Vec): Vec => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
/** Undefined for a vector without direction. */
function unit(v: Vec): Vec | undefined {
  const length = Math.hypot(v[0], v[1], v[2])
  return length > 1e-20 ? [v[0] / length, v[1] / length, v[2] / length] : undefined
}
function angleAt(corner: Vec, b: Vec, c: Vec): number {
  const [u, v] = [unit(minus(b, corner)), unit(minus(c, corner))]
  return u && v ? Math.acos(Math.min(1, Math.max(-1, dot(u, v)))) : 0
}
