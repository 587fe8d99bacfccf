import recorded from "./object-info.json" with { type: "json" }

/** Names of model files by folder, as GET /models/{folder} lists them. */
export type ModelFiles = Record<string, readonly string[]>

/** [type or list of choices, options], as in /object_info. Newer nodes write lists as ["COMBO", { options }]. */
export type InputSpec = [string | unknown[], Record<string, unknown>?]

export interface NodeInfo {
  input: {
    required?: Record<string, InputSpec>
    optional?: Record<string, InputSpec>
    /** "PROMPT" in older nodes, ["PROMPT"] in newer ones. */
    hidden?: Record<string, unknown>
  }
  input_order: Record<string, string[]>
  is_input_list: boolean
  output: string[]
  output_is_list: boolean[]
  output_name: string[]
  name: string
  display_name: string
  description: string
  python_module: string
  category: string
  output_node: boolean
}

export interface ObjectInfoOptions {
  /** Model files of the server; none by default, so that every loader has an empty list, as on a fresh installation. */
  models?: ModelFiles
  /** Files in its input folder. */
  inputs?: readonly string[]
  /** "classic" writes every list of choices as 0.3.64 does for core nodes: [[…]], without "COMBO". */
  style?: "classic" | "newer"
  /** Classes that this server does not have. */
  without?: readonly string[]
}

/** Which folder a loader's list comes from. */
const LOADERS: Record<string, string> = {
  "CheckpointLoaderSimple.ckpt_name": "checkpoints",
  "ImageOnlyCheckpointLoader.ckpt_name": "checkpoints",
  "UNETLoader.unet_name": "diffusion_models",
  "CLIPLoader.clip_name": "text_encoders",
  "DualCLIPLoader.clip_name1": "text_encoders",
  "DualCLIPLoader.clip_name2": "text_encoders",
  "TripleCLIPLoader.clip_name1": "text_encoders",
  "TripleCLIPLoader.clip_name2": "text_encoders",
  "TripleCLIPLoader.clip_name3": "text_encoders",
  "QuadrupleCLIPLoader.clip_name1": "text_encoders",
  "QuadrupleCLIPLoader.clip_name2": "text_encoders",
  "QuadrupleCLIPLoader.clip_name3": "text_encoders",
  "QuadrupleCLIPLoader.clip_name4": "text_encoders",
  "VAELoader.vae_name": "vae",
  "CLIPVisionLoader.clip_name": "clip_vision",
  "StyleModelLoader.style_model_name": "style_models",
  "LoraLoader.lora_name": "loras",
  "LoraLoaderModelOnly.lora_name": "loras",
  "ControlNetLoader.control_net_name": "controlnet",
  "UpscaleModelLoader.model_name": "upscale_models",
  "LatentUpscaleModelLoader.model_name": "latent_upscale_models",
  "AudioEncoderLoader.audio_encoder_name": "audio_encoders",
  "ModelPatchLoader.name": "model_patches",
}
const INPUT_FILES = new Set(["LoadImage.image", "LoadImageMask.image", "LoadVideo.file", "LoadAudio.audio"])

/** What /models answers on a server of the 0.38 era. */
export const MODEL_FOLDERS = [
  "checkpoints",
  "configs",
  "loras",
  "vae",
  "text_encoders",
  "diffusion_models",
  "clip_vision",
  "style_models",
  "embeddings",
  "diffusers",
  "vae_approx",
  "controlnet",
  "gligen",
  "upscale_models",
  "latent_upscale_models",
  "custom_nodes",
  "hypernetworks",
  "photomaker",
  "classifiers",
  "model_patches",
  "audio_encoders",
]

/** Nodes that only test servers have: one that takes its time and tells its progress, and one that fails. */
const TEST_NODES: Record<string, RecordedNode> = {
  TestSleep: {
    required: {
      image: ["IMAGE", {}],
      seconds: ["FLOAT", { default: 1, min: 0, max: 9999, step: 0.01 }],
      steps: ["INT", { default: 10, min: 1, max: 100000 }],
      previews: ["BOOLEAN", { default: false }],
    },
    output: ["IMAGE"],
    display_name: "Sleep",
    python_module: "custom_nodes.testing-pack",
  },
  TestError: {
    required: {
      image: ["IMAGE", {}],
      exception_type: ["STRING", { default: "RuntimeError" }],
      exception_message: ["STRING", { default: "the node failed" }],
    },
    output: ["IMAGE"],
    display_name: "Error",
    python_module: "custom_nodes.testing-pack",
  },
}

/** Nodes that were different in 0.3.64. */
const CLASSIC_NODES: Record<string, RecordedNode> = {
  SaveVideo: {
    required: {
      video: ["VIDEO", {}],
      filename_prefix: ["STRING", { default: "video/ComfyUI" }],
      format: [["auto", "mp4"], { default: "auto" }],
      codec: [["auto", "h264"], { default: "auto" }],
    },
    hidden: { prompt: "PROMPT", extra_pnginfo: "EXTRA_PNGINFO" },
    output: [],
    display_name: "Save Video",
    python_module: "comfy_extras.nodes_video",
    output_node: true,
  },
  VoxelToMeshBasic: {
    required: { voxel: ["VOXEL", {}], threshold: ["FLOAT", { default: 0.6, min: -1, max: 1, step: 0.01 }] },
    output: ["MESH"],
    display_name: "VoxelToMeshBasic",
    python_module: "comfy_extras.nodes_hunyuan3d",
  },
}

interface RecordedNode {
  required?: Record<string, InputSpec>
  optional?: Record<string, InputSpec>
  hidden?: Record<string, unknown>
  output: string[]
  output_name?: string[]
  output_is_list?: boolean[]
  display_name: string | null
  python_module: string
  output_node?: boolean
}

/**
 * The answer of /object_info for about 120 core nodes. Their inputs, types, ranges and choices were recorded from a running
 * server of October 2026, without tooltips and search words; the lists of model files are the caller's.
 */
export function objectInfo(options: ObjectInfoOptions = {}): Record<string, NodeInfo> {
  // The JSON file is ours; its shape is what object-info.json holds.
  const core = recorded.nodes as unknown as Record<string, RecordedNode>
  const nodes = { ...core, ...(options.style === "classic" && CLASSIC_NODES), ...TEST_NODES }
  const missing = new Set(options.without)
  return Object.fromEntries(
    Object.entries(nodes)
      .filter(([name]) => !missing.has(name))
      .map(([name, node]) => [name, nodeInfo(name, node, options)]),
  )
}

/** The classes that `objectInfo` knows when nothing is left out. */
export function nodeClasses(): string[] {
  return [...Object.keys(recorded.nodes), ...Object.keys(TEST_NODES)]
}

function nodeInfo(name: string, node: RecordedNode, options: ObjectInfoOptions): NodeInfo {
  const inputs = (group: Record<string, InputSpec> | undefined) =>
    group &&
    Object.fromEntries(Object.entries(group).map(([input, it]) => [input, spec(`${name}.${input}`, it, options)]))
  const required = inputs(node.required)
  const optional = inputs(node.optional)
  const input = {
    ...(required && { required }),
    ...(optional && { optional }),
    ...(node.hidden && { hidden: node.hidden }),
  }
  return {
    input,
    input_order: Object.fromEntries(Object.entries(input).map(([group, it]) => [group, Object.keys(it)])),
    is_input_list: false,
    output: node.output,
    output_is_list: node.output_is_list ?? node.output.map(() => false),
    output_name: node.output_name ?? node.output,
    name,
    display_name: node.display_name ?? name,
    description: "",
    python_module: node.python_module,
    category: node.python_module.split(".").at(-1) ?? "",
    output_node: node.output_node ?? false,
  }
}

function spec(path: string, [type, given]: InputSpec, { models, inputs, style }: ObjectInfoOptions): InputSpec {
  const folder = LOADERS[path]
  const isList = Array.isArray(type) || type === "COMBO" || type === "$samplers" || type === "$schedulers"
  if (!isList) return given === undefined ? [type] : [type, given]
  let choices: unknown[] = Array.isArray(type) ? type : ((given?.["options"] as unknown[] | undefined) ?? [])
  if (type === "$samplers" || given?.["options"] === "$samplers") choices = recorded.samplers
  if (type === "$schedulers" || given?.["options"] === "$schedulers") choices = recorded.schedulers
  if (folder !== undefined) choices = [...(models?.[folder] ?? []), ...choices]
  if (INPUT_FILES.has(path)) choices = [...(inputs ?? [])]
  if (type !== "COMBO") return given === undefined ? [choices] : [choices, given]
  if (style !== "classic") return ["COMBO", { ...given, options: choices }]
  const { options: _, ...rest } = given ?? {}
  return [choices, rest]
}
