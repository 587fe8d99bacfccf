import { at } from "#src/media/graphs/graph.ts"
import type { Link } from "#src/media/graphs/graph.ts"
import { fileOf, loadPicture, saveVideo, withLoras } from "#src/media/graphs/parts.ts"
import type { Sheet } from "#src/media/graphs/parts.ts"

/** Values of the official examples: shift by length, stretched so that the schedule ends at a tenth. */
const SCHEDULE = { max_shift: 2.05, base_shift: 0.95, stretch: true, terminal: 0.1 }

/** LTX-Video 0.9: a checkpoint, with the T5 encoder beside it. */
export function ltxGraph(sheet: Sheet): void {
  const { order } = sheet
  const loaded = sheet.add("CheckpointLoaderSimple", { ckpt_name: fileOf(order, "checkpoint") })
  const { model } = withLoras(sheet, loaded)
  const clip = sheet.add("CLIPLoader", { clip_name: fileOf(order, "text1"), type: "ltxv" })
  const vae = at(loaded, 2)
  const start = conditioned(sheet, vae, {
    positive: sheet.add("CLIPTextEncode", { clip, text: order.prompt }),
    negative: sheet.add("CLIPTextEncode", { clip, text: order.negative }),
  })
  const timed = sheet.add("LTXVConditioning", {
    positive: start.positive,
    negative: start.negative,
    frame_rate: order.fps ?? 25,
  })
  const sampler = sheet.add("KSamplerSelect", { sampler_name: order.sampler })
  const sigmas = sheet.add("LTXVScheduler", { steps: order.steps, ...SCHEDULE, latent: start.latent })
  for (const seed of order.seeds) {
    const samples = sheet.add("SamplerCustom", {
      model,
      add_noise: true,
      noise_seed: seed,
      cfg: order.cfg,
      positive: timed,
      negative: at(timed, 1),
      sampler,
      sigmas,
      latent_image: start.latent,
    })
    saveVideo(sheet, seed, sheet.add("VAEDecode", { samples: start.crop(samples, timed), vae }))
  }
}

interface Words {
  positive: Link
  negative: Link
}

interface Start extends Words {
  latent: Link
  /** Takes the guiding frames off the end of what was sampled. */
  crop(samples: Link, timed: Link): Link
}

function conditioned(sheet: Sheet, vae: Link, words: Words): Start {
  const { width, height, frames: length, way } = sheet.order
  const size = { width, height, length, batch_size: 1 }
  const whole = { crop: (samples: Link) => samples }
  if (way === "first") {
    const node = sheet.add("LTXVImgToVideo", { ...words, vae, image: loadPicture(sheet, 0), ...size, strength: 1 })
    return { positive: node, negative: at(node, 1), latent: at(node, 2), ...whole }
  }
  const latent = sheet.add("EmptyLTXVLatentVideo", size)
  if (way === "text") return { ...words, latent, ...whole }
  const first = addGuide(sheet, vae, { ...words, latent }, loadPicture(sheet, 0), 0)
  const both = addGuide(sheet, vae, first, loadPicture(sheet, 1), -1)
  return {
    ...both,
    crop: (samples, timed) =>
      at(sheet.add("LTXVCropGuides", { positive: timed, negative: at(timed, 1), latent: samples }), 2),
  }
}

/** `frame`: 0 is the first, -1 the last. */
function addGuide(sheet: Sheet, vae: Link, to: Words & { latent: Link }, image: Link, frame: number) {
  const node = sheet.add("LTXVAddGuide", { ...to, vae, image, frame_idx: frame, strength: 1 })
  return { positive: node, negative: at(node, 1), latent: at(node, 2) }
}
