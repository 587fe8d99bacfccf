import type { TriMesh } from "#src/geometry/mesh.ts"

/** A point of a profile: distance from the axis and height along it, mm. */
export type ProfilePoint = readonly [radius: number, along: number]

/** A station of a tube: centre and radius, mm. */
export interface Station {
  x: number
  y: number
  z: number
  radius: number
}

/**
 * Solid of revolution of a closed profile that stays clear of the axis, counter-clockwise in (radius, along).
 * The result is an n-gon around the axis that encloses the true circle: radii are divided by cos(π/n), so a bore is never small.
 */
export function lathe(profile: readonly ProfilePoint[], segments: number, axis: "y" | "z"): TriMesh {
  const rows = profile.length
  const widen = 1 / Math.cos(Math.PI / segments)
  const positions = new Float32Array(rows * segments * 3)
  const indices: number[] = []
  for (let i = 0; i < segments; i++) {
    const angle = (2 * Math.PI * i) / segments
    const along = i === segments - 1 ? 0 : i + 1
    profile.forEach(([radius, height], j) => {
      const u = radius * widen * Math.cos(angle)
      const v = radius * widen * Math.sin(angle)
      // A turn about y runs from z to x, so that both axes keep the same handedness.
      positions.set(axis === "z" ? [u, v, height] : [v, height, u], (i * rows + j) * 3)
      const k = (j + 1) % rows
      const [a, b, c, d] = [i * rows + j, along * rows + j, along * rows + k, i * rows + k]
      indices.push(a, b, c, a, c, d)
    })
  }
  return { positions, indices: Uint32Array.from(indices) }
}

/** Solid cylinder about z, centred on the origin; a tool to cut with. */
export function drum(radius: number, length: number, segments: number): TriMesh {
  const points: number[] = []
  const faces: number[] = []
  const [low, high] = [segments * 2, segments * 2 + 1]
  for (let i = 0; i < segments; i++) {
    const angle = (2 * Math.PI * i) / segments
    const [x, y] = [radius * Math.cos(angle), radius * Math.sin(angle)]
    points.push(x, y, -length / 2, x, y, length / 2)
    const [a, b] = [2 * i, 2 * ((i + 1) % segments)]
    faces.push(a, b, b + 1, a, b + 1, a + 1, low, b, a, high, a + 1, b + 1)
  }
  points.push(0, 0, -length / 2, 0, 0, length / 2)
  return { positions: Float32Array.from(points), indices: Uint32Array.from(faces) }
}

/**
 * Round tube along a path that lies in the plane spanned by `out` (a horizontal unit direction) and y, closed by half spheres.
 * Radii may change along the path: the end caps take the radius of the end stations. Throws where the path bends tighter
 * than the tube is thick, since the surface would then pass through itself.
 */
export function tube(path: readonly Station[], out: readonly [x: number, z: number], sides: number): TriMesh {
  const capRows = Math.max(2, Math.round(sides / 4))
  const rings: number[][] = []
  path.forEach((at, i) => {
    const tangent = direction(path[Math.max(0, i - 1)] ?? at, path[Math.min(path.length - 1, i + 1)] ?? at)
    if (i === 0)
      for (let row = 1; row < capRows; row++)
        rings.push(ring(at, tangent, out, sides, -quarter(capRows - row, capRows)))
    rings.push(ring(at, tangent, out, sides, 0))
    if (i === path.length - 1)
      for (let row = 1; row < capRows; row++) rings.push(ring(at, tangent, out, sides, quarter(row, capRows)))
  })
  const first = path[0]
  const last = path.at(-1)
  if (!first || !last || path.length < 2) throw new Error("a tube needs two stations")
  const start = direction(first, path[1] ?? last)
  const end = direction(path.at(-2) ?? first, last)
  refuseFolds(rings)
  const points = rings.flat()
  points.push(first.x - start[0] * first.radius, first.y - start[1] * first.radius, first.z - start[2] * first.radius)
  points.push(last.x + end[0] * last.radius, last.y + end[1] * last.radius, last.z + end[2] * last.radius)
  return { positions: Float32Array.from(points), indices: tubeFaces(rings.length, sides) }
}

function refuseFolds(rings: readonly number[][]): void {
  for (let row = 1; row < rings.length; row++) {
    const [before, after] = [rings[row - 1] ?? [], rings[row] ?? []]
    const step = direction(centreOf(before), centreOf(after))
    for (let i = 0; i < after.length; i += 3) {
      const move = [0, 1, 2].map((axis) => (after[i + axis] ?? 0) - (before[i + axis] ?? 0))
      if ((move[0] ?? 0) * step[0] + (move[1] ?? 0) * step[1] + (move[2] ?? 0) * step[2] <= 0)
        throw new Error("a tube bends tighter than it is thick")
    }
  }
}

type Triple = readonly [number, number, number]

function centreOf(points: readonly number[]): Station {
  const sum = [0, 0, 0]
  points.forEach((value, i) => (sum[i % 3] = (sum[i % 3] ?? 0) + value))
  const [x = 0, y = 0, z = 0] = sum.map((value) => (3 * value) / points.length)
  return { x, y, z, radius: 0 }
}

/**
 * Corners stand off the planes of symmetry by this share of a side. Symmetric tubes would otherwise cross edge on edge, and
 * the kernel leaves needles of no length there that 32-bit coordinates turn into degenerate triangles.
 */
const SIDE_PHASE = 0.37

function quarter(row: number, rows: number): number {
  return (row / rows) * (Math.PI / 2)
}

function direction(a: Station, b: Station): Triple {
  const [x, y, z] = [b.x - a.x, b.y - a.y, b.z - a.z]
  const length = Math.hypot(x, y, z)
  return [x / length, y / length, z / length]
}

/** One ring of points around `at`, moved along the tangent by sin(latitude)·r and shrunk by cos(latitude): a row of the cap. */
function ring(at: Station, tangent: Triple, out: readonly [number, number], sides: number, latitude: number): number[] {
  const side: Triple = [-out[1], 0, out[0]]
  const normal: Triple = [
    tangent[1] * side[2] - tangent[2] * side[1],
    tangent[2] * side[0] - tangent[0] * side[2],
    tangent[0] * side[1] - tangent[1] * side[0],
  ]
  const radius = at.radius * Math.cos(latitude)
  const shift = at.radius * Math.sin(latitude)
  const points: number[] = []
  for (let k = 0; k < sides; k++) {
    const angle = (2 * Math.PI * (k + SIDE_PHASE)) / sides
    const [c, s] = [Math.cos(angle) * radius, Math.sin(angle) * radius]
    points.push(
      at.x + tangent[0] * shift + normal[0] * c + side[0] * s,
      at.y + tangent[1] * shift + normal[1] * c + side[1] * s,
      at.z + tangent[2] * shift + normal[2] * c + side[2] * s,
    )
  }
  return points
}

function tubeFaces(rings: number, sides: number): Uint32Array {
  const faces: number[] = []
  const [start, end] = [rings * sides, rings * sides + 1]
  for (let k = 0; k < sides; k++) {
    const next = (k + 1) % sides
    faces.push(start, k, next)
    for (let row = 0; row + 1 < rings; row++) {
      const [a, b, c, d] = [row * sides + k, row * sides + next, (row + 1) * sides + next, (row + 1) * sides + k]
      faces.push(a, c, b, a, d, c)
    }
    faces.push(end, (rings - 1) * sides + next, (rings - 1) * sides + k)
  }
  return Uint32Array.from(faces)
}
