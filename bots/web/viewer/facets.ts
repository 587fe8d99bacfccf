/** A convex body as the half-spaces of its facets, in its own frame: centre at 0, radius 1. */
export interface FacetBody {
  /** In the frame of the mesh. */
  center: readonly [number, number, number]
  radius: number
  /** Four numbers per facet: outward unit normal, distance from the centre. */
  planes: Float32Array
}

export interface FacetedMesh {
  bodies: FacetBody[]
  /** For each vertex the number of its body. */
  bodyOf: Float32Array
}

/** More than a round brilliant with its girdle (57 + 96) needs; a limit for the loop of the shader. */
export const MAX_PLANES = 192
const MAX_BODIES = 1_024
/** Facets closer than about one degree are one facet. */
const SAME_NORMAL = 0.99985
const SAME_DISTANCE = 0.004
/** How far, in radii, a vertex may stand out of a facet plane of a body that still counts as convex. */
const CONVEX_SLACK = 0.012

/** The bodies of a mesh as facet planes; undefined when one of them is not convex or has too many facets to be cut stone. */
export function facetBodies(positions: Float32Array, indices: Uint32Array): FacetedMesh | undefined {
  const { bodyOf, count } = connected(positions, indices)
  if (count === 0 || count > MAX_BODIES) return undefined
  const vertices: number[][] = Array.from({ length: count }, () => [])
  for (let i = 0; i < bodyOf.length; i++) vertices[bodyOf[i] ?? 0]?.push(i)
  const triangles: number[][] = Array.from({ length: count }, () => [])
  for (let i = 0; i < indices.length; i += 3) triangles[bodyOf[indices[i] ?? 0] ?? 0]?.push(i)
  const bodies: FacetBody[] = []
  for (let i = 0; i < count; i++) {
    const body = facetsOf(positions, indices, vertices[i] ?? [], triangles[i] ?? [])
    if (!body) return undefined
    bodies.push(body)
  }
  return { bodies, bodyOf }
}

/** Vertices that share a triangle or a place belong to one body. */
function connected(positions: Float32Array, indices: Uint32Array): { bodyOf: Float32Array; count: number } {
  const vertexCount = positions.length / 3
  const parent = Uint32Array.from({ length: vertexCount }, (_, i) => i)
  const find = (i: number): number => {
    let at = i
    while (parent[at] !== at) at = parent[at] = parent[parent[at] ?? at] ?? at
    return at
  }
  const places = new Map<string, number>()
  for (let i = 0; i < vertexCount; i++) {
    const place = `${positions[i * 3]},${positions[i * 3 + 1]},${positions[i * 3 + 2]}`
    const first = places.get(place)
    if (first === undefined) places.set(place, i)
    else parent[find(i)] = find(first)
  }
  for (let i = 0; i < indices.length; i += 3) {
    const root = find(indices[i] ?? 0)
    parent[find(indices[i + 1] ?? 0)] = root
    parent[find(indices[i + 2] ?? 0)] = root
  }
  const numbers = new Map<number, number>()
  const bodyOf = new Float32Array(vertexCount)
  for (const index of indices) {
    const root = find(index)
    const number = numbers.get(root) ?? numbers.size
    numbers.set(root, number)
    bodyOf[index] = number
  }
  return { bodyOf, count: numbers.size }
}

function facetsOf(
  positions: Float32Array,
  indices: Uint32Array,
  vertices: number[],
  triangles: number[],
): FacetBody | undefined {
  const at = (vertex: number, axis: number) => positions[vertex * 3 + axis] ?? 0
  const [low, high] = [Infinity, -Infinity].map((start) => [start, start, start]) as [number[], number[]]
  for (const vertex of vertices)
    for (let axis = 0; axis < 3; axis++) {
      low[axis] = Math.min(low[axis] ?? 0, at(vertex, axis))
      high[axis] = Math.max(high[axis] ?? 0, at(vertex, axis))
    }
  const middle = (axis: number) => ((low[axis] ?? 0) + (high[axis] ?? 0)) / 2
  const center = [middle(0), middle(1), middle(2)] as const
  let radius = 0
  for (const vertex of vertices)
    radius = Math.max(
      radius,
      Math.hypot(at(vertex, 0) - center[0], at(vertex, 1) - center[1], at(vertex, 2) - center[2]),
    )
  if (!(radius > 0)) return undefined

  const local = (vertex: number, axis: 0 | 1 | 2) => (at(vertex, axis) - center[axis]) / radius
  const faces = triangles
    .map((i) => faceOf([indices[i] ?? 0, indices[i + 1] ?? 0, indices[i + 2] ?? 0], local))
    .filter((face) => face.area > 1e-9)
    .sort((a, b) => b.area - a.area)
  const planes: number[] = []
  for (const { n, d } of faces) {
    if (hasPlane(planes, n, d)) continue
    planes.push(...n, d)
    if (planes.length > MAX_PLANES * 4) return undefined
  }
  const convex = vertices.every((vertex) => {
    for (let i = 0; i < planes.length; i += 4) {
      const [a = 0, b = 0, c = 0, d = 0] = planes.slice(i, i + 4)
      if (a * local(vertex, 0) + b * local(vertex, 1) + c * local(vertex, 2) > d + CONVEX_SLACK) return false
    }
    return true
  })
  return convex && planes.length >= 16 ? { center, radius, planes: new Float32Array(planes) } : undefined
}

function faceOf(corners: readonly [number, number, number], local: (vertex: number, axis: 0 | 1 | 2) => number) {
  const [a, b, c] = corners
  const [ux, uy, uz] = [local(b, 0) - local(a, 0), local(b, 1) - local(a, 1), local(b, 2) - local(a, 2)]
  const [vx, vy, vz] = [local(c, 0) - local(a, 0), local(c, 1) - local(a, 1), local(c, 2) - local(a, 2)]
  const [x, y, z] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx]
  const length = Math.hypot(x, y, z) || 1
  const n = [x / length, y / length, z / length] as const
  return { area: length / 2, n, d: n[0] * local(a, 0) + n[1] * local(a, 1) + n[2] * local(a, 2) }
}

function hasPlane(planes: readonly number[], n: readonly [number, number, number], d: number): boolean {
  for (let i = 0; i < planes.length; i += 4) {
    const cosine = n[0] * (planes[i] ?? 0) + n[1] * (planes[i + 1] ?? 0) + n[2] * (planes[i + 2] ?? 0)
    if (cosine > SAME_NORMAL && Math.abs(d - (planes[i + 3] ?? 0)) < SAME_DISTANCE) return true
  }
  return false
}
