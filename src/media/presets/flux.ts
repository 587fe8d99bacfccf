import type { Build, Files, Preset } from "#src/media/preset.ts"

const TEXT: Files = {
  text1: ["clip_l.safetensors"],
  text2: ["t5xxl_fp16.safetensors", "t5xxl_fp8_e4m3fn_scaled.safetensors", "t5xxl_fp8_e4m3fn.safetensors"],
  vae: ["ae.safetensors"],
}

/** The model by itself, or a checkpoint that holds the text encoders and the decoder too. */
const builds = (models: string[], checkpoints: string[] = []): Build[] => [
  { ways: ["text", "image"], files: { model: models, ...TEXT } },
  ...(checkpoints.length > 0 ? [{ ways: ["text", "image"] as const, files: { checkpoint: checkpoints } }] : []),
]

const FLUX = {
  makes: "image",
  family: "flux",
  kinds: ["comfyui"],
  settings: { steps: 20, cfg: 1, guidance: 3.5, sampler: "euler", scheduler: "simple", width: 1024, height: 1024 },
  noNegative: true,
  size: { multiple: 16, max: 2048, maxPixels: 2_097_152 },
  maxLoras: 3,
  vramMb: 7_500,
  stepSeconds: 0.9,
  licence:
    "FLUX.1 [dev] Non-Commercial License: pictures may be used freely, running it as a business needs a licence.",
  nonCommercial: true,
  prompting: "Sentences that describe the picture.",
} as const satisfies Partial<Preset>

/** Steps and guidance of the official ComfyUI examples; fast and quality are StoryCanvas'. */
export const flux: readonly Preset[] = [
  {
    ...FLUX,
    name: "flux_dev",
    title: "FLUX.1 dev",
    builds: builds(
      ["flux1-dev.safetensors", "flux1-dev-fp8-e4m3fn.safetensors", "flux1-dev-kijai-fp8.safetensors"],
      ["flux1-dev-fp8.safetensors"],
    ),
    fast: { steps: 8 },
    quality: { steps: 28 },
  },
  {
    ...FLUX,
    name: "flux_schnell",
    title: "FLUX.1 schnell",
    builds: builds(
      ["flux1-schnell.safetensors", "flux1-schnell-fp8-e4m3fn.safetensors"],
      ["flux1-schnell-fp8.safetensors"],
    ),
    settings: { steps: 4, cfg: 1, sampler: "euler", scheduler: "simple", width: 1024, height: 1024 },
    fast: { steps: 4 },
    quality: { steps: 8 },
    licence: "Apache 2.0: free for everything.",
    nonCommercial: false,
  },
  {
    ...FLUX,
    name: "flux_krea",
    title: "FLUX.1 Krea dev",
    builds: builds(["flux1-krea-dev_fp8_scaled.safetensors", "flux1-krea-dev.safetensors"]),
    fast: { steps: 4 },
    quality: { steps: 8 },
    warnings: {
      fast: "4 steps are meant for distilled models: FLUX.1 Krea stays blurred with so few. Leave the quality at standard for 20.",
      quality: "8 steps are few for FLUX.1 Krea, which is not distilled. Leave the quality at standard for 20.",
    },
  },
  {
    ...FLUX,
    name: "flux_kontext",
    title: "FLUX.1 Kontext dev",
    builds: [
      {
        ways: ["edit"],
        files: { model: ["flux1-dev-kontext_fp8_scaled.safetensors", "flux1-kontext-dev.safetensors"], ...TEXT },
      },
    ],
    settings: { ...FLUX.settings, guidance: 2.5 },
    fast: { steps: 12 },
    quality: { steps: 28 },
    prompting: "An instruction: make the coat red, keep everything else.",
  },
  {
    ...FLUX,
    name: "flux_pro",
    title: "FLUX.1 pro",
    builds: [],
    refused: {
      problem:
        "FLUX pro has no published weights: it runs only at its makers, through paid nodes that need a Comfy account.",
      hint: "Use flux2_dev or flux_dev, which run on a server of your own.",
    },
    fast: { steps: 12 },
    quality: { steps: 35, width: 2048, height: 2048 },
    maxLoras: 0,
    licence: "No weights; an API only.",
  },
  {
    ...FLUX,
    name: "flux2_dev",
    title: "FLUX.2 dev",
    family: "flux2",
    builds: [
      {
        ways: ["text", "edit"],
        files: {
          model: ["flux2_dev_fp8mixed.safetensors", "flux2-dev.safetensors"],
          text1: ["mistral_3_small_flux2_bf16.safetensors", "mistral_3_small_flux2_fp8.safetensors"],
          vae: ["flux2-vae.safetensors", "full_encoder_small_decoder.safetensors"],
        },
        boost: { files: { boost: ["Flux_2-Turbo-LoRA_comfyui.safetensors"] }, settings: { steps: 8 } },
      },
    ],
    settings: { ...FLUX.settings, guidance: 4 },
    fast: { steps: 12 },
    quality: { steps: 28 },
    vramMb: 15_000,
    stepSeconds: 3,
    licence: "FLUX.2 [dev] Non-Commercial License: running it as a business needs a licence.",
  },
]
