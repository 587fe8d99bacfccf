import type { Preset } from "#src/media/preset.ts"

const XL = {
  makes: "image",
  family: "sd",
  kinds: ["comfyui"],
  size: { multiple: 8, max: 2048, maxPixels: 2_359_296 },
  maxLoras: 5,
  vramMb: 5_500,
  stepSeconds: 0.11,
  licence: "CreativeML Open RAIL++-M: pictures may be sold; some uses are forbidden.",
} as const satisfies Partial<Preset>

const SDXL_BASE = ["sd_xl_base_1.0.safetensors", "sd_xl_base_1.0_0.9vae.safetensors"]

/** Steps, sampler and guidance of the official ComfyUI examples; fast and quality are StoryCanvas'. */
export const stableDiffusion: readonly Preset[] = [
  {
    ...XL,
    name: "sdxl",
    title: "Stable Diffusion XL",
    builds: [
      {
        ways: ["text", "image"],
        files: { checkpoint: SDXL_BASE, refiner: ["sd_xl_refiner_1.0.safetensors"] },
        optional: ["refiner"],
      },
    ],
    settings: { steps: 25, cfg: 8, sampler: "euler", scheduler: "normal", width: 1024, height: 1024 },
    fast: { steps: 15 },
    quality: { steps: 35 },
    prompting: "Short phrases between commas.",
  },
  {
    ...XL,
    name: "pony",
    title: "Pony Diffusion V6 XL",
    builds: [
      {
        ways: ["text", "image"],
        files: {
          checkpoint: ["ponyDiffusionV6XL_v6StartWithThisOne.safetensors", "ponyDiffusionV6XL.safetensors"],
          vae: ["sdxl_vae.safetensors"],
        },
        optional: ["vae"],
      },
    ],
    settings: {
      steps: 25,
      cfg: 7,
      sampler: "euler_ancestral",
      scheduler: "normal",
      width: 1024,
      height: 1024,
      clipSkip: -2,
    },
    fast: { steps: 12 },
    quality: { steps: 28 },
    licence: "Fair AI Public License 1.0-SD, modified: running it as a paid service needs an agreement.",
    prompting: "Tags, beginning with score_9, score_8_up, score_7_up.",
  },
  {
    ...XL,
    name: "illustrious",
    title: "Illustrious XL",
    builds: [
      {
        ways: ["text", "image"],
        files: {
          checkpoint: [
            "Illustrious-XL-v1.0.safetensors",
            "Illustrious-XL-v2.0.safetensors",
            "Illustrious-XL-v0.1.safetensors",
          ],
        },
      },
    ],
    settings: { steps: 25, cfg: 6, sampler: "euler_ancestral", scheduler: "normal", width: 1024, height: 1024 },
    fast: { steps: 15 },
    quality: { steps: 30 },
    licence: "Fair AI Public License 1.0-SD: changes to the model must be shared; pictures may be sold.",
    prompting: "Tags between commas: 1girl, red coat, city street, masterpiece.",
  },
  {
    name: "sd_3_5",
    title: "Stable Diffusion 3.5 Large",
    makes: "image",
    family: "sd",
    kinds: ["comfyui"],
    builds: [
      {
        ways: ["text", "image"],
        files: {
          checkpoint: [
            "sd3.5_large_fp8_scaled.safetensors",
            "sd3.5_medium_incl_clips_t5xxlfp8scaled.safetensors",
            "sd3_medium_incl_clips_t5xxlfp8.safetensors",
          ],
        },
      },
    ],
    settings: { steps: 20, cfg: 4, sampler: "euler", scheduler: "sgm_uniform", width: 1024, height: 1024 },
    fast: { steps: 15 },
    quality: { steps: 35 },
    size: { multiple: 16, max: 2048, maxPixels: 2_097_152 },
    maxLoras: 3,
    vramMb: 9_500,
    stepSeconds: 0.4,
    licence: "Stability AI Community License: free below one million dollars of yearly revenue.",
    prompting: "Sentences.",
  },
  {
    name: "sd_1_5",
    title: "Stable Diffusion 1.5",
    makes: "image",
    family: "sd",
    kinds: ["comfyui"],
    builds: [
      {
        ways: ["text", "image"],
        files: {
          checkpoint: [
            "v1-5-pruned-emaonly-fp16.safetensors",
            "v1-5-pruned-emaonly.safetensors",
            "v1-5-pruned-emaonly.ckpt",
          ],
        },
      },
    ],
    settings: { steps: 20, cfg: 8, sampler: "euler", scheduler: "normal", width: 512, height: 512 },
    fast: { steps: 15 },
    quality: { steps: 25 },
    size: { multiple: 8, max: 1024, maxPixels: 786_432 },
    maxLoras: 5,
    vramMb: 2_500,
    stepSeconds: 0.14,
    licence: "CreativeML Open RAIL-M: pictures may be sold; some uses are forbidden.",
    prompting: "Short phrases between commas.",
  },
]
