import { at } from "#src/media/graphs/graph.ts"
import type { Link } from "#src/media/graphs/graph.ts"
import {
  fileOf,
  loadPicture,
  sampleGuided,
  savePicture,
  startLatent,
  withBoost,
  withLoras,
} from "#src/media/graphs/parts.ts"
import type { Sheet } from "#src/media/graphs/parts.ts"

/** Shift of the noise schedule for large and small pictures, as FLUX.1 dev was trained. */
const MAX_SHIFT = 1.15
const BASE_SHIFT = 0.5

/** FLUX.1: dev, Krea and Kontext take guidance in place of cfg; schnell takes neither. */
export function fluxGraph(sheet: Sheet): void {
  const { order } = sheet
  const parts = loadFlux(sheet)
  const { model: bare, clip } = withLoras(sheet, parts.model, parts.clip)
  const text = sheet.add("CLIPTextEncode", { clip, text: order.prompt })
  const edited = order.way === "edit" ? withReferences(sheet, text, parts.vae) : undefined
  const conditioning = edited?.conditioning ?? text
  const latent = edited?.latent ?? startLatent(sheet, parts.vae, "EmptySD3LatentImage")
  const isGuided = order.guidance !== undefined
  // An edited picture keeps its own size, which is not known here; the model's standing shift is right near a megapixel.
  const model =
    isGuided && !edited
      ? sheet.add("ModelSamplingFlux", {
          model: bare,
          max_shift: MAX_SHIFT,
          base_shift: BASE_SHIFT,
          width: order.width,
          height: order.height,
        })
      : bare
  const guided = isGuided ? sheet.add("FluxGuidance", { conditioning, guidance: order.guidance }) : conditioning
  const guider = sheet.add("BasicGuider", { model, conditioning: guided })
  const { scheduler, steps, denoise } = order
  const sigmas = sheet.add("BasicScheduler", { model, scheduler, steps, denoise })
  for (const seed of order.seeds)
    savePicture(sheet, seed, sampleGuided(sheet, seed, { guider, sigmas, latent }), parts.vae)
}

/** FLUX.2: one text encoder, a schedule of its own, references for edits. */
export function flux2Graph(sheet: Sheet): void {
  const { order } = sheet
  const { width, height, steps } = order
  const loaded = sheet.add("UNETLoader", { unet_name: fileOf(order, "model"), weight_dtype: "default" })
  const { model } = withLoras(sheet, withBoost(sheet, loaded, "boost"))
  const clip = sheet.add("CLIPLoader", { clip_name: fileOf(order, "text1"), type: "flux2" })
  const vae = sheet.add("VAELoader", { vae_name: fileOf(order, "vae") })
  const text = sheet.add("CLIPTextEncode", { clip, text: order.prompt })
  const conditioning = order.way === "edit" ? withReferences(sheet, text, vae).conditioning : text
  const guider = sheet.add("BasicGuider", {
    model,
    conditioning: sheet.add("FluxGuidance", { conditioning, guidance: order.guidance ?? 4 }),
  })
  const sigmas = sheet.add("Flux2Scheduler", { steps, width, height })
  const latent = sheet.add("EmptyFlux2LatentImage", { width, height, batch_size: 1 })
  for (const seed of order.seeds) savePicture(sheet, seed, sampleGuided(sheet, seed, { guider, sigmas, latent }), vae)
}

function loadFlux(sheet: Sheet): { model: Link; clip: Link; vae: Link } {
  const { order } = sheet
  if (order.files.checkpoint) {
    const loaded = sheet.add("CheckpointLoaderSimple", { ckpt_name: order.files.checkpoint })
    return { model: loaded, clip: at(loaded, 1), vae: at(loaded, 2) }
  }
  return {
    model: sheet.add("UNETLoader", { unet_name: fileOf(order, "model"), weight_dtype: "default" }),
    clip: sheet.add("DualCLIPLoader", {
      clip_name1: fileOf(order, "text1"),
      clip_name2: fileOf(order, "text2"),
      type: "flux",
    }),
    vae: sheet.add("VAELoader", { vae_name: fileOf(order, "vae") }),
  }
}

/** The sources as references beside the words, each in the nearest size the model knows; the result has the first one's. */
function withReferences(sheet: Sheet, text: Link, vae: Link): { conditioning: Link; latent: Link } {
  const latents = sheet.order.sources.map((_, index) =>
    sheet.add("VAEEncode", { pixels: sheet.add("FluxKontextImageScale", { image: loadPicture(sheet, index) }), vae }),
  )
  const [latent] = latents
  if (!latent) throw new Error("an edit without a picture")
  let conditioning = text
  for (const reference of latents) conditioning = sheet.add("ReferenceLatent", { conditioning, latent: reference })
  return { conditioning, latent }
}
