import { z } from "zod"
import { MAX_WAIT_S } from "#src/job.ts"
import { MAX_LORAS, MAX_PROMPT, MAX_SEED } from "#src/media/order.ts"
import { rankedPresets } from "#src/media/presets.ts"
import { qualities } from "#src/media/preset.ts"
import type { Preset } from "#src/media/preset.ts"
import { aspects, MAX_EDGE, MIN_EDGE } from "#src/media/size.ts"

const names = (makes: Preset["makes"]) => rankedPresets(makes).map((preset) => preset.name)
/** "FLUX.1 dev" for flux_dev, "Wan 2.2" for wan_2_2. */
const titles = (makes: Preset["makes"]) =>
  Object.fromEntries(rankedPresets(makes).map((preset) => [preset.name, [preset.title]]))

export const promptField = z.string().trim().min(1).max(MAX_PROMPT)

export const negativeField = z
  .string()
  .max(MAX_PROMPT)
  .optional()
  .describe("What should not be in it. Distilled models (FLUX and such) take none.")
  .meta({ cue: ["negative prompt", "avoid"] })

export const presetField = (makes: Preset["makes"]) =>
  z
    .union([z.enum(names(makes)), z.string().min(1).max(200)])
    .optional()
    .describe(
      "The model: one of these, a preset of your own, or a model file on a server. Left out: the best that a connected server has.",
    )
    .meta({ cue: ["preset", "model"], aliases: titles(makes) })

export const qualityField = z
  .enum(qualities)
  .optional()
  .describe("fast: few steps, to try words. standard (default): as the model's makers do. quality: more steps.")
  .meta({ aliases: { fast: ["quickly", "draft"], quality: ["high quality", "best quality"] } })

export const aspectField = z
  .enum(aspects)
  .optional()
  .describe("Shape; the model's own number of pixels is kept.")
  .meta({
    aliases: {
      ...Object.fromEntries(aspects.map((aspect) => [aspect, [aspect.replace(":", " by ")]])),
      "1:1": ["square"],
      "16:9": ["16 by 9", "wide", "widescreen", "landscape format"],
      "9:16": ["9 by 16", "portrait format", "vertical", "upright"],
    },
  })

const edge = (what: string) =>
  z
    .number()
    .int()
    .min(MIN_EDGE)
    .max(MAX_EDGE)
    .optional()
    .describe(`${what} in pixels, in place of aspect; rounded to what the model can make.`)
    .meta({ unit: "px" })
export const widthField = edge("Width")
export const heightField = edge("Height")

export const seedField = z
  .number()
  .int()
  .min(0)
  .max(MAX_SEED)
  .optional()
  .describe("The same seed and settings give the same result. Left out: drawn, and told in the answer.")
  .meta({ cue: ["seed"] })

export const lorasField = z
  .array(
    z.object({
      name: z.string().min(1).max(300).describe("Its file on the server, with or without ending."),
      weight: z.number().min(-10).max(10).default(1).describe("How strongly it counts."),
    }),
  )
  .max(MAX_LORAS)
  .optional()
  .describe("LoRAs; how many a model bears differs (FLUX 3, SDXL 5).")

export const stepsField = z
  .number()
  .int()
  .min(1)
  .max(200)
  .optional()
  .describe("Sampling steps, in place of quality.")
  .meta({ cue: ["steps"] })

export const cfgField = z
  .number()
  .min(0.1)
  .max(30)
  .optional()
  .describe("How strictly the prompt is followed (cfg; guidance for FLUX and HunyuanVideo).")
  .meta({ cue: ["cfg", "guidance"] })

export const samplerField = z
  .string()
  .max(40)
  .optional()
  .describe('Sampler, by any usual name: "dpmpp_2m", "DPM++ 2M Karras", "Euler a".')

export const schedulerField = z.string().max(40).optional().describe('Noise schedule, e.g. "karras".')

export const waitField = z
  .number()
  .min(0)
  .max(MAX_WAIT_S)
  .default(20)
  .describe("Seconds to wait for the result; after that the answer is a job id for job_wait.")

/** What both tools answer with. */
export const mediaAnswer = z.object({
  preset: z.string().describe("The model that was used, or will be."),
  seeds: z.array(z.number()).describe("The seed of each result, for making it again."),
  reused: z.boolean().describe("The same order had been carried out before: its result came back, free of charge."),
  effective: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("What was really used: size, steps, server, models; for videos frames, fps and exact seconds."),
})
export type MediaAnswer = z.input<typeof mediaAnswer>
