/** What a model file is, as far as its name tells. */
export type Detected =
  /** `sure: false`: the name says nothing, and SDXL is the likeliest. `tuned`: it was distilled, so that it wants other settings. */
  | { preset: string; sure: boolean; tuned?: Tuned }
  /** A model that no graph here can run. */
  | { unsupported: string }

export interface Tuned {
  steps: number
  cfg: number
  sampler: string
  scheduler: string
}

/** Beginnings and ends of words in file names, where letters of another word would mislead ("swan", "taiwan"). */
const ALONE = "(?<![a-z])"
const END = "(?![a-z])"
const GAP = "[-_. ]?"
const named = (pattern: string) => new RegExp(pattern.replaceAll("~", GAP), "i")

/** Models that need graphs of their own. Before the families, whose names they often carry. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [named(`hunyuan~3d`), "Hunyuan3D, which makes 3D models"],
  [named(`hunyuan~(image|dit)`), "a Hunyuan picture model"],
  [named(`ltx(v|~video)?~2(?![\\db])`), "LTX-2"],
  [
    named(`wan.*(vace|animate|s2v|fun${END}|infinitetalk|phantom|dancer|camera)`),
    "a Wan model that needs control input",
  ],
  [named(`qwen.*(layered|control~net)`), "a Qwen-Image model that needs other input"],
  [named(`qwen~image~2[._]1`), "Qwen-Image 2.1"],
  [named(`qwen~(2~5|3)~(vl|omni|\\d)|qwen.*${ALONE}vl${END}`), "a Qwen language model, used as a text encoder"],
  [named(`hidream.*(${ALONE}e1|${ALONE}o1)`), "a HiDream model that needs other input"],
  [named(`flux.*(${ALONE}fill${END}|canny|depth|redux|control~net)`), "a FLUX model that needs other input"],
  [named(`klein|flux~3(?!\\d)`), "FLUX.2 klein or FLUX.3"],
  [named(`chroma(?!tic)`), "Chroma"],
  [named(`z~image`), "Z-Image"],
  [named(`lumina`), "Lumina"],
  [named(`aura~flow`), "AuraFlow"],
  [named(`kolors`), "Kolors"],
  [named(`pixart`), "PixArt"],
  [named(`cascade`), "Stable Cascade"],
  [named(`cosmos`), "Cosmos"],
  [named(`mochi`), "Mochi"],
  [named(`kandinsky`), "Kandinsky"],
  [named(`omnigen`), "OmniGen"],
  [named(`${ALONE}ace~step|stable~audio`), "a sound model"],
  [named(`${ALONE}svd${END}|stable~video`), "Stable Video Diffusion"],
]

/** The first that fits counts: "ponyXL" is Pony before it is XL, "FluxXL" is FLUX, "IllustriousXL" is Illustrious. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [named(`hunyuan~video`), "hunyuan_video"],
  [named(`ltx`), "ltx_video"],
  [named(`wan~(video)?~2~2(?!\\d)|${ALONE}wan.*(high|low)~noise`), "wan_2_2"],
  [named(`wan~(video)?~2~1(?!\\d)|${ALONE}wan(?=video|[^a-z]|x|$)`), "wan_2_1"],
  [named(`qwen.*edit`), "qwen_edit"],
  [named(`qwen`), "qwen_image"],
  [named(`hidream`), "hidream"],
  [named(`flux~(dev~)?2(?!\\d)`), "flux2_dev"],
  [named(`kontext`), "flux_kontext"],
  [named(`flux.*krea|${ALONE}krea`), "flux_krea"],
  [named(`schnell|${ALONE}f1s${END}`), "flux_schnell"],
  [named(`flux|${ALONE}f1d${END}`), "flux_dev"],
  [named(`${ALONE}sd~3~5|${ALONE}sd~3(?!\\d)|stable~diffusion~3`), "sd_3_5"],
  [named(`pony`), "pony"],
  [named(`illustrious|noob(ai|xl)|${ALONE}il~?xl${END}|${ALONE}ilustmix`), "illustrious"],
  [named(`xl`), "sdxl"],
  [named(`${ALONE}(sd|v)~(1~[45]|2~[01])(?!\\d)|stable~diffusion~(v~)?[12](?!\\d)|${ALONE}768~v`), "sd_1_5"],
]

/** Ways of distilling SDXL and SD 1.5: fewer steps without guidance. Values of their makers. */
const DISTILLED: readonly (readonly [RegExp, Tuned])[] = [
  [named(`turbo`), { steps: 6, cfg: 1.5, sampler: "euler_ancestral", scheduler: "normal" }],
  [named(`lightning`), { steps: 8, cfg: 1.5, sampler: "euler", scheduler: "sgm_uniform" }],
  [named(`${ALONE}hyper|hyper${END}`), { steps: 8, cfg: 1, sampler: "euler", scheduler: "sgm_uniform" }],
  [named(`dmd~?2?`), { steps: 8, cfg: 1, sampler: "lcm", scheduler: "sgm_uniform" }],
  [named(`lcm`), { steps: 8, cfg: 1.5, sampler: "lcm", scheduler: "sgm_uniform" }],
]
const DISTILLABLE = new Set(["sdxl", "pony", "illustrious", "sd_1_5"])
/** SDXL is what most checkpoints without a telling name are. */
const FALLBACK = "sdxl"

/** The preset that runs a model file: "checkpoints/ponyXL_v6.safetensors" → pony. Folders and endings count for nothing. */
export function detectModel(fileName: string): Detected {
  const stem = fileName
    .slice(-300)
    .replace(/^.*[/\\]/, "")
    .replace(/\.(safetensors|sft|ckpt|pt|pth|bin|gguf)$/i, "")
  const other = OTHERS.find(([pattern]) => pattern.test(stem))
  if (other) return { unsupported: other[1] }
  const preset = FAMILIES.find(([pattern]) => pattern.test(stem))?.[1]
  const distilled = DISTILLABLE.has(preset ?? FALLBACK) && DISTILLED.find(([pattern]) => pattern.test(stem))
  return {
    preset: preset ?? FALLBACK,
    sure: preset !== undefined,
    ...(distilled ? { tuned: distilled[1] } : {}),
  }
}

/** Whether somebody means a model file and not a preset. */
export function isModelFile(name: string): boolean {
  return /\.(safetensors|sft|ckpt|pt|pth|bin)$/i.test(name.trim())
}
