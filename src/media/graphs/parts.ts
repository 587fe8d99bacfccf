import type { Draft, Link } from "#src/media/graphs/graph.ts"
import { at } from "#src/media/graphs/graph.ts"
import type { Order } from "#src/media/order.ts"
import type { Role } from "#src/media/preset.ts"

/** What one family's graph is written with. */
export interface Sheet extends Draft {
  order: Order
  /** Names under which the sources lie on the server. */
  pictures: readonly string[]
}

/** The name of a file that the order must have. An order without it was made for another family: our bug. */
export function fileOf({ files, preset }: Order, role: Role): string {
  const name = files[role]
  if (name === undefined) throw new Error(`an order for ${preset} names no file for "${role}"`)
  return name
}

/** A model and, where it has one of its own, its text encoder, through the chain of LoRAs asked for. */
export function withLoras(sheet: Sheet, model: Link, clip?: Link): { model: Link; clip: Link | undefined } {
  let now = { model, clip }
  for (const { name, weight } of sheet.order.loras) {
    const common = { model: now.model, lora_name: name, strength_model: weight }
    const loaded = now.clip
      ? sheet.add("LoraLoader", { ...common, clip: now.clip, strength_clip: weight })
      : sheet.add("LoraLoaderModelOnly", common)
    now = { model: loaded, clip: now.clip && at(loaded, 1) }
  }
  return now
}

/** The LoRA that makes a model fast, before those of taste. */
export function withBoost(sheet: Sheet, model: Link, role: "boost" | "boostLow"): Link {
  const name = sheet.order.files[role]
  return name === undefined ? model : sheet.add("LoraLoaderModelOnly", { model, lora_name: name, strength_model: 1 })
}

export function loadPicture(sheet: Sheet, index: number): Link {
  const image = sheet.pictures[index]
  if (image === undefined) throw new Error(`an order for ${sheet.order.preset} has no source ${index + 1}`)
  return sheet.add("LoadImage", { image })
}

/** The first source in the size of the result, filling it: what does not fit is cut off evenly. */
function fittedPicture(sheet: Sheet, index: number): Link {
  const { width, height } = sheet.order
  return sheet.add("ImageScale", {
    image: loadPicture(sheet, index),
    upscale_method: "lanczos",
    width,
    height,
    crop: "center",
  })
}

/** What the sampler starts from: nothing, or the source as far as the strength leaves it. */
export function startLatent(sheet: Sheet, vae: Link, empty: string): Link {
  const { width, height, way } = sheet.order
  return way === "image"
    ? sheet.add("VAEEncode", { pixels: fittedPicture(sheet, 0), vae })
    : sheet.add(empty, { width, height, batch_size: 1 })
}

export interface Sampled {
  model: Link
  positive: Link
  negative: Link
  latent: Link
}

export function sample(sheet: Sheet, seed: number, { model, positive, negative, latent }: Sampled): Link {
  const { steps, cfg, sampler, scheduler, denoise } = sheet.order
  return sheet.add("KSampler", {
    model,
    positive,
    negative,
    latent_image: latent,
    seed,
    steps,
    cfg,
    sampler_name: sampler,
    scheduler,
    denoise,
  })
}

/** Samples with a guide in place of positive, negative and cfg, as FLUX and HunyuanVideo do. */
export function sampleGuided(
  sheet: Sheet,
  seed: number,
  { guider, sigmas, latent }: { guider: Link; sigmas: Link; latent: Link },
): Link {
  return sheet.add("SamplerCustomAdvanced", {
    noise: sheet.add("RandomNoise", { noise_seed: seed }),
    guider,
    sampler: sheet.add("KSamplerSelect", { sampler_name: sheet.order.sampler }),
    sigmas,
    latent_image: latent,
  })
}

/** Beginnings of the names of what is saved: the seed tells results apart, whatever order they come in. */
export const SAVED = "atelier"
const POSTER = "atelier_poster"

export function savePicture(sheet: Sheet, seed: number, samples: Link, vae: Link): void {
  const images = sheet.add("VAEDecode", { samples, vae })
  sheet.add("SaveImage", { images, filename_prefix: `${SAVED}_${seed}` })
}

/** The frames as an MP4, and the first of them as a picture to show for it. */
export function saveVideo(sheet: Sheet, seed: number, images: Link): void {
  sheet.add("SaveVideo", {
    video: sheet.add("CreateVideo", { images, fps: sheet.order.fps ?? 24 }),
    filename_prefix: `${SAVED}_${seed}`,
    format: "mp4",
    codec: "h264",
    // Newer servers ask for the codec below the format; older ones pass over an input that they do not know.
    "format.codec": "h264",
  })
  sheet.add("SaveImage", {
    images: sheet.add("ImageFromBatch", { image: images, batch_index: 0, length: 1 }),
    filename_prefix: `${POSTER}_${seed}`,
  })
}
