import { contentKey } from "#src/job.ts"

/** A graph as ComfyUI's POST /prompt takes it, whoever wrote it: node id → class and inputs. */
export type ApiGraph = Record<string, { class_type: string; inputs: Record<string, unknown> }>

interface Loader {
  /** Folder of the file, by the input that names it. */
  files: Record<string, string>
  /** Inputs that decide in which form it is loaded. */
  forms?: readonly string[]
  /** Patches a model that is loaded already. */
  patch?: boolean
}

const CLIP = "text_encoders"

/** ComfyUI's nodes that read model files. */
const LOADERS: Record<string, Loader> = {
  CheckpointLoaderSimple: { files: { ckpt_name: "checkpoints" } },
  ImageOnlyCheckpointLoader: { files: { ckpt_name: "checkpoints" } },
  UNETLoader: { files: { unet_name: "diffusion_models" }, forms: ["weight_dtype"] },
  CLIPLoader: { files: { clip_name: CLIP }, forms: ["type"] },
  DualCLIPLoader: { files: { clip_name1: CLIP, clip_name2: CLIP }, forms: ["type"] },
  TripleCLIPLoader: { files: { clip_name1: CLIP, clip_name2: CLIP, clip_name3: CLIP } },
  QuadrupleCLIPLoader: { files: { clip_name1: CLIP, clip_name2: CLIP, clip_name3: CLIP, clip_name4: CLIP } },
  VAELoader: { files: { vae_name: "vae" } },
  CLIPVisionLoader: { files: { clip_name: "clip_vision" } },
  StyleModelLoader: { files: { style_model_name: "style_models" } },
  ControlNetLoader: { files: { control_net_name: "controlnet" } },
  UpscaleModelLoader: { files: { model_name: "upscale_models" } },
  LatentUpscaleModelLoader: { files: { model_name: "latent_upscale_models" } },
  AudioEncoderLoader: { files: { audio_encoder_name: "audio_encoders" } },
  ModelPatchLoader: { files: { name: "model_patches" }, patch: true },
  LoraLoader: { files: { lora_name: "loras" }, patch: true },
  LoraLoaderModelOnly: { files: { lora_name: "loras" }, patch: true },
}

export interface ModelFile {
  loader: string
  folder: string
  /** As the server names it, below the folder. */
  file: string
  /** "weight_dtype=fp8_e4m3fn", where the loader has such a choice. */
  form: string
  patch: boolean
}

/** The model files that a graph reads, in the order of its nodes. */
export function modelFiles(graph: ApiGraph): ModelFile[] {
  return Object.values(graph).flatMap(({ class_type: loader, inputs }) => {
    const { files = {}, forms = [], patch = false } = LOADERS[loader] ?? {}
    const form = forms.map((input) => `${input}=${wordOf(inputs[input])}`).join(" ")
    return Object.entries(files).flatMap(([input, folder]) => {
      const file = inputs[input]
      return typeof file === "string" ? [{ loader, folder, file, form, patch }] : []
    })
  })
}

const wordOf = (value: unknown) => (typeof value === "string" ? value : "default")

/** What a server must have for a graph: "node:KSampler", "vae/ae.safetensors"; each once, sorted. */
export function requirementsOf(graph: ApiGraph): string[] {
  const nodes = Object.values(graph).map((node) => `node:${node.class_type}`)
  const files = modelFiles(graph).map(({ folder, file }) => `${folder}/${file}`)
  return [...new Set([...nodes, ...files])].sort()
}

const MAX_NAME = 60

/**
 * What has to be in a server's memory for a graph: the same for graphs that load the same model files in the same form.
 * LoRAs do not count: they patch what is loaded, within a moment. It begins with the main file's name, for people.
 */
export function modelSignature(graph: ApiGraph): string {
  const files = modelFiles(graph).filter((file) => !file.patch)
  const parts = files.map(({ loader, folder, file, form }) => `${loader} ${folder}/${file} ${form}`).sort()
  const main = files.find(({ folder }) => folder === "checkpoints" || folder === "diffusion_models") ?? files[0]
  const label = main?.file.replace(/^.*[/\\]/, "").slice(0, MAX_NAME) ?? "no model"
  return `${label} #${contentKey([...new Set(parts)]).slice(0, 12)}`
}
