import { randomInt } from "node:crypto"
import { z } from "zod"
import * as fields from "#src/media/fields.ts"
import { generate } from "#src/media/generate.ts"
import { job } from "#src/media/image.job.ts"
import { MAX_COUNT, MAX_PICTURES, MAX_SEED } from "#src/media/order.ts"
import { defineTool } from "#src/tool.ts"

/** Seeds are drawn from the range that every program takes. */
const DRAWN = 2 ** 32

export const tool = defineTool({
  name: "image_generate",
  title: "Generate images",
  description:
    "Makes 1 to 4 pictures from words with an image model on a connected server. With `images`: changes them by an instruction (models for edits), or redraws one as far as `strength` says. " +
    "Says what is missing when no server can do it; preset_edit lists models and what they need. For jewellery renders use the design tools.",
  effect: "writes",
  cost: "metered",
  role: "user",
  input: z
    .object({
      prompt: fields.promptField
        .describe("What the picture shows, or what to change in `images`. Sentences; tags for pony and illustrious.")
        .meta({
          cue: ["picture of", "image of", "photo of", "painting of", "illustration of", "draw", "paint", "prompt"],
        }),
      negative: fields.negativeField,
      preset: fields.presetField("image"),
      quality: fields.qualityField,
      aspect: fields.aspectField,
      width: fields.widthField,
      height: fields.heightField,
      count: z
        .number()
        .int()
        .min(1)
        .max(MAX_COUNT)
        .default(1)
        .describe("How many, each with the next seed.")
        .meta({ cue: ["pictures", "images", "variants", "times"] }),
      seed: fields.seedField,
      images: z
        .array(z.string().min(1).max(80))
        .max(MAX_PICTURES)
        .optional()
        .describe("Ids of pictures (attached, or made here) to change or to redraw."),
      strength: z
        .number()
        .min(0.05)
        .max(1)
        .optional()
        .describe("How far one picture is redrawn: 0.3 keeps nearly all, 0.8 only its layout.")
        .meta({ cue: ["strength"] }),
      loras: fields.lorasField,
      steps: fields.stepsField,
      cfg: fields.cfgField,
      sampler: fields.samplerField,
      scheduler: fields.schedulerField,
      wait_s: fields.waitField,
    })
    .meta({ cue: ["picture", "photo", "painting"] }),
  output: fields.mediaAnswer,
  examples: [
    {
      say: "draw a lighthouse on a cliff at dusk, widescreen",
      input: { prompt: "a lighthouse on a cliff at dusk", aspect: "16:9" },
    },
    {
      say: "make a picture of a fox in the snow, sdxl, seed 7, 30 steps",
      input: { prompt: "a fox in the snow", preset: "sdxl", seed: 7, steps: 30 },
    },
  ],
  async run({ preset, seed, count, images = [], loras = [], wait_s, ...rest }, studio) {
    const first = seed ?? randomInt(DRAWN)
    const seeds = Array.from({ length: count }, (_, index) => (first + index) % (MAX_SEED + 1))
    const asked = { preset, pictures: images, isSeedGiven: seed !== undefined, waitS: wait_s }
    const reply = await generate(studio, job, { ...asked, wish: { ...rest, makes: "image", seeds, loras } })
    const again = { prompt: rest.prompt, ...(preset ? { preset } : {}), ...(images.length > 0 ? { images } : {}) }
    return {
      ...reply,
      next: [
        ...(reply.next ?? []),
        ...(reply.job?.state === "done" ? [{ label: "Another one", tool: "image_generate", input: again }] : []),
      ],
    }
  },
})
