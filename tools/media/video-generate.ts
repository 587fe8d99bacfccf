import { randomInt } from "node:crypto"
import { z } from "zod"
import { UserError } from "#src/errors.ts"
import * as fields from "#src/media/fields.ts"
import { MAX_FPS, MAX_FRAMES } from "#src/media/frames.ts"
import { generate } from "#src/media/generate.ts"
import { job } from "#src/media/video.job.ts"
import { defineTool } from "#src/tool.ts"

const DRAWN = 2 ** 32
const frame = (which: string) =>
  z
    .string()
    .min(1)
    .max(80)
    .optional()
    .describe(`Id of the picture that the video ${which} with.`)
    .meta({ artifact: true })

export const tool = defineTool({
  name: "video_generate",
  title: "Generate videos",
  description:
    "Makes a short video from words, from a first frame, or between two frames, with a video model on a connected server; minutes of work, so the answer is usually a job id for job_wait. " +
    "Models make whole groups of frames: the exact frames and seconds are in the answer. Says what is missing when no server can do it.",
  effect: "writes",
  cost: "metered",
  role: "user",
  input: z
    .object({
      prompt: fields.promptField
        .describe("Who does what, where, and how the camera moves.")
        .meta({ cue: ["video of", "clip of", "film of", "animation of", "prompt"] }),
      negative: fields.negativeField,
      preset: fields.presetField("video"),
      quality: fields.qualityField,
      aspect: fields.aspectField,
      width: fields.widthField,
      height: fields.heightField,
      seconds: z
        .number()
        .min(0.2)
        .max(60)
        .optional()
        .describe("Length; left out: what the model makes at best (3 to 5 s).")
        .meta({ unit: "s", cue: ["long"], excludes: ["frames"] }),
      frames: z
        .number()
        .int()
        .min(1)
        .max(MAX_FRAMES)
        .optional()
        .describe("Length in frames, in place of seconds.")
        .meta({ cue: ["frames"], excludes: ["seconds"] }),
      fps: z
        .number()
        .min(1)
        .max(MAX_FPS)
        .optional()
        .describe("Frames per second; left out: what the model was made for.")
        .meta({ cue: ["fps", "frames per second"] }),
      first_frame: frame("begins"),
      last_frame: frame("ends"),
      seed: fields.seedField,
      loras: fields.lorasField,
      steps: fields.stepsField,
      cfg: fields.cfgField,
      sampler: fields.samplerField,
      scheduler: fields.schedulerField,
      wait_s: fields.waitField,
    })
    .meta({ cue: ["clip", "film"] }),
  output: fields.mediaAnswer,
  examples: [
    {
      say: "make a video of a boat leaving the harbour, 3 seconds long, widescreen",
      input: { prompt: "a boat leaving the harbour", seconds: 3, aspect: "16:9" },
    },
  ],
  run({ preset, seed, first_frame, last_frame, loras = [], wait_s, ...rest }, studio) {
    if (last_frame !== undefined && first_frame === undefined)
      throw new UserError("There is a last frame without a first one.", "Give first_frame too.")
    if (rest.seconds !== undefined && rest.frames !== undefined)
      throw new UserError("Both seconds and frames say how long it is.", "Give one of them.")
    return generate(studio, job, {
      wish: { ...rest, makes: "video", seeds: [seed ?? randomInt(DRAWN)], loras },
      preset,
      pictures: [first_frame, last_frame].filter((id) => id !== undefined),
      isSeedGiven: seed !== undefined,
      waitS: wait_s,
    })
  },
})
