import { at } from "#src/media/graphs/graph.ts"
import type { Link } from "#src/media/graphs/graph.ts"
import { fileOf, loadPicture, sampleGuided, saveVideo, withLoras } from "#src/media/graphs/parts.ts"
import type { Sheet } from "#src/media/graphs/parts.ts"

/** The decoder needs more memory than the model: it works on tiles of this size. */
const TILES = { tile_size: 256, overlap: 64, temporal_size: 64, temporal_overlap: 8 }
/** How much the words count beside the picture; the official value. */
const IMAGE_INTERLEAVE = 2

/** HunyuanVideo (guidance in place of cfg) and HunyuanVideo 1.5 (cfg). */
export function hunyuanGraph(sheet: Sheet): void {
  const { order } = sheet
  const is15 = /byt5/i.test(fileOf(order, "text2"))
  const loaded = sheet.add("UNETLoader", { unet_name: fileOf(order, "model"), weight_dtype: "default" })
  const model = sheet.add("ModelSamplingSD3", { model: withLoras(sheet, loaded).model, shift: order.shift ?? 7 })
  const clip = sheet.add("DualCLIPLoader", {
    clip_name1: fileOf(order, "text1"),
    clip_name2: fileOf(order, "text2"),
    type: is15 ? "hunyuan_video_15" : "hunyuan_video",
  })
  const vae = sheet.add("VAELoader", { vae_name: fileOf(order, "vae") })
  const { guider, latent } = is15
    ? guided15(sheet, { model, clip, vae })
    : guidedByDistance(sheet, { model, clip, vae })
  const { scheduler, steps } = order
  const sigmas = sheet.add("BasicScheduler", { model, scheduler, steps, denoise: 1 })
  for (const seed of order.seeds) {
    const samples = sampleGuided(sheet, seed, { guider, sigmas, latent })
    saveVideo(sheet, seed, sheet.add("VAEDecodeTiled", { samples, vae, ...TILES }))
  }
}

interface Loaded {
  model: Link
  clip: Link
  vae: Link
}
interface Guided {
  guider: Link
  latent: Link
}

function guidedByDistance(sheet: Sheet, { model, clip, vae }: Loaded): Guided {
  const { order } = sheet
  const { width, height, frames: length } = order
  const size = { width, height, length, batch_size: 1 }
  const guide = (conditioning: Link) =>
    sheet.add("BasicGuider", {
      model,
      conditioning: sheet.add("FluxGuidance", { conditioning, guidance: order.guidance ?? 6 }),
    })
  if (order.way === "text")
    return {
      guider: guide(sheet.add("CLIPTextEncode", { clip, text: order.prompt })),
      latent: sheet.add("EmptyHunyuanLatentVideo", size),
    }
  const image = loadPicture(sheet, 0)
  const positive = sheet.add("TextEncodeHunyuanVideo_ImageToVideo", {
    clip,
    clip_vision_output: seen(sheet, image, "none"),
    prompt: order.prompt,
    image_interleave: IMAGE_INTERLEAVE,
  })
  const node = sheet.add("HunyuanImageToVideo", {
    positive,
    vae,
    ...size,
    guidance_type: "v2 (replace)",
    start_image: image,
  })
  return { guider: guide(node), latent: at(node, 1) }
}

function guided15(sheet: Sheet, { model, clip, vae }: Loaded): Guided {
  const { width, height, frames: length, cfg, way, prompt, negative: unwanted } = sheet.order
  const size = { width, height, length, batch_size: 1 }
  const positive = sheet.add("CLIPTextEncode", { clip, text: prompt })
  const negative = sheet.add("CLIPTextEncode", { clip, text: unwanted })
  if (way === "text")
    return {
      guider: sheet.add("CFGGuider", { model, positive, negative, cfg }),
      latent: sheet.add("EmptyHunyuanVideo15Latent", size),
    }
  const image = loadPicture(sheet, 0)
  const node = sheet.add("HunyuanVideo15ImageToVideo", {
    positive,
    negative,
    vae,
    ...size,
    start_image: image,
    clip_vision_output: seen(sheet, image, "center"),
  })
  return {
    guider: sheet.add("CFGGuider", { model, positive: node, negative: at(node, 1), cfg }),
    latent: at(node, 2),
  }
}

function seen(sheet: Sheet, image: Link, crop: "none" | "center"): Link {
  const clip_vision = sheet.add("CLIPVisionLoader", { clip_name: fileOf(sheet.order, "vision") })
  return sheet.add("CLIPVisionEncode", { clip_vision, image, crop })
}
