import type { TriMesh } from "#src/geometry/mesh.ts"

export interface Box {
  min: [number, number, number]
  max: [number, number, number]
}

export interface Topology {
  /** Edges that are not used exactly once in each direction; 0 = watertight. */
  openEdges: number
  components: number
  /** Handles: 1 for a plain ring. Only meaningful when watertight. */
  genus: number
}

/** Enclosed volume, mm³: signed tetrahedra from the origin. Negative for an inside-out mesh. */
export function volume(mesh: TriMesh): number {
  let six = 0
  eachTriangle(mesh, (a, b, c) => {
    six += a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0])
  })
  return six / 6
}

/** Surface, mm². */
export function area(mesh: TriMesh): number {
  let twice = 0
  eachTriangle(mesh, (a, b, c) => {
    const [ux, uy, uz] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]]
    const [vx, vy, vz] = [c[0] - a[0], c[1] - a[1], c[2] - a[2]]
    twice += Math.hypot(uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx)
  })
  return twice / 2
}

export function boundingBox(mesh: TriMesh): Box {
  const box: Box = { min: [Infinity, Infinity, Infinity], max: [-Infinity, -Infinity, -Infinity] }
  for (let i = 0; i < mesh.positions.length; i++) {
    const value = mesh.positions[i] ?? 0
    const axis = (i % 3) as 0 | 1 | 2 // a remainder of 3
    if (value < box.min[axis]) box.min[axis] = value
    if (value > box.max[axis]) box.max[axis] = value
  }
  return box
}

/** Edges, pieces and handles from the connectivity alone: vertices must be shared, not merely equal. */
export function topology(mesh: TriMesh): Topology {
  const vertices = mesh.positions.length / 3
  const { indices } = mesh
  const forward = new Float64Array(indices.length)
  const backward = new Float64Array(indices.length)
  const group = Int32Array.from({ length: vertices }, (_, i) => i)
  const root = (start: number): number => {
    let it = start
    while (group[it] !== it) it = group[it] = group[group[it] ?? it] ?? it
    return it
  }
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i] ?? 0
    const to = indices[i % 3 === 2 ? i - 2 : i + 1] ?? 0
    forward[i] = from * vertices + to
    backward[i] = to * vertices + from
    group[root(from)] = root(to)
  }
  forward.sort()
  backward.sort()
  const used = new Uint8Array(vertices)
  for (const vertex of indices) used[vertex] = 1
  let [components, usedVertices] = [0, 0]
  for (let vertex = 0; vertex < vertices; vertex++) {
    if (!used[vertex]) continue
    usedVertices++
    if (root(vertex) === vertex) components++
  }
  const euler = usedVertices - indices.length / 2 + indices.length / 3
  return { openEdges: unmatched(forward, backward), components, genus: components - euler / 2 }
}

/** How many directed edges lack a partner, or come more than once; both lists sorted. */
function unmatched(forward: Float64Array, backward: Float64Array): number {
  let [count, i, j] = [0, 0, 0]
  while (i < forward.length || j < backward.length) {
    const a = forward[i] ?? Infinity
    const b = backward[j] ?? Infinity
    const twice = i > 0 && a === forward[i - 1]
    if (a === b) {
      if (twice) count++
      i++
      j++
    } else {
      count++
      if (a < b) i++
      else j++
    }
  }
  return count
}

type Point = [number, number, number]

/** Calls back with three reused arrays: copy what must outlive the call. */
export function eachTriangle(mesh: TriMesh, visit: (a: Point, b: Point, c: Point, triangle: number) => void): void {
  const corners: [Point, Point, Point] = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ]
  for (let i = 0; i < mesh.indices.length; i += 3) {
    for (let k = 0; k < 3; k++) {
      const corner = corners[k as 0 | 1 | 2] // k counts to 3
      const at = (mesh.indices[i + k] ?? 0) * 3
      corner[0] = mesh.positions[at] ?? 0
      corner[1] = mesh.positions[at + 1] ?? 0
      corner[2] = mesh.positions[at + 2] ?? 0
    }
    visit(...corners, i / 3)
  }
}
