import { fileOf, sample, savePicture, startLatent, withLoras } from "#src/media/graphs/parts.ts"
import type { Sheet } from "#src/media/graphs/parts.ts"

/** HiDream-I1: four text encoders; full, dev and fast differ in their settings only. */
export function hidreamGraph(sheet: Sheet): void {
  const { order } = sheet
  const loaded = sheet.add("UNETLoader", { unet_name: fileOf(order, "model"), weight_dtype: "default" })
  const model = sheet.add("ModelSamplingSD3", { model: withLoras(sheet, loaded).model, shift: order.shift ?? 3 })
  const clip = sheet.add("QuadrupleCLIPLoader", {
    clip_name1: fileOf(order, "text1"),
    clip_name2: fileOf(order, "text2"),
    clip_name3: fileOf(order, "text3"),
    clip_name4: fileOf(order, "text4"),
  })
  const vae = sheet.add("VAELoader", { vae_name: fileOf(order, "vae") })
  const positive = sheet.add("CLIPTextEncode", { clip, text: order.prompt })
  const negative = sheet.add("CLIPTextEncode", { clip, text: order.negative })
  const latent = startLatent(sheet, vae, "EmptySD3LatentImage")
  for (const seed of order.seeds)
    savePicture(sheet, seed, sample(sheet, seed, { model, positive, negative, latent }), vae)
}
