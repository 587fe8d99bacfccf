import type { Graph } from "#workers/backends/comfyui/order.ts"

/** A model file that a graph names. */
export interface ModelFile {
  /** Id of the loader in the graph. */
  node: string
  input: string
  /** Folder under models/. */
  folder: string
  /** As the graph writes it. */
  file: string
}

/** Loaders and the inputs that name their files, with the folder of each list (folder_paths.py of ComfyUI; GGUF: the nodes of city96). */
const MODEL_INPUTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  CheckpointLoaderSimple: { ckpt_name: "checkpoints" },
  CheckpointLoader: { ckpt_name: "checkpoints" },
  ImageOnlyCheckpointLoader: { ckpt_name: "checkpoints" },
  unCLIPCheckpointLoader: { ckpt_name: "checkpoints" },
  UNETLoader: { unet_name: "diffusion_models" },
  CLIPLoader: { clip_name: "text_encoders" },
  DualCLIPLoader: { clip_name1: "text_encoders", clip_name2: "text_encoders" },
  TripleCLIPLoader: { clip_name1: "text_encoders", clip_name2: "text_encoders", clip_name3: "text_encoders" },
  QuadrupleCLIPLoader: {
    clip_name1: "text_encoders",
    clip_name2: "text_encoders",
    clip_name3: "text_encoders",
    clip_name4: "text_encoders",
  },
  VAELoader: { vae_name: "vae" },
  CLIPVisionLoader: { clip_name: "clip_vision" },
  StyleModelLoader: { style_model_name: "style_models" },
  LoraLoader: { lora_name: "loras" },
  LoraLoaderModelOnly: { lora_name: "loras" },
  ControlNetLoader: { control_net_name: "controlnet" },
  DiffControlNetLoader: { control_net_name: "controlnet" },
  UpscaleModelLoader: { model_name: "upscale_models" },
  LatentUpscaleModelLoader: { model_name: "latent_upscale_models" },
  AudioEncoderLoader: { audio_encoder_name: "audio_encoders" },
  ModelPatchLoader: { name: "model_patches" },
  PhotoMakerLoader: { photomaker_model_name: "photomaker" },
  GLIGENLoader: { gligen_name: "gligen" },
  HypernetworkLoader: { hypernetwork_name: "hypernetworks" },
  UnetLoaderGGUF: { unet_name: "unet_gguf" },
  CLIPLoaderGGUF: { clip_name: "clip_gguf" },
  DualCLIPLoaderGGUF: { clip_name1: "clip_gguf", clip_name2: "clip_gguf" },
}

/** Older names of folders, which servers of 2024 list. */
const NOW: Readonly<Record<string, string>> = { clip: "text_encoders", unet: "diffusion_models" }

/** The name of a folder of models as the studio writes it. */
export const folderName = (listed: string) => NOW[listed] ?? listed

/** The folder whose files an input lists; undefined when it lists none, or is not known to. */
export function folderOfInput(classType: string, input: string): string | undefined {
  return MODEL_INPUTS[classType]?.[input]
}

/** The inputs of a class that name model files. */
export function modelInputs(classType: string): [input: string, folder: string][] {
  return Object.entries(MODEL_INPUTS[classType] ?? {})
}

/** The model files that a graph names, in the order of its nodes. Names that come over a link are not known. */
export function modelFiles(graph: Graph): ModelFile[] {
  return Object.entries(graph).flatMap(([node, { class_type, inputs }]) =>
    modelInputs(class_type).flatMap(([input, folder]) => {
      const file = inputs[input]
      return typeof file === "string" ? [{ node, input, folder, file }] : []
    }),
  )
}

/** Servers on Windows write folders inside folders with a backslash. */
export const slashes = (path: string) => path.replaceAll("\\", "/")
