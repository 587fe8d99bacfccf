import type { TriMesh } from "#src/geometry/mesh.ts"

/** Facets looked at; a stone has well under a hundred directions, a finely curved one need not be exact. */
const MOST_DIRECTIONS = 256

/**
 * How thick a body is, in the unit of the mesh: its least extent along the normal of one of its faces. For a faceted
 * stone that is table to culet, in whichever way the stone is turned.
 */
export function leastDepth(mesh: TriMesh): number {
  const { positions, indices } = mesh
  let least = Infinity
  for (const [x, y, z] of directions(positions, indices)) {
    let [low, high] = [Infinity, -Infinity]
    for (let i = 0; i < positions.length; i += 3) {
      const along = (positions[i] ?? 0) * x + (positions[i + 1] ?? 0) * y + (positions[i + 2] ?? 0) * z
      if (along < low) low = along
      if (along > high) high = along
    }
    least = Math.min(least, high - low)
  }
  return Number.isFinite(least) ? least : 0
}

/** Distinct face normals up to sign, rounded to about half a degree. */
function directions(positions: Float32Array, indices: Uint32Array): (readonly [number, number, number])[] {
  const found = new Map<string, readonly [number, number, number]>()
  for (let i = 0; i < indices.length && found.size < MOST_DIRECTIONS; i += 3) {
    const corner = (k: number, axis: number) => positions[(indices[i + k] ?? 0) * 3 + axis] ?? 0
    const [ux = 0, uy = 0, uz = 0] = [0, 1, 2].map((axis) => corner(1, axis) - corner(0, axis))
    const [vx = 0, vy = 0, vz = 0] = [0, 1, 2].map((axis) => corner(2, axis) - corner(0, axis))
    const normal = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx] as const
    const length = Math.hypot(...normal)
    if (length < 1e-12) continue
    const sign = (normal.find((value) => Math.abs(value) > 1e-3 * length) ?? 1) < 0 ? -1 : 1
    const [x, y, z] = [(normal[0] / length) * sign, (normal[1] / length) * sign, (normal[2] / length) * sign]
    found.set([x, y, z].map((value) => Math.round(value * 100)).join(), [x, y, z])
  }
  return [...found.values()]
}
