import { at } from "#src/media/graphs/graph.ts"
import type { Link } from "#src/media/graphs/graph.ts"
import { fileOf, loadPicture, sample, saveVideo, withBoost, withLoras } from "#src/media/graphs/parts.ts"
import type { Sampled, Sheet } from "#src/media/graphs/parts.ts"

/** Wan 2.1 (one model), 2.2 14B (one for the high noise, one for the rest) and 2.2 5B (one model with its own latent). */
export function wanGraph(sheet: Sheet): void {
  const { order } = sheet
  const high = loadModel(sheet, "model", "boost")
  const low = order.files.modelLow ? loadModel(sheet, "modelLow", "boostLow") : undefined
  const clip = sheet.add("CLIPLoader", { clip_name: fileOf(order, "text1"), type: "wan" })
  const vae = sheet.add("VAELoader", { vae_name: fileOf(order, "vae") })
  const positive = sheet.add("CLIPTextEncode", { clip, text: order.prompt })
  const negative = sheet.add("CLIPTextEncode", { clip, text: order.negative })
  const start = conditioned(sheet, { positive, negative, vae })
  for (const seed of order.seeds) {
    const samples = low
      ? sampleInTwo(sheet, seed, { ...start, model: high }, low)
      : sample(sheet, seed, { ...start, model: high })
    saveVideo(sheet, seed, sheet.add("VAEDecode", { samples, vae }))
  }
}

function loadModel(sheet: Sheet, role: "model" | "modelLow", boost: "boost" | "boostLow"): Link {
  const { order } = sheet
  const loaded = sheet.add("UNETLoader", { unet_name: fileOf(order, role), weight_dtype: "default" })
  const { model } = withLoras(sheet, withBoost(sheet, loaded, boost))
  return sheet.add("ModelSamplingSD3", { model, shift: order.shift ?? 8 })
}

interface Start {
  positive: Link
  negative: Link
  vae: Link
}

/** The latent to begin with, and the words with the pictures that the way has. */
function conditioned(sheet: Sheet, { positive, negative, vae }: Start): Omit<Sampled, "model"> {
  const { width, height, frames: length, way, files } = sheet.order
  const size = { width, height, length, batch_size: 1 }
  const is5b = /ti2v|2\.2_vae/i.test(`${files.model} ${files.vae}`)
  if (is5b) {
    const start = way === "text" ? undefined : loadPicture(sheet, 0)
    const latent = sheet.add("Wan22ImageToVideoLatent", { vae, ...size, start_image: start })
    return { positive, negative, latent }
  }
  if (way === "text") return { positive, negative, latent: sheet.add("EmptyHunyuanLatentVideo", size) }
  const first = loadPicture(sheet, 0)
  const common = { positive, negative, vae, ...size, start_image: first }
  const node =
    way === "first"
      ? sheet.add("WanImageToVideo", { ...common, clip_vision_output: seen(sheet, first) })
      : firstLast(sheet, common, first)
  return { positive: node, negative: at(node, 1), latent: at(node, 2) }
}

function firstLast(sheet: Sheet, common: Record<string, Link | number | undefined>, first: Link): Link {
  const last = loadPicture(sheet, 1)
  return sheet.add("WanFirstLastFrameToVideo", {
    ...common,
    end_image: last,
    clip_vision_start_image: seen(sheet, first),
    clip_vision_end_image: seen(sheet, last),
  })
}

/** Wan 2.1 looks at its pictures through a vision model as well; 2.2 does not. */
function seen(sheet: Sheet, image: Link): Link | undefined {
  const { vision } = sheet.order.files
  if (!vision) return undefined
  const existing = Object.entries(sheet.graph).find(([, node]) => node.class_type === "CLIPVisionLoader")
  const clip_vision: Link = existing ? [existing[0], 0] : sheet.add("CLIPVisionLoader", { clip_name: vision })
  return sheet.add("CLIPVisionEncode", { clip_vision, image, crop: "none" })
}

/** The first half of the steps with the model for high noise, the second with the one for low noise. */
function sampleInTwo(sheet: Sheet, seed: number, start: Sampled, low: Link): Link {
  const { steps, cfg, sampler, scheduler } = sheet.order
  const half = Math.max(1, Math.floor(steps / 2))
  const { positive, negative, latent } = start
  const common = { positive, negative, noise_seed: seed, steps, cfg, sampler_name: sampler, scheduler }
  const rough = sheet.add("KSamplerAdvanced", {
    model: start.model,
    ...common,
    latent_image: latent,
    add_noise: "enable",
    start_at_step: 0,
    end_at_step: half,
    return_with_leftover_noise: "enable",
  })
  return sheet.add("KSamplerAdvanced", {
    model: low,
    ...common,
    latent_image: rough,
    add_noise: "disable",
    start_at_step: half,
    end_at_step: 10_000,
    return_with_leftover_noise: "disable",
  })
}
