import { at } from "#src/media/graphs/graph.ts"
import type { Link } from "#src/media/graphs/graph.ts"
import { fileOf, sample, savePicture, startLatent, withLoras } from "#src/media/graphs/parts.ts"
import type { Sheet } from "#src/media/graphs/parts.ts"

/** The refiner takes over for the last fifth of the steps, as in the official example (20 of 25). */
const BASE_PART = 0.8

/** SD 1.5, SDXL and what was trained from it, SD 3: a checkpoint with its own text encoder and decoder. */
export function sdGraph(sheet: Sheet): void {
  const { order } = sheet
  const loaded = sheet.add("CheckpointLoaderSimple", { ckpt_name: fileOf(order, "checkpoint") })
  const patched = withLoras(sheet, loaded, at(loaded, 1))
  const clip = order.clipSkip
    ? sheet.add("CLIPSetLastLayer", { clip: patched.clip, stop_at_clip_layer: order.clipSkip })
    : patched.clip
  const vae = order.files.vae ? sheet.add("VAELoader", { vae_name: order.files.vae }) : at(loaded, 2)
  const positive = sheet.add("CLIPTextEncode", { clip, text: order.prompt })
  const negative = sheet.add("CLIPTextEncode", { clip, text: order.negative })
  const isSd3 = /sd[-_ ]?3|stable[-_ ]?diffusion[-_ ]?3/i.test(fileOf(order, "checkpoint"))
  const latent = startLatent(sheet, vae, isSd3 ? "EmptySD3LatentImage" : "EmptyLatentImage")
  const refiner = order.files.refiner && order.way === "text" ? loadRefiner(sheet, order.files.refiner) : undefined
  for (const seed of order.seeds) {
    const base = { model: patched.model, positive, negative, latent }
    const samples = refiner ? sampleRefined(sheet, seed, base, refiner) : sample(sheet, seed, base)
    savePicture(sheet, seed, samples, vae)
  }
}

interface Refiner {
  model: Link
  positive: Link
  negative: Link
}

function loadRefiner(sheet: Sheet, name: string): Refiner {
  const model = sheet.add("CheckpointLoaderSimple", { ckpt_name: name })
  const clip = at(model, 1)
  return {
    model,
    positive: sheet.add("CLIPTextEncode", { clip, text: sheet.order.prompt }),
    negative: sheet.add("CLIPTextEncode", { clip, text: sheet.order.negative }),
  }
}

/** One schedule over two models: the base leaves its noise, the refiner goes on without adding any. */
function sampleRefined(sheet: Sheet, seed: number, base: Refiner & { latent: Link }, refiner: Refiner): Link {
  const { steps, cfg, sampler, scheduler } = sheet.order
  const handover = Math.max(1, Math.round(steps * BASE_PART))
  const common = { noise_seed: seed, steps, cfg, sampler_name: sampler, scheduler }
  const rough = sheet.add("KSamplerAdvanced", {
    model: base.model,
    positive: base.positive,
    negative: base.negative,
    latent_image: base.latent,
    ...common,
    add_noise: "enable",
    start_at_step: 0,
    end_at_step: handover,
    return_with_leftover_noise: "enable",
  })
  return sheet.add("KSamplerAdvanced", {
    ...refiner,
    latent_image: rough,
    ...common,
    add_noise: "disable",
    start_at_step: handover,
    end_at_step: 10_000,
    return_with_leftover_noise: "disable",
  })
}
