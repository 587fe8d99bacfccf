import { z } from "zod"
import type { ServerRef } from "#src/job.ts"
import { dataUri, fileInput, pictureType, readInput } from "#workers/backends/shared/file-input.ts"

const common = {
  /** meshy-5, meshy-6 … or "latest", whatever that is by then. */
  model: z
    .string()
    .regex(/^[a-z0-9.-]{1,40}$/)
    .default("latest"),
  texture: z.boolean().default(true),
  /** Metal, roughness and normals as textures beside the colour. */
  pbr: z.boolean().default(false),
  texturePrompt: z.string().min(1).max(600).optional(),
  /** Triangles, or quads, to be reached; without it the mesh comes as it was made. */
  polycount: z.number().int().min(100).max(300_000).optional(),
  topology: z.enum(["triangle", "quad"]).optional(),
}

export const meshyOrder = z.discriminatedUnion("task", [
  z.object({ task: z.literal("image-to-3d"), image: fileInput, ...common }),
  z.object({ task: z.literal("text-to-3d"), prompt: z.string().min(1).max(600), ...common }),
])
export type MeshyOrder = z.output<typeof meshyOrder>

export const meshySettings = z.object({
  /** Hosts from which finished models are fetched, beside the service's own; https only. */
  modelHosts: z
    .array(z.string().regex(/^[a-z0-9.-]{1,253}$/))
    .max(20)
    .default(["assets.meshy.ai"]),
  /** Longest time of one task, waiting there included, in seconds. */
  taskS: z.number().min(1).max(86_400).default(3_600),
  /** How long the service is asked again while it takes no more tasks, in seconds. */
  patienceS: z.number().min(0).max(600).default(60),
})

const MAX_PICTURE_BYTES = 20 * 1024 ** 2

/** The first task of an order: the whole model from a picture, the bare shape from words. */
export async function firstTask(server: ServerRef, order: MeshyOrder): Promise<object> {
  const { model, polycount, topology } = order
  const shape = {
    ai_model: model,
    target_polycount: polycount,
    topology,
    ...(polycount !== undefined || topology !== undefined ? { should_remesh: true } : {}),
    target_formats: ["glb"],
  }
  if (order.task === "text-to-3d") return { mode: "preview", prompt: order.prompt, ...shape }
  const bytes = await readInput(server, order.image, MAX_PICTURE_BYTES)
  const image_url = dataUri(pictureType(server, bytes, ["image/png", "image/jpeg"]), bytes)
  return { image_url, should_texture: order.texture, ...shape, ...(order.texture ? painting(order) : {}) }
}

/** The second task of an order by words: painting the shape. */
export function refineTask(previewId: string, order: MeshyOrder): object {
  return { mode: "refine", preview_task_id: previewId, ...painting(order), target_formats: ["glb"] }
}

const painting = ({ pbr, texturePrompt }: MeshyOrder) => ({ enable_pbr: pbr, texture_prompt: texturePrompt })
