import { z } from "zod"
import { MAX_FPS, MAX_FRAMES } from "#src/media/frames.ts"
import { qualities, roles } from "#src/media/preset.ts"
import { MAX_EDGE, MIN_EDGE } from "#src/media/size.ts"

/** Seeds that people may give; ComfyUI's own page draws from the same range. */
export const MAX_SEED = 2 ** 50
export const MAX_PROMPT = 6_000
export const MAX_PICTURES = 3
export const MAX_LORAS = 8
export const MAX_COUNT = 4

const fileName = z.string().min(1).max(300)

/** A picture that goes into the work. */
const sourceSchema = z.object({
  /** Id of the artifact. */
  artifact: z.string().min(1).max(80),
  sha256: z.string().length(64),
})

/**
 * All that decides a picture or a video, settled: two orders that are equal make the same. Model files are named as the
 * server names them, below the folder of their role.
 */
export const orderSchema = z.object({
  /** For people: the preset, or their own name for it. */
  preset: z.string().min(1).max(120),
  title: z.string().min(1).max(120),
  makes: z.enum(["image", "video"]),
  family: z.enum(["sd", "flux", "flux2", "qwen", "qwen_edit", "hidream", "wan", "ltx", "hunyuan", "openai"]),
  way: z.enum(["text", "image", "edit", "first", "first_last"]),
  files: z.partialRecord(z.enum(roles), fileName),
  prompt: z.string().min(1).max(MAX_PROMPT),
  negative: z.string().max(MAX_PROMPT),
  width: z.number().int().min(MIN_EDGE).max(MAX_EDGE),
  height: z.number().int().min(MIN_EDGE).max(MAX_EDGE),
  /** The shape follows the first source: the size is settled where the picture is read. */
  fit: z
    .object({
      pixels: z
        .number()
        .min(1)
        .max(2 ** 26),
      multiple: z.number().int().min(1).max(128),
      max: z.number().int().min(MIN_EDGE).max(MAX_EDGE),
      maxPixels: z
        .number()
        .min(1)
        .max(2 ** 26),
    })
    .optional(),
  steps: z.number().int().min(1).max(200),
  cfg: z.number().min(0.1).max(30),
  /** For servers that settle the rest themselves. */
  quality: z.enum(qualities).optional(),
  guidance: z.number().min(0).max(30).optional(),
  shift: z.number().min(0).max(100).optional(),
  sampler: z.string().min(1).max(40),
  scheduler: z.string().min(1).max(40),
  clipSkip: z.number().int().min(-24).max(-1).optional(),
  /** One result each. */
  seeds: z.array(z.number().int().min(0).max(MAX_SEED)).min(1).max(MAX_COUNT),
  loras: z.array(z.object({ name: fileName, weight: z.number().min(-10).max(10) })).max(MAX_LORAS),
  sources: z.array(sourceSchema).max(MAX_PICTURES),
  /** How much of the source is made anew: 1 = nothing is left of it. */
  denoise: z.number().min(0.05).max(1),
  frames: z.number().int().min(1).max(MAX_FRAMES).optional(),
  fps: z.number().min(1).max(MAX_FPS).optional(),
  vramMb: z.number().int().min(0).max(1_000_000),
  /** Expected, without waiting. */
  seconds: z.number().min(0).max(86_400),
  /** Told with the result: licence and what was changed. */
  notes: z.array(z.string().max(300)).max(12),
})

export type Order = z.output<typeof orderSchema>
