import { z } from "zod"
import { MAX_FPS, MAX_FRAMES } from "#src/media/frames.ts"
import { MAX_LORAS, MAX_PROMPT } from "#src/media/order.ts"
import { qualities } from "#src/media/preset.ts"
import { MAX_EDGE, MIN_EDGE } from "#src/media/size.ts"
import type { Wish } from "#src/media/wish.ts"

export const MAX_OWN_PRESETS = 100

/** A preset that a person saved: a base and what they set otherwise. */
export const ownPresetSchema = z.object({
  name: z.string().min(1).max(80),
  /** A preset of the studio, or a model file of a server. */
  base: z.string().min(1).max(300),
  makes: z.enum(["image", "video"]),
  /** The file that takes the place of the base's own, where the base is a preset. */
  model: z.string().min(1).max(300).optional(),
  quality: z.enum(qualities).optional(),
  negative: z.string().max(MAX_PROMPT).optional(),
  width: z.number().int().min(MIN_EDGE).max(MAX_EDGE).optional(),
  height: z.number().int().min(MIN_EDGE).max(MAX_EDGE).optional(),
  steps: z.number().int().min(1).max(200).optional(),
  cfg: z.number().min(0.1).max(30).optional(),
  sampler: z.string().max(40).optional(),
  scheduler: z.string().max(40).optional(),
  frames: z.number().int().min(1).max(MAX_FRAMES).optional(),
  fps: z.number().min(1).max(MAX_FPS).optional(),
  loras: z
    .array(z.object({ name: z.string().min(1).max(300), weight: z.number().min(-10).max(10) }))
    .max(MAX_LORAS)
    .optional(),
})
export type OwnPreset = z.output<typeof ownPresetSchema>

/** All of one person's, as one thing with a history. */
export const ownPresetsSchema = z.object({ presets: z.array(ownPresetSchema).max(MAX_OWN_PRESETS) })

/** What the call says goes before what the preset says; its LoRAs come beside those of the call. */
export function withOwnPreset(wish: Wish, own: OwnPreset, isQualityGiven: boolean): Wish {
  const { name: _, base: __, model: ___, makes: ____, quality, loras = [], width, height, ...rest } = own
  const isShaped = wish.width !== undefined || wish.height !== undefined || wish.aspect !== undefined
  const size = isShaped ? {} : { ...(width && { width }), ...(height && { height }) }
  return {
    ...rest,
    ...size,
    ...wish,
    quality: isQualityGiven ? wish.quality : (quality ?? wish.quality),
    loras: [...loras.filter((lora) => wish.loras.every((given) => given.name !== lora.name)), ...wish.loras],
  }
}

/** One line: "my look: sdxl, steps 40, cfg 5, 2 LoRAs". */
export function describeOwnPreset(own: OwnPreset): string {
  const { name, base, makes: _makes, loras, ...settings } = own
  const set = Object.entries(settings).map(([field, value]) => `${field} ${String(value)}`)
  const words = [base, ...set, ...(loras?.length ? [`LoRAs ${loras.map((lora) => lora.name).join(", ")}`] : [])]
  return `${name}: ${words.join(", ")}`
}

/** "My Look" and "my look" are the same. */
export function findOwnPreset(presets: readonly OwnPreset[], name: string): OwnPreset | undefined {
  const wanted = name.trim().toLowerCase()
  return presets.find((preset) => preset.name.toLowerCase() === wanted)
}
