import type { Order } from "#src/media/order.ts"
import type { Preset, Quality, Settings, Way } from "#src/media/preset.ts"
import type { Aspect } from "#src/media/size.ts"

/** What somebody asks for, read but not settled: what is absent is left to the model. */
export interface Wish {
  makes: Preset["makes"]
  prompt: string
  negative?: string | undefined
  quality: Quality
  aspect?: Aspect | undefined
  width?: number | undefined
  height?: number | undefined
  seeds: number[]
  /** As people write them; the server's own names are found later. */
  loras: { name: string; weight: number }[]
  sources: Order["sources"]
  /** How far a source is changed, 0…1. */
  strength?: number | undefined
  steps?: number | undefined
  cfg?: number | undefined
  sampler?: string | undefined
  scheduler?: string | undefined
  frames?: number | undefined
  seconds?: number | undefined
  fps?: number | undefined
}

/** Whose settings are used: a preset of the studio, one of the person's own, or a model file. */
export interface Choice {
  preset: Preset
  /** What people call it. */
  label: string
  /** In place of the preset's own main file. */
  model?: { role: "checkpoint" | "model" | "remote"; file: string }
  settings?: Partial<Settings>
  notes: readonly string[]
}

/** Strength where nobody gives one: the motif stays, its execution is new. */
export const DEFAULT_STRENGTH = 0.6

/** The ways that fit what was given, the best first. */
export function waysOf({ makes, sources, strength }: Pick<Wish, "makes" | "sources" | "strength">): Way[] {
  if (sources.length === 0) return ["text"]
  if (makes === "video") return sources.length > 1 ? ["first_last"] : ["first"]
  if (sources.length > 1) return ["edit"]
  return strength === undefined ? ["edit", "image"] : ["image", "edit"]
}
