import * as at from "./tracer/assembly/header.ts"

/** How many of each thing the memory must hold. */
export interface Counts {
  triangles: number
  vertices: number
  parts: number
  width: number
  height: number
}

/** Header field → address in bytes, and where it all ends. */
export interface Layout {
  addresses: ReadonlyMap<number, number>
  end: number
}

export const MOST_THREADS = 64

/** Bytes of all levels of the environment map with their borders. */
const ENVIRONMENT_BYTES = Array.from({ length: at.ENVIRONMENT_LEVELS }, (_, level) => at.ENVIRONMENT_SIZE >> level)
  .map((size) => (size + 2) * (size + 2) * 16)
  .reduce((a, b) => a + b, 0)

/**
 * Places everything one after the other. What never changes comes first, so that it survives from picture to picture.
 * The scratch of the tree's construction and the pixel buffers share their place: the first is done when the second begins.
 */
export function layoutMemory(counts: Counts): Layout {
  const { triangles, vertices, parts } = counts
  const pixels = counts.width * counts.height
  const addresses = new Map<number, number>()
  let end = at.HEADER_ADDRESS + at.HEADER_BYTES
  const place = (field: number, bytes: number) => {
    addresses.set(field, end)
    end = align(end + bytes)
  }
  place(at.AT_TABLES, at.TABLES_BYTES)
  place(at.AT_ENVIRONMENT, ENVIRONMENT_BYTES)
  place(at.AT_STACKS, MOST_THREADS * at.STACK_BYTES)
  place(at.AT_QUEUE, at.QUEUE_ITEMS * at.QUEUE_ITEM_BYTES)
  place(at.AT_MATERIALS, parts * at.MATERIAL_WORDS * 4)
  place(at.AT_POSITIONS, vertices * 12)
  place(at.AT_INDICES, triangles * 12)
  place(at.AT_NORMALS, triangles * 36)
  place(at.AT_TRIANGLE_PARTS, triangles * 2)
  // Every pack holds at least one triangle. A node has four children, or covers at least five triangles with fewer.
  place(at.AT_PACKS, triangles * at.PACK_BYTES)
  place(at.AT_NODES, (Math.ceil(triangles * 0.54) + 8) * at.NODE_BYTES)
  const transient = end
  place(at.AT_BOUNDS, triangles * 32)
  place(at.AT_ORDER, triangles * 4)
  const built = end
  end = transient
  for (const field of [at.AT_RADIANCE, at.AT_ALBEDO, at.AT_NORMAL, at.AT_GROUND, at.AT_SCRATCH])
    place(field, pixels * at.PIXEL_BYTES)
  // What the threads measured, then the same spread to the neighbours.
  place(at.AT_DISTANCE, pixels * 8)
  place(at.AT_RGBA, pixels * 4)
  const reduced = Math.ceil(counts.width / at.GLARE_REDUCTION) * Math.ceil(counts.height / at.GLARE_REDUCTION)
  place(at.AT_GLARE, reduced * at.PIXEL_BYTES * 2)
  return { addresses, end: Math.max(end, built) }
}

/** Whole cache lines, so that no two threads' memory shares one. */
function align(bytes: number): number {
  return Math.ceil(bytes / 128) * 128
}
