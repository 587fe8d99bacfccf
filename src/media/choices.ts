import { UserError } from "#src/errors.ts"
import { detectModel, isModelFile } from "#src/media/detect.ts"
import type { OwnPreset } from "#src/media/own-preset.ts"
import { findPreset, presets, rankedPresets } from "#src/media/presets.ts"
import { REMOTE_NAMES } from "#src/media/presets/openai.ts"
import { folderOf } from "#src/media/preset.ts"
import type { Preset } from "#src/media/preset.ts"
import type { Stocks } from "#src/media/stocks.ts"
import type { Choice } from "#src/media/wish.ts"

/** Folders in which a model of a person's own may lie, with what it is loaded as. */
const OWN_FOLDERS = { checkpoints: "checkpoint", diffusion_models: "model", models: "remote" } as const
/** Checkpoints of a server that are looked at when none of the presets' own files is there. */
const MAX_OWN = 40

/** What a name of a preset or of a model file stands for. Throws UserError "not_found", or for a model that cannot be run. */
function namedChoice(stocks: Stocks, name: string, makes: Preset["makes"]): Choice {
  const preset = findPreset(name)
  if (preset) {
    if (preset.makes !== makes)
      throw new UserError(
        `${preset.title} makes ${preset.makes === "image" ? "pictures" : "videos"}.`,
        `Use ${preset.makes}_generate, or one of ${namesFor(makes)}.`,
      )
    return { preset, label: preset.title, notes: [] }
  }
  const own = findOwnModel(stocks, name)
  if (own) return modelChoice(own.file, own.role, makes)
  if (isModelFile(name))
    throw new UserError(
      `No connected server has the model file "${name.slice(0, 120)}".`,
      "Put it into models/checkpoints or models/diffusion_models of a server and have it probed again.",
      "not_found",
    )
  throw new UserError(
    `There is no preset "${name.slice(0, 80)}".`,
    `There are ${namesFor(makes)}; a model file on a server may be named as well.`,
    "not_found",
  )
}

/** What a name stands for, and after it what may stand in for it: models of the same kind that a server has. */
export function namedChoices(stocks: Stocks, name: string, makes: Preset["makes"]): Choice[] {
  const first = namedChoice(stocks, name, makes)
  return first.model ? [first] : [first, ...standInsFor(stocks, first.preset)]
}

/** Models whose names tell that they were made from this one. */
export function standInsFor(stocks: Stocks, preset: Preset): Choice[] {
  const roles = (["checkpoint", "model"] as const).filter((role) => preset.builds.some((build) => build.files[role]))
  return stocks.all.flatMap(({ files }) =>
    roles.flatMap((role) =>
      files
        .list(folderOf[role])
        .filter((file) => {
          const detected = detectModel(file)
          return "preset" in detected && detected.sure && detected.preset === preset.name
        })
        .slice(0, MAX_OWN)
        .map((file) => {
          const choice = modelChoice(file, role, preset.makes)
          return { ...choice, notes: [`${preset.title} itself is not there; ${choice.label} is of its kind.`] }
        }),
    ),
  )
}

/** A preset of the person's own: its base, with their file in place of the base's where they named one. Throws UserError. */
export function ownChoice(stocks: Stocks, own: OwnPreset): Choice {
  const base = namedChoice(stocks, own.base, own.makes)
  if (own.model === undefined) return { ...base, label: own.name }
  const found = findOwnModel(stocks, own.model)
  if (!found)
    throw new UserError(
      `The preset "${own.name}" uses the file ${own.model}, which no connected server has.`,
      "Put it into models/checkpoints or models/diffusion_models of a server and have it probed again.",
      "not_found",
    )
  return { preset: base.preset, label: own.name, model: { role: found.role, file: found.file }, notes: [] }
}

function namesFor(makes: Preset["makes"]): string {
  return presets
    .filter((preset) => preset.makes === makes)
    .map((preset) => preset.name)
    .join(", ")
}

type OwnRole = (typeof OWN_FOLDERS)[keyof typeof OWN_FOLDERS]

function findOwnModel(stocks: Stocks, name: string): { file: string; role: OwnRole } | undefined {
  for (const { files } of stocks.all)
    for (const [folder, role] of Object.entries(OWN_FOLDERS)) {
      const file = files.find(folder, [name])
      if (file !== undefined) return { file, role }
    }
  return undefined
}

function modelChoice(file: string, role: OwnRole, makes: Preset["makes"]): Choice {
  if (role === "remote") return remoteChoice(file, makes)
  const short = file.replace(/^.*[/\\]/, "")
  const detected = detectModel(file)
  if ("unsupported" in detected)
    throw new UserError(
      `${short} is ${detected.unsupported}, for which the studio has no graph.`,
      `It can run ${namesFor(makes)}, and what was trained from them.`,
    )
  const preset = findPreset(detected.preset)
  if (!preset) throw new Error(`detected preset ${detected.preset} does not exist`)
  if (preset.makes !== makes)
    throw new UserError(`${short} makes ${preset.makes}s.`, `Use ${preset.makes}_generate with it.`)
  if (!preset.builds.some((build) => build.files[role] !== undefined))
    throw new UserError(
      `${short} is ${preset.title} as a ${role === "checkpoint" ? "whole checkpoint" : "model without its encoders"}, which is not how it is loaded here.`,
      `Put ${role === "checkpoint" ? "the model alone into models/diffusion_models" : "a whole checkpoint into models/checkpoints"}.`,
    )
  return {
    preset,
    label: short,
    model: { role, file },
    ...(detected.tuned ? { settings: detected.tuned } : {}),
    notes: detected.sure
      ? []
      : [
          `The name of ${short} does not tell its kind; it was run as ${preset.title}. preset_edit can save it as another.`,
        ],
  }
}

/** A model of a server that speaks OpenAI's protocol; what it makes, only the server knows. */
function remoteChoice(model: string, makes: Preset["makes"]): Choice {
  const preset = findPreset(`openai_${makes}`)
  if (!preset) throw new Error(`there is no preset openai_${makes}`)
  return { preset, label: model, model: { role: "remote", file: model }, notes: [] }
}

/** What is tried when nobody names a model: the presets, the best first, then whatever checkpoints the servers have. */
export function defaultChoices(stocks: Stocks, makes: Preset["makes"]): Choice[] {
  const known = rankedPresets(makes).map((preset): Choice => ({ preset, label: preset.title, notes: [] }))
  const own = stocks.all
    .flatMap(({ files }) => files.list("checkpoints").slice(0, MAX_OWN))
    .filter((file) => {
      const detected = detectModel(file)
      return "preset" in detected && findPreset(detected.preset)?.makes === makes && canLoad(detected.preset)
    })
    .map((file) => modelChoice(file, "checkpoint", makes))
  const remote = stocks.all
    .filter(({ server }) => server.kind === "openai")
    .flatMap(({ files }) =>
      files
        .list("models")
        .filter((model) => REMOTE_NAMES[makes].test(model))
        .slice(0, MAX_OWN),
    )
    .map((model) => remoteChoice(model, makes))
  const isRemote = ({ preset }: Choice) => preset.family === "openai"
  // A guess comes after what is known, and what may cost money after what is at home.
  return [
    ...known.filter((choice) => !isRemote(choice)),
    ...own.toSorted((a, b) => a.notes.length - b.notes.length),
    ...known.filter(isRemote),
    ...remote,
  ]
}

function canLoad(name: string): boolean {
  return findPreset(name)?.builds.some((build) => build.files.checkpoint !== undefined) ?? false
}
