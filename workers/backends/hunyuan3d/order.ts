import { z } from "zod"
import type { ServerRef } from "#src/job.ts"
import { base64, fileInput, pictureType, readInput } from "#workers/backends/shared/file-input.ts"

/** The two servers that exist: api_server.py of Hunyuan3D-2, and the one that copies of Hunyuan3D-2.1 carry. */
export type Version = "2" | "2.1"

/** Parameters by the names of the servers; ranges of 2.1, which refuses others with 422. What is left out is the server's choice. */
export const hunyuanOrder = z
  .object({
    image: fileInput,
    /** A GLB to paint instead of making a shape; version 2 only. */
    mesh: fileInput.optional(),
    texture: z.boolean().default(false),
    seed: z.number().int().min(0).max(4_294_967_295).optional(),
    octree_resolution: z.number().int().min(64).max(512).optional(),
    num_inference_steps: z.number().int().min(1).max(20).optional(),
    guidance_scale: z.number().min(0.1).max(20).optional(),
    /** Most triangles of the painted model. */
    face_count: z.number().int().min(1_000).max(100_000).optional(),
    remove_background: z.boolean().default(true),
  })
  .refine((it) => it.mesh === undefined || it.texture, "a mesh is given to be painted: texture must be on")
export type HunyuanOrder = z.output<typeof hunyuanOrder>

const MAX_PICTURE_BYTES = 32 * 1024 ** 2
const MAX_MESH_BYTES = 128 * 1024 ** 2

/** The body of /generate and /send. */
export async function bodyOf(server: ServerRef, version: Version, order: HunyuanOrder): Promise<object> {
  const image = await readInput(server, order.image, MAX_PICTURE_BYTES)
  pictureType(server, image)
  const mesh = order.mesh && base64(await readInput(server, order.mesh, MAX_MESH_BYTES))
  const { texture, seed, octree_resolution, num_inference_steps, guidance_scale, face_count, remove_background } = order
  return {
    image: base64(image),
    texture,
    seed,
    octree_resolution,
    num_inference_steps,
    guidance_scale,
    face_count,
    // The status of version 2 looks for a GLB only: any other type would never be done.
    ...(version === "2" ? { mesh, type: "glb" } : { remove_background }),
  }
}

/** Defaults of version 2, by its source. */
const DEFAULTS = {
  seed: 1_234,
  octree_resolution: 128,
  num_inference_steps: 5,
  guidance_scale: 5,
  face_count: 40_000,
} as const

/** What a handle keeps of an order, to tell what was really used. */
export const asked = z.object({
  seed: z.number().optional(),
  octree_resolution: z.number().optional(),
  num_inference_steps: z.number().optional(),
  guidance_scale: z.number().optional(),
  face_count: z.number().optional(),
  remove_background: z.boolean(),
  texture: z.boolean(),
})

/**
 * What a run really used. Version 2.1 gives its pipeline the picture only: seed, resolution, steps and guidance have no
 * effect there, nor has the number of faces; and it never removes the background. Version 2 always removes it.
 */
export function effectiveOf(version: Version, given: z.output<typeof asked>): Record<string, unknown> {
  const { texture, remove_background, ...numbers } = given
  const named = Object.entries(numbers).filter(([, value]) => value !== undefined)
  if (version === "2.1") {
    const ignored = [...named.map(([name]) => name), ...(remove_background ? ["remove_background"] : [])]
    return { model: "Hunyuan3D-2.1", texture, ...(ignored.length > 0 ? { ignored } : {}) }
  }
  const { face_count, ...shape } = { ...DEFAULTS, ...Object.fromEntries(named) }
  const ignored = remove_background ? {} : { ignored: ["remove_background"] }
  return { model: "Hunyuan3D-2", texture, ...shape, ...(texture ? { face_count } : {}), ...ignored }
}
