import type { Manifold, ManifoldToplevel } from "manifold-3d"
import type { TriMesh } from "#src/geometry/mesh.ts"

export type Solid = Manifold

/** Exact solids for the length of one piece of work: everything made here is freed when the work ends. */
export interface Solids {
  /** Throws when the mesh is open, self-crossing at an edge, inside out or not finite. */
  fromMesh(mesh: TriMesh): Solid
  union(solids: readonly Solid[]): Solid
  subtract(from: Solid, cutters: readonly Solid[]): Solid
  intersect(a: Solid, b: Solid): Solid
  /** Volume that two solids share, mm³. */
  sharedVolume(a: Solid, b: Solid): number
  /** Without needle edges; the surface moves by less than 0.1 µm. */
  toMesh(solid: Solid): TriMesh
}

/**
 * Edges shorter than this are collapsed on the way out, mm. Cuts leave some of 1e-6 mm, whose ends become one point in
 * 32-bit coordinates: file readers then count degenerate triangles.
 */
const SHORTEST_EDGE_MM = 1e-4

let kernel: Promise<ManifoldToplevel> | undefined

/** The kernel is loaded once per process, on first use (about 35 ms). */
function loadKernel(): Promise<ManifoldToplevel> {
  kernel ??= import("manifold-3d").then(async ({ default: load }) => {
    const top = await load()
    top.setup()
    return top
  })
  return kernel
}

/** Gives `work` a set of solid operations and frees every handle afterwards, also when it throws. Handles live in wasm memory. */
export async function withSolids<T>(work: (solids: Solids) => T | Promise<T>): Promise<T> {
  const top = await loadKernel()
  const made: Solid[] = []
  try {
    return await work(createSolids(top, made))
  } finally {
    for (const solid of made) solid.delete()
  }
}

function createSolids(top: ManifoldToplevel, made: Solid[]): Solids {
  const keep = (solid: Solid): Solid => {
    made.push(solid)
    return solid
  }
  return {
    fromMesh: (mesh) => {
      if (!mesh.positions.every(Number.isFinite)) throw new Error("a mesh with a coordinate that is not a number")
      const input = new top.Mesh({ numProp: 3, vertProperties: mesh.positions, triVerts: mesh.indices })
      return sound(keep(top.Manifold.ofMesh(input)), "the mesh")
    },
    union: (solids) => sound(keep(top.Manifold.union(solids)), "the union"),
    subtract: (from, cutters) => sound(keep(top.Manifold.difference([from, ...cutters])), "the cut"),
    intersect: (a, b) => keep(top.Manifold.intersection(a, b)),
    sharedVolume: (a, b) => keep(top.Manifold.intersection(a, b)).volume(),
    toMesh: (solid) => {
      const mesh = keep(keep(solid.asOriginal()).simplify(SHORTEST_EDGE_MM)).getMesh()
      return { positions: positionsOf(mesh.vertProperties, mesh.numProp), indices: new Uint32Array(mesh.triVerts) }
    },
  }
}

/** The kernel answers bad input with an empty or inside-out solid rather than an error, so every result is looked at. */
function sound(solid: Solid, what: string): Solid {
  const status = solid.status()
  if (status !== "NoError") throw new Error(`${what} is not a solid: ${status}`)
  if (solid.isEmpty()) throw new Error(`${what} is empty`)
  const volume = solid.volume()
  if (!(volume > 0)) throw new Error(`${what} has the volume ${volume}`)
  return solid
}

function positionsOf(properties: Float32Array, stride: number): Float32Array {
  if (stride === 3) return new Float32Array(properties)
  const positions = new Float32Array((properties.length / stride) * 3)
  for (let i = 0, j = 0; i < properties.length; i += stride, j += 3) positions.set(properties.subarray(i, i + 3), j)
  return positions
}
