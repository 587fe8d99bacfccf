import { UserError } from "#src/errors.ts"
import { chooseOrder } from "#src/media/choose.ts"
import { ownChoice, standInsFor } from "#src/media/choices.ts"
import { withOwnPreset } from "#src/media/own-preset.ts"
import type { OwnPreset } from "#src/media/own-preset.ts"
import { placeOf } from "#src/media/preset.ts"
import type { Build, Preset, Role, Way } from "#src/media/preset.ts"
import { readSampler, readScheduler } from "#src/media/samplers.ts"
import type { Stocks } from "#src/media/stocks.ts"
import type { Choice, Wish } from "#src/media/wish.ts"

/** Whether a preset can run now. */
export interface Readiness {
  /** Ways that some connected server can go. */
  ways: Way[]
  /** Why none can, with what is missing. */
  problem?: string
}

/** Tries every way of a preset on the servers that are there. */
export function readinessOf(stocks: Stocks, preset: Preset): Readiness {
  if (preset.refused) return { ways: [], problem: preset.refused.problem }
  const choices: Choice[] = [{ preset, label: preset.title, notes: [] }, ...standInsFor(stocks, preset)]
  const ways = new Set(preset.builds.flatMap((build) => build.ways))
  const problems = [...ways].map((way) => ({
    way,
    problem: problemOf(() => chooseOrder(stocks, choices, wishFor(preset, way))),
  }))
  const ready = problems.filter((it) => it.problem === undefined).map((it) => it.way)
  const [first] = problems
  return { ways: ready, ...(ready.length === 0 && first?.problem ? { problem: first.problem } : {}) }
}

/** Throws UserError when a preset of the person's own cannot be what it says, servers or not. */
export function checkOwnPreset(stocks: Stocks, own: OwnPreset): Readiness {
  const choice = ownChoice(stocks, own)
  const wish = withOwnPreset({ ...wishFor(choice.preset, "text"), loras: [] }, own, false)
  if ((own.loras?.length ?? 0) > choice.preset.maxLoras)
    throw new UserError(
      `${choice.preset.title} takes at most ${choice.preset.maxLoras} LoRAs; these are ${own.loras?.length}.`,
      "Leave some out.",
    )
  if (own.sampler !== undefined) readSampler(own.sampler)
  if (own.scheduler !== undefined) readScheduler(own.scheduler)
  const [way = "text"] = choice.preset.builds.flatMap((build) => build.ways)
  const sources = wishFor(choice.preset, way).sources
  const problem = problemOf(() => chooseOrder(stocks, [choice], { ...wish, sources }))
  return { ways: problem === undefined ? [way] : [], ...(problem === undefined ? {} : { problem }) }
}

const SOURCES: Record<Way, number> = { text: 0, image: 1, edit: 1, first: 1, first_last: 2 }

/** A wish that only asks whether there is anybody who could. */
function wishFor({ makes }: Preset, way: Way): Wish {
  const source = { artifact: "any", sha256: "0".repeat(64) }
  return {
    makes,
    prompt: "any",
    quality: "standard",
    seeds: [0],
    loras: [],
    sources: Array.from({ length: SOURCES[way] }, () => source),
    ...(way === "image" ? { strength: 0.5 } : {}),
  }
}

function problemOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof UserError) return error.problem
    throw error
  }
}

const WAY_WORDS: Record<Way, string> = {
  text: "words",
  image: "a picture and a strength",
  edit: "pictures and an instruction",
  first: "a first frame",
  first_last: "a first and a last frame",
}
const waysInWords = (ways: readonly Way[]): string => ways.map((way) => WAY_WORDS[way]).join(", ")

/** What can run, one line each; then what cannot, with those that lack the same together. */
export function presetLines(all: readonly { preset: Preset; readiness: Readiness }[]): string[] {
  const lacking = new Map<string, string[]>()
  for (const { preset, readiness } of all)
    if (readiness.problem !== undefined)
      lacking.set(readiness.problem, [...(lacking.get(readiness.problem) ?? []), preset.name])
  return [
    ...all
      .filter(({ readiness }) => readiness.ways.length > 0)
      .map(({ preset, readiness }) => `${preset.name} (${preset.makes}): ready, from ${waysInWords(readiness.ways)}`),
    ...[...lacking].map(([problem, names]) => `${names.join(", ")}: ${problem}`),
  ]
}

/** Everything of a preset that a person may want to know, in lines. */
export function presetInFull(preset: Preset, readiness: Readiness): string[] {
  return [
    `${preset.title} (${preset.name}) makes ${preset.makes === "image" ? "pictures" : "videos"}.`,
    readiness.ways.length > 0 ? `Ready, from ${waysInWords(readiness.ways)}.` : `Not ready: ${readiness.problem ?? ""}`,
    ...preset.builds.map((build, index) => `${index === 0 ? "Files" : "Or"} ${filesInWords(build)}.`),
    ...(preset.family === "openai" ? [] : settingsInWords(preset)),
    ...(preset.prompting ? [`Prompt: ${preset.prompting}`] : []),
    `Licence: ${preset.licence}`,
  ]
}

function settingsInWords({ settings, fast, quality, size, frames, maxLoras, vramMb }: Preset): string[] {
  const steps = (variant: { steps?: number }) => variant.steps ?? settings.steps
  return [
    `Steps: ${steps(fast)} fast, ${settings.steps} standard, ${steps(quality)} quality; ${settings.guidance === undefined ? `cfg ${settings.cfg}` : `guidance ${settings.guidance}`}, ${settings.sampler}/${settings.scheduler}.`,
    `Size: ${settings.width} × ${settings.height} px, edges in steps of ${size.multiple}, at most ${size.max} px.`,
    ...(frames
      ? [`Frames: ${settings.frames} at ${settings.fps} fps, at most ${frames.max}, in steps of ${frames.every}.`]
      : []),
    `LoRAs: at most ${maxLoras}. GPU memory: ${(vramMb / 1024).toFixed(0)} GB or more.`,
  ]
}

function filesInWords({ ways, files, optional = [] }: Build): string {
  const entries = Object.entries(files) as [Role, readonly string[]][] // its keys are roles: presets are our own data
  const named = entries.map(
    ([role, names]) => `${placeOf(role, names[0] ?? "")}${optional.includes(role) ? " (if there)" : ""}`,
  )
  return `to work from ${waysInWords(ways)}: ${named.join(", ")}`
}
