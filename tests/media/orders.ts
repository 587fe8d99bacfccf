import type { Order } from "#src/media/order.ts"
import { planOrder } from "#src/media/plan.ts"
import type { Found } from "#src/media/plan.ts"
import { presets } from "#src/media/presets.ts"
import type { Build, Files, Preset, Role, Way } from "#src/media/preset.ts"
import type { Choice, Wish } from "#src/media/wish.ts"

export const SHA = "ab".repeat(32)

/** A plain wish of one picture or video. */
export function wish(given: Partial<Wish> = {}): Wish {
  return { makes: "image", prompt: "a red coat", quality: "standard", seeds: [7], loras: [], sources: [], ...given }
}

const SOURCES: Record<Way, number> = { text: 0, image: 1, edit: 2, first: 1, first_last: 2 }

export interface Case {
  /** For the name of a test. */
  name: string
  preset: Preset
  build: Build
  way: Way
}

/** Every preset with every set of files and every way. */
export function allCases(): Case[] {
  return presets
    .filter((preset) => preset.family !== "openai")
    .flatMap((preset) =>
      preset.builds.flatMap((build, index) =>
        build.ways.map((way) => ({ name: `${preset.name} ${index + 1}, from ${way}`, preset, build, way })),
      ),
    )
}

/** The order of a case, with the first of the names of each file. */
export function orderOf({ preset, build, way }: Case, given: Partial<Wish> = {}, how: { boost?: boolean } = {}): Order {
  const boost = how.boost ? build.boost?.files : undefined
  const found: Found = {
    build,
    way,
    files: { ...firstNames(way === "text" ? build.files : withoutRefiner(build.files)), ...firstNames(boost ?? {}) },
    loras: given.loras ?? [],
    isBoosted: boost !== undefined,
  }
  const choice: Choice = { preset, label: preset.title, notes: [] }
  const sources = Array.from({ length: SOURCES[way] }, (_, index) => ({
    artifact: `art_${index}`,
    sha256: `${index}${SHA.slice(1)}`,
  }))
  return planOrder(choice, found, wish({ makes: preset.makes, sources, ...given }))
}

/** It goes on from words alone only. */
function withoutRefiner(all: Files): Files {
  const { refiner: _refiner, ...files } = all
  return files
}

function firstNames(files: Files): Partial<Record<Role, string>> {
  // Presets name at least one file for each role.
  return Object.fromEntries(Object.entries(files).map(([role, names]) => [role, names[0]]))
}
