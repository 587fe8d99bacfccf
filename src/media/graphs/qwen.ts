import type { Link } from "#src/media/graphs/graph.ts"
import { fileOf, loadPicture, sample, savePicture, startLatent, withBoost, withLoras } from "#src/media/graphs/parts.ts"
import type { Sheet } from "#src/media/graphs/parts.ts"

/** Qwen-Image: pictures from words, or from a picture and a strength. */
export function qwenGraph(sheet: Sheet): void {
  const { order } = sheet
  const { model, clip, vae } = loadQwen(sheet)
  const positive = sheet.add("CLIPTextEncode", { clip, text: order.prompt })
  const negative = sheet.add("CLIPTextEncode", { clip, text: order.negative })
  const latent = startLatent(sheet, vae, "EmptySD3LatentImage")
  for (const seed of order.seeds)
    savePicture(sheet, seed, sample(sheet, seed, { model, positive, negative, latent }), vae)
}

/** Qwen-Image-Edit: an instruction over one to three pictures; the result has the size of the first. */
export function qwenEditGraph(sheet: Sheet): void {
  const { order } = sheet
  const loaded = loadQwen(sheet)
  const model = sheet.add("CFGNorm", { model: loaded.model, strength: 1 })
  const { clip, vae } = loaded
  const pictures = order.sources.map((_, index) =>
    index === 0 ? sheet.add("FluxKontextImageScale", { image: loadPicture(sheet, 0) }) : loadPicture(sheet, index),
  )
  const [first, second, third] = pictures
  if (!first) throw new Error("an edit without a picture")
  const encode = (prompt: string) =>
    withMethod(
      sheet,
      sheet.add("TextEncodeQwenImageEditPlus", { clip, prompt, vae, image1: first, image2: second, image3: third }),
    )
  const positive = encode(order.prompt)
  const negative = encode(order.negative)
  const latent = sheet.add("VAEEncode", { pixels: first, vae })
  for (const seed of order.seeds)
    savePicture(sheet, seed, sample(sheet, seed, { model, positive, negative, latent }), vae)
}

function loadQwen(sheet: Sheet): { model: Link; clip: Link; vae: Link } {
  const { order } = sheet
  const loaded = sheet.add("UNETLoader", { unet_name: fileOf(order, "model"), weight_dtype: "default" })
  const { model } = withLoras(sheet, withBoost(sheet, loaded, "boost"))
  return {
    model: sheet.add("ModelSamplingAuraFlow", { model, shift: order.shift ?? 3.1 }),
    clip: sheet.add("CLIPLoader", { clip_name: fileOf(order, "text1"), type: "qwen_image" }),
    vae: sheet.add("VAELoader", { vae_name: fileOf(order, "vae") }),
  }
}

/** The 2511 model was trained with references at time zero; the older ones were not. */
function withMethod(sheet: Sheet, conditioning: Link): Link {
  return /2511/.test(fileOf(sheet.order, "model"))
    ? sheet.add("FluxKontextMultiReferenceLatentMethod", {
        conditioning,
        reference_latents_method: "index_timestep_zero",
      })
    : conditioning
}
