import type { TriMesh } from "#src/geometry/mesh.ts"

/** Cosines of whole degrees would need Math.cos, whose last bits differ between machines; these are written out. */
const CREASE_COSINE = 0.766044443118978 // 40°
/** A point with more corners than this (the middle of a huge fan) keeps face normals: averaging there is quadratic. */
const MOST_CORNERS = 512
/** Points closer than this share of the mesh's extent are one. */
const WELD_SHARE = 1e-6

/**
 * One unit normal per triangle corner (9 numbers a triangle). Faces that meet at a point within 40° are averaged by area,
 * also across seams where the mesh repeats its points; sharper edges stay sharp. Triangles without area get (0, 0, 0).
 */
export function smoothNormals(mesh: TriMesh): Float32Array {
  const { indices } = mesh
  const corners = indices.length
  const { point, points } = weld(mesh)
  const face = faceNormals(mesh)
  const { start, corner } = cornersByPoint(indices, point, points)
  const normals = new Float32Array(corners * 3)
  for (let p = 0; p < points; p++) smoothPoint(start[p]!, start[p + 1]!, corner, face, normals)
  return normals
}

/** Area-weighted normal and its length for each triangle: 4 numbers (x, y, z of the unit normal, twice the area). */
function faceNormals({ positions, indices }: TriMesh): Float64Array {
  const faces = new Float64Array((indices.length / 3) * 4)
  for (let t = 0; t < indices.length / 3; t++) {
    const a = indices[t * 3]! * 3
    const b = indices[t * 3 + 1]! * 3
    const c = indices[t * 3 + 2]! * 3
    const ux = positions[b]! - positions[a]!
    const uy = positions[b + 1]! - positions[a + 1]!
    const uz = positions[b + 2]! - positions[a + 2]!
    const vx = positions[c]! - positions[a]!
    const vy = positions[c + 1]! - positions[a + 1]!
    const vz = positions[c + 2]! - positions[a + 2]!
    const x = uy * vz - uz * vy
    const y = uz * vx - ux * vz
    const z = ux * vy - uy * vx
    const length = Math.sqrt(x * x + y * y + z * z)
    if (length === 0) continue
    faces[t * 4] = x / length
    faces[t * 4 + 1] = y / length
    faces[t * 4 + 2] = z / length
    faces[t * 4 + 3] = length
  }
  return faces
}

/** Averages, for every corner at one point, the faces there that lie within the crease angle of the corner's own. */
function smoothPoint(from: number, to: number, corner: Uint32Array, face: Float64Array, normals: Float32Array): void {
  const alone = to - from > MOST_CORNERS
  for (let i = from; i < to; i++) {
    const own = Math.floor(corner[i]! / 3) * 4
    const ox = face[own]!
    const oy = face[own + 1]!
    const oz = face[own + 2]!
    let x = alone ? ox : 0
    let y = alone ? oy : 0
    let z = alone ? oz : 0
    for (let j = alone ? to : from; j < to; j++) {
      const other = Math.floor(corner[j]! / 3) * 4
      const fx = face[other]!
      const fy = face[other + 1]!
      const fz = face[other + 2]!
      if (fx * ox + fy * oy + fz * oz < CREASE_COSINE) continue
      const area = face[other + 3]!
      x += fx * area
      y += fy * area
      z += fz * area
    }
    const length = Math.sqrt(x * x + y * y + z * z)
    if (length === 0) continue
    const out = corner[i]! * 3
    normals[out] = x / length
    normals[out + 1] = y / length
    normals[out + 2] = z / length
  }
}

/** Lists the corners at each point: those of point p are corner[start[p]] … corner[start[p + 1] − 1]. */
function cornersByPoint(indices: Uint32Array, point: Uint32Array, points: number) {
  const start = new Uint32Array(points + 1)
  for (const vertex of indices) start[point[vertex]! + 1]!++
  for (let p = 0; p < points; p++) start[p + 1]! += start[p]!
  const next = start.slice(0, points)
  const corner = new Uint32Array(indices.length)
  for (let c = 0; c < indices.length; c++) corner[next[point[indices[c]!]!]!++] = c
  return { start, corner }
}

/** Numbers the distinct places of a mesh's vertices. */
function weld({ positions }: TriMesh): { point: Uint32Array; points: number } {
  const vertices = positions.length / 3
  const grid = 1 / gridStep(positions)
  let capacity = 16
  while (capacity < vertices * 2) capacity *= 2
  const table = new Int32Array(capacity).fill(-1)
  const cells = new Int32Array(positions.length)
  const point = new Uint32Array(vertices)
  let points = 0
  for (let v = 0; v < vertices; v++) {
    const x = Math.round(positions[v * 3]! * grid)
    const y = Math.round(positions[v * 3 + 1]! * grid)
    const z = Math.round(positions[v * 3 + 2]! * grid)
    let slot = mix(x, y, z) & (capacity - 1)
    let found = table[slot]!
    while (found >= 0 && !(cells[found * 3] === x && cells[found * 3 + 1] === y && cells[found * 3 + 2] === z)) {
      slot = (slot + 1) & (capacity - 1)
      found = table[slot]!
    }
    if (found < 0) {
      found = points++
      table[slot] = found
      cells[found * 3] = x
      cells[found * 3 + 1] = y
      cells[found * 3 + 2] = z
    }
    point[v] = found
  }
  return { point, points }
}

/** The weld distance; at least what keeps every rounded coordinate within 31 bits. */
function gridStep(positions: Float32Array): number {
  let largest = 0
  let low = Infinity
  let high = -Infinity
  for (const value of positions) {
    largest = Math.max(largest, Math.abs(value))
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return Math.max((high - low) * WELD_SHARE, largest / 1e9, 1e-30)
}

function mix(x: number, y: number, z: number): number {
  let h = Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca6b) ^ Math.imul(z, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  return h ^ (h >>> 13)
}
