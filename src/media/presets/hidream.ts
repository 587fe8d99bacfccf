import type { Build, Files, Preset } from "#src/media/preset.ts"

const COMMON: Files = {
  text1: ["clip_l_hidream.safetensors"],
  text2: ["clip_g_hidream.safetensors"],
  text3: ["t5xxl_fp8_e4m3fn_scaled.safetensors", "t5xxl_fp16.safetensors", "t5xxl_fp8_e4m3fn.safetensors"],
  text4: ["llama_3.1_8b_instruct_fp8_scaled.safetensors"],
  vae: ["ae.safetensors"],
}

/** Distilled models burn at a cfg above 1. */
const distilled = (model: string, settings: Build["settings"]): Build => ({
  ways: ["text", "image"],
  files: { model: [`${model}_fp8.safetensors`, `${model}_bf16.safetensors`], ...COMMON },
  settings: { cfg: 1, sampler: "lcm", scheduler: "normal", ...settings },
  noNegative: true,
})

/** Settings of the official ComfyUI examples; fast and quality are StoryCanvas'. */
export const hidream: readonly Preset[] = [
  {
    name: "hidream",
    title: "HiDream-I1",
    makes: "image",
    family: "hidream",
    kinds: ["comfyui"],
    builds: [
      {
        ways: ["text", "image"],
        files: {
          model: ["hidream_i1_full_fp8.safetensors", "hidream_i1_full_fp16.safetensors"],
          ...COMMON,
        },
      },
      distilled("hidream_i1_dev", { steps: 28, shift: 6 }),
      distilled("hidream_i1_fast", { steps: 16, shift: 3 }),
    ],
    settings: {
      steps: 30,
      cfg: 5,
      shift: 3,
      sampler: "euler",
      scheduler: "simple",
      width: 1024,
      height: 1024,
    },
    fast: { steps: 12 },
    quality: { steps: 25 },
    size: { multiple: 16, max: 2048, maxPixels: 2_097_152 },
    maxLoras: 3,
    vramMb: 15_000,
    stepSeconds: 1.1,
    licence: "MIT; its Llama text encoder is under the Llama 3.1 Community License.",
    prompting: "Sentences that describe the picture.",
  },
]
