/** What a model makes its picture or video from. */
export type Way =
  /** Words alone. */
  | "text"
  /** One picture, changed as far as a strength says. */
  | "image"
  /** Pictures and an instruction: "make the coat red". */
  | "edit"
  /** A video that begins with a picture. */
  | "first"
  /** A video between two pictures. */
  | "first_last"

/** Models that are run by the same kind of graph. */
export type Family = "sd" | "flux" | "flux2" | "qwen" | "qwen_edit" | "hidream" | "wan" | "ltx" | "hunyuan" | "openai"

/** What a model file is for. */
export const roles = [
  "checkpoint",
  "refiner",
  "model",
  "modelLow",
  "text1",
  "text2",
  "text3",
  "text4",
  "vae",
  "vision",
  "boost",
  "boostLow",
  "remote",
] as const
export type Role = (typeof roles)[number]

/** The folder of a server, below its models, in which files of this kind lie. */
export const folderOf: Record<Role, string> = {
  checkpoint: "checkpoints",
  refiner: "checkpoints",
  model: "diffusion_models",
  modelLow: "diffusion_models",
  text1: "text_encoders",
  text2: "text_encoders",
  text3: "text_encoders",
  text4: "text_encoders",
  vae: "vae",
  vision: "clip_vision",
  boost: "loras",
  boostLow: "loras",
  /** A model of a server that speaks OpenAI's protocol, by its name there. */
  remote: "models",
}

/** Where a file belongs, for people. */
export function placeOf(role: Role, name: string): string {
  return role === "remote" ? `the model ${name}` : `models/${folderOf[role]}/${name}`
}

/** Names under which a file is known, the one to get first. */
export type FileNames = readonly string[]
export type Files = Partial<Record<Role, FileNames>>

/** Everything a run is set to that is no matter of taste in words. */
export interface Settings {
  steps: number
  /** How far the prompt is exaggerated against the negative one; 1 = not at all, and then the negative one does nothing. */
  cfg: number
  /** The value that distilled models take in place of cfg. */
  guidance?: number
  /** Shift of the noise schedule, of models that have one. */
  shift?: number
  sampler: string
  scheduler: string
  width: number
  height: number
  /** Layers of the text encoder left out at its end, as ComfyUI counts: -2 is "clip skip 2". */
  clipSkip?: number
  frames?: number
  fps?: number
}

/** One set of files a preset can run with, for some of its ways. */
export interface Build {
  ways: readonly Way[]
  files: Files
  /** Files that are used when they are there. */
  optional?: readonly Role[]
  /** How these files differ from the preset's own settings. */
  settings?: Partial<Settings>
  /** The negative prompt does nothing with these files. */
  noNegative?: boolean
  /** LoRAs that make it fast, used for `fast` where a server has them. */
  boost?: { files: Files; settings: Partial<Settings> }
}

export interface SizeRule {
  /** Edges are multiples of this many pixels. */
  multiple: number
  /** Longest edge, in pixels. */
  max: number
  /** Most pixels: beyond, the model repeats itself or memory runs out. */
  maxPixels: number
}

export interface FrameRule {
  /** Frame counts are a multiple of this, plus one: the first frame stands alone in the latent video. */
  every: number
  max: number
}

export const qualities = ["fast", "standard", "quality"] as const
export type Quality = (typeof qualities)[number]

/** A model with everything that is known of how to run it. Data only; src/media/graphs/ knows how. */
export interface Preset {
  name: string
  title: string
  makes: "image" | "video"
  family: Family
  /** Kinds of server that can run it. */
  kinds: readonly string[]
  /** In the order of preference. Empty: it cannot be run here, and `refused` says why. */
  builds: readonly Build[]
  refused?: { problem: string; hint: string }
  /** What its makers use: `standard`. */
  settings: Settings
  /** StoryCanvas' two variants; steps, and sizes where they differ. */
  fast: Partial<Settings>
  quality: Partial<Settings>
  /** Said when the variant is chosen. */
  warnings?: Partial<Record<Quality, string>>
  noNegative?: boolean
  /** The negative prompt where nobody gives one. */
  negative?: string
  size: SizeRule
  frames?: FrameRule
  maxLoras: number
  /** GPU memory below which it is not worth trying, in MB, with weights in 8 bits and ComfyUI moving parts to main memory. */
  vramMb: number
  /** Seconds for one pass over one megapixel (of 16 frames) on a card of the 24 GB class, roughly; a step with cfg is two. */
  stepSeconds: number
  /** In one line, with what it means for selling. */
  licence: string
  /** The licence of the weights allows selling pictures only with an agreement. */
  nonCommercial?: boolean
  /** What to write: tags or sentences. */
  prompting?: string
}
