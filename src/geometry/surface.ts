import { BufferAttribute, BufferGeometry, DoubleSide, Ray, Vector3 } from "three"
import { MeshBVH } from "three-mesh-bvh"
import { area, eachTriangle } from "#src/geometry/measure.ts"
import type { TriMesh } from "#src/geometry/mesh.ts"

export type Vec = readonly [number, number, number]

export interface Hit {
  distance: number
  point: Vec
  /** Outward unit normal of the triangle that was hit. */
  normal: Vec
}

/** A mesh that rays can be shot at; building it takes about 5 µs a triangle. */
export interface Surface {
  mesh: TriMesh
  /** The first triangle along a unit direction, from either side. */
  cast(origin: Vec, direction: Vec, from?: number): Hit | undefined
}

export function createSurface(mesh: TriMesh): Surface {
  const geometry = new BufferGeometry()
  geometry.setAttribute("position", new BufferAttribute(mesh.positions, 3))
  geometry.setIndex(new BufferAttribute(mesh.indices, 1))
  // Indirect: the tree must not reorder the triangles of the mesh that is drawn and exported.
  const tree = new MeshBVH(geometry, { indirect: true, targetLeafSize: 8 })
  const ray = new Ray(new Vector3(), new Vector3())
  return {
    mesh,
    cast: (origin, direction, from = 1e-4) => {
      ray.origin.set(...origin)
      ray.direction.set(...direction)
      const hit = tree.raycastFirst(ray, DoubleSide, from)
      if (!hit?.face) return undefined
      // The hit's own normal is turned towards the ray; the corners keep the outside.
      return {
        distance: hit.distance,
        point: hit.point.toArray(),
        normal: normalOf(mesh, hit.face.a, hit.face.b, hit.face.c),
      }
    },
  }
}

export interface Wall {
  thicknessMm: number
  at: Vec
}

/** Faces count as two sides of a wall when they are parallel within this angle: steeper pairs are just a convex edge. */
const OPPOSITE = Math.cos(Math.PI / 4)
const MAX_SAMPLES = 20_000

/**
 * The thinnest wall in a region: from evenly spread surface points straight through the metal to the opposite face.
 * `ignoreMm2` of the thinnest surface is passed over, so that the feather of a cut edge is not taken for a wall.
 * Deterministic. Undefined when the region has no two opposite faces.
 */
export function thinnestWall(
  surface: Surface,
  options: { region: (x: number, y: number, z: number) => boolean; perMm2: number; ignoreMm2: number },
): Wall | undefined {
  const step = Math.max(1 / options.perMm2, area(surface.mesh) / MAX_SAMPLES)
  const walls: Wall[] = []
  let due = step / 2
  let count = 0
  eachTriangle(surface.mesh, (a, b, c) => {
    const [ux, uy, uz] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]]
    const [vx, vy, vz] = [c[0] - a[0], c[1] - a[1], c[2] - a[2]]
    const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx]
    const twice = Math.hypot(nx, ny, nz)
    for (due -= twice / 2; due < 0; due += step) {
      // The R2 sequence, folded into the triangle, spreads the points of neighbouring triangles evenly.
      count++
      let [s, t] = [(count * 0.7548776662466927) % 1, (count * 0.5698402909980532) % 1]
      if (s + t > 1) [s, t] = [1 - s, 1 - t]
      const [x, y, z] = [a[0] + s * ux + t * vx, a[1] + s * uy + t * vy, a[2] + s * uz + t * vz]
      if (!options.region(x, y, z)) continue
      const inward: Vec = [-nx / twice, -ny / twice, -nz / twice]
      const hit = surface.cast([x, y, z], inward)
      if (hit && dot(hit.normal, inward) > OPPOSITE) walls.push({ thicknessMm: hit.distance, at: [x, y, z] })
    }
  })
  walls.sort((a, b) => a.thicknessMm - b.thicknessMm)
  return walls[Math.min(walls.length - 1, Math.floor(options.ignoreMm2 / step))]
}

/** Smallest free diameter around the z axis, mm: twice the shortest of many rays from the axis, in each of the given planes. */
export function innerDiameter(surface: Surface, planes: readonly number[], directions = 360): number {
  let shortest = Infinity
  for (const z of planes)
    for (let i = 0; i < directions; i++) {
      const angle = (2 * Math.PI * i) / directions
      const hit = surface.cast([0, 0, z], [Math.cos(angle), Math.sin(angle), 0])
      if (hit && hit.distance < shortest) shortest = hit.distance
    }
  return 2 * shortest
}

function normalOf({ positions }: TriMesh, a: number, b: number, c: number): Vec {
  const from = (i: number, axis: number) => (positions[i * 3 + axis] ?? 0) - (positions[a * 3 + axis] ?? 0)
  const [ux, uy, uz] = [from(b, 0), from(b, 1), from(b, 2)]
  const [vx, vy, vz] = [from(c, 0), from(c, 1), from(c, 2)]
  const [x, y, z] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx]
  const length = Math.hypot(x, y, z)
  return [x / length, y / length, z / length]
}

function dot(a: Vec, b: Vec): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}
