import { flux } from "#src/media/presets/flux.ts"
import { hidream } from "#src/media/presets/hidream.ts"
import { openai } from "#src/media/presets/openai.ts"
import { qwen } from "#src/media/presets/qwen.ts"
import { stableDiffusion } from "#src/media/presets/stable-diffusion.ts"
import { video } from "#src/media/presets/video.ts"
import type { Preset } from "#src/media/preset.ts"

/** Every model that the studio knows how to run. */
export const presets: readonly Preset[] = [...flux, ...stableDiffusion, ...qwen, ...hidream, ...video, ...openai]

/** The best first: what is taken when nobody names one. Open licences before others of the same class. */
const RANKING = [
  "qwen_image",
  "qwen_edit",
  "flux2_dev",
  "hidream",
  "flux_dev",
  "flux_kontext",
  "flux_krea",
  "sd_3_5",
  "sdxl",
  "illustrious",
  "flux_schnell",
  "pony",
  "sd_1_5",
  "wan_2_2",
  "hunyuan_video",
  "wan_2_1",
  "ltx_video",
  "openai_image",
  "openai_video",
]

/** Presets that make this, the best first. */
export function rankedPresets(makes: Preset["makes"]): Preset[] {
  return presets
    .filter((preset) => preset.makes === makes && preset.builds.length > 0)
    .sort((a, b) => RANKING.indexOf(a.name) - RANKING.indexOf(b.name))
}

/** "Flux dev", "FLUX.1-dev" and "flux_dev" are the same; "wan 2.2" and "wan_2_2" too. */
export function findPreset(name: string): Preset | undefined {
  const wanted = plain(name)
  return presets.find((preset) => plain(preset.name) === wanted || plain(preset.title) === wanted)
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z\d]/g, "")
}
