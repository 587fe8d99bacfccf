import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { detectModel, isModelFile } from "#src/media/detect.ts"
import * as fields from "#src/media/fields.ts"
import { checkOwnPreset, presetInFull, presetLines, readinessOf } from "#src/media/overview.ts"
import { describeOwnPreset, findOwnPreset, ownPresetSchema } from "#src/media/own-preset.ts"
import { deleteOwnPreset, listOwnPresets, saveOwnPreset } from "#src/media/own-presets.store.ts"
import { findPreset, presets } from "#src/media/presets.ts"
import { takeStock, type Stocks } from "#src/media/stocks.ts"
import type { Studio } from "#src/studio.ts"
import { defineTool } from "#src/tool.ts"

const save = z.object({
  name: z.string().trim().min(1).max(80).describe("What you call it."),
  base: z.string().min(1).max(300).describe("The preset it builds on, or a model file on a server."),
  model: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe("A model file in place of the base's own, e.g. a checkpoint you trained."),
  quality: fields.qualityField,
  negative: fields.negativeField,
  width: fields.widthField,
  height: fields.heightField,
  steps: fields.stepsField,
  cfg: fields.cfgField,
  sampler: fields.samplerField,
  scheduler: fields.schedulerField,
  frames: ownPresetSchema.shape.frames.describe("Length of videos in frames."),
  fps: ownPresetSchema.shape.fps.describe("Frames per second of videos."),
  loras: fields.lorasField,
})

export const tool = defineTool({
  name: "preset_edit",
  title: "Model presets",
  description:
    "Without fields: lists the models for image_generate and video_generate, which can run now, and what the others lack. `show`: one in full (files and folders, settings, limits, licence), or what a model file is. " +
    "`save`: a preset of your own. `delete`: removes one of yours.",
  effect: "writes",
  cost: "free",
  role: "user",
  input: z.object({
    show: z
      .string()
      .min(1)
      .max(300)
      .optional()
      .describe("A preset, or the name of a model file.")
      .meta({ cue: ["show preset", "show the preset"] }),
    save: save.optional().describe("A preset of your own; one of the same name is replaced."),
    delete: z.string().min(1).max(80).optional().describe("Name of a preset of yours."),
  }),
  output: z.object({
    presets: z.array(
      z.object({
        name: z.string(),
        makes: z.enum(["image", "video"]),
        ready: z.boolean(),
        own: z.boolean(),
        problem: z.string().optional(),
      }),
    ),
  }),
  examples: [
    { say: "which picture models can I use?", input: {} },
    { say: "show the preset flux_dev", input: { show: "flux_dev" } },
  ],
  // oxlint-disable-next-line require-await -- tools are asynchronous
  async run({ show, save: wanted, delete: unwanted }, studio) {
    if ([show, wanted, unwanted].filter((it) => it !== undefined).length > 1)
      throw new UserError("That is several things at once.", "Give one of show, save and delete.")
    const stocks = takeStock(studio.servers)
    if (show !== undefined) return shown(stocks, studio, show)
    if (unwanted !== undefined) {
      const gone = deleteOwnPreset(studio.items, studio.caller, unwanted)
      return { say: `The preset "${gone.name}" is deleted.`, data: { presets: [] } }
    }
    if (wanted === undefined) return listed(stocks, studio)
    const base = findPreset(wanted.base) ?? findPreset(presetOfFile(wanted.base))
    if (findPreset(wanted.name))
      throw new UserError(`"${wanted.name}" is a preset of the studio.`, "Choose another name.")
    const own = ownPresetSchema.parse({ ...wanted, makes: base?.makes ?? "image" })
    const { problem } = checkOwnPreset(stocks, own)
    const { replaced } = saveOwnPreset(studio.items, studio.caller, own)
    return {
      say: `${replaced ? "Replaced" : "Saved"}: ${describeOwnPreset(own)}.${problem ? ` It cannot run now: ${problem}` : ""}`,
      data: { presets: [{ ...shape(own), ready: problem === undefined, own: true, ...(problem ? { problem } : {}) }] },
    }
  },
})

const shape = ({ name, makes }: { name: string; makes: "image" | "video" }) => ({ name, makes })

function presetOfFile(file: string): string {
  const detected = detectModel(file)
  return "preset" in detected ? detected.preset : ""
}

function listed(stocks: Stocks, studio: Studio) {
  const own = listOwnPresets(studio.items, studio.caller)
  const all = presets.map((preset) => ({ preset, readiness: readinessOf(stocks, preset) }))
  // What runs stands first.
  const sorted = all.toSorted((a, b) => Number(b.readiness.ways.length > 0) - Number(a.readiness.ways.length > 0))
  return {
    say: [...presetLines(sorted), ...own.map((preset) => `yours: ${describeOwnPreset(preset)}`)].join("\n"),
    data: {
      presets: [
        ...sorted.map(({ preset, readiness: { ways, problem } }) => ({
          ...shape(preset),
          ready: ways.length > 0,
          own: false,
          ...(problem ? { problem } : {}),
        })),
        ...own.map((preset) => ({ ...shape(preset), ready: isReady(stocks, preset), own: true })),
      ],
    },
  }
}

function isReady(stocks: Stocks, own: Parameters<typeof checkOwnPreset>[1]): boolean {
  try {
    return checkOwnPreset(stocks, own).problem === undefined
  } catch (error) {
    if (error instanceof UserError) return false
    throw error
  }
}

function shown(stocks: Stocks, studio: Studio, name: string) {
  const own = findOwnPreset(listOwnPresets(studio.items, studio.caller), name)
  if (own)
    return {
      say: describeOwnPreset(own),
      data: { presets: [{ ...shape(own), ready: isReady(stocks, own), own: true }] },
    }
  const detected = isModelFile(name) ? detectModel(name) : undefined
  if (detected && "unsupported" in detected)
    throw new UserError(
      `${name} is ${detected.unsupported}, for which the studio has no graph.`,
      "preset_edit lists what it can run.",
    )
  const preset = findPreset(detected?.preset ?? name)
  if (!preset)
    throw new UserError(
      `There is no preset "${name.slice(0, 80)}".`,
      `There are ${presets.map((it) => it.name).join(", ")}.`,
      "not_found",
    )
  const readiness = readinessOf(stocks, preset)
  const guess = detected
    ? [`${name} ${detected.sure ? "is" : "does not tell its kind; it is taken for"} ${preset.title}.`]
    : []
  return {
    say: [...guess, ...presetInFull(preset, readiness)].join("\n"),
    data: {
      presets: [
        {
          ...shape(preset),
          ready: readiness.ways.length > 0,
          own: false,
          ...(readiness.problem ? { problem: readiness.problem } : {}),
        },
      ],
    },
  }
}
