import type { Files, Preset } from "#src/media/preset.ts"

const COMMON: Files = {
  text1: ["qwen_2.5_vl_7b_fp8_scaled.safetensors", "qwen_2.5_vl_7b.safetensors"],
  vae: ["qwen_image_vae.safetensors"],
}

const QWEN = {
  makes: "image",
  kinds: ["comfyui"],
  size: { multiple: 16, max: 2048, maxPixels: 2_883_584 },
  maxLoras: 3,
  vramMb: 11_000,
  stepSeconds: 0.85,
  licence: "Apache 2.0: free for everything.",
  prompting: "Sentences; text in the picture stands in quotes.",
} as const satisfies Partial<Preset>

/** Steps and cfg of the official ComfyUI examples; fast and quality are StoryCanvas'. */
export const qwen: readonly Preset[] = [
  {
    ...QWEN,
    name: "qwen_image",
    title: "Qwen-Image",
    family: "qwen",
    builds: [
      {
        ways: ["text", "image"],
        files: { model: ["qwen_image_fp8_e4m3fn.safetensors", "qwen_image_bf16.safetensors"], ...COMMON },
        boost: {
          files: { boost: ["Qwen-Image-Lightning-8steps-V1.0.safetensors"] },
          settings: { steps: 8, cfg: 1 },
        },
      },
      {
        ways: ["text", "image"],
        files: { model: ["qwen_image_2512_fp8_e4m3fn.safetensors", "qwen_image_2512_bf16.safetensors"], ...COMMON },
        settings: { cfg: 4 },
        boost: {
          files: { boost: ["Qwen-Image-2512-Lightning-4steps-V1.0-fp32.safetensors"] },
          settings: { steps: 4, cfg: 1 },
        },
      },
    ],
    settings: {
      steps: 20,
      cfg: 2.5,
      shift: 3.1,
      sampler: "euler",
      scheduler: "simple",
      width: 1328,
      height: 1328,
    },
    fast: { steps: 10 },
    quality: { steps: 20 },
  },
  {
    ...QWEN,
    name: "qwen_edit",
    title: "Qwen-Image-Edit",
    family: "qwen_edit",
    builds: [
      {
        ways: ["edit"],
        files: {
          model: ["qwen_image_edit_2511_fp8mixed.safetensors", "qwen_image_edit_2511_bf16.safetensors"],
          ...COMMON,
        },
        boost: {
          files: { boost: ["Qwen-Image-Edit-2511-Lightning-4steps-V1.0-bf16.safetensors"] },
          settings: { steps: 4, cfg: 1 },
        },
      },
      {
        ways: ["edit"],
        files: { model: ["qwen_image_edit_2509_fp8_e4m3fn.safetensors"], ...COMMON },
        boost: {
          files: { boost: ["Qwen-Image-Edit-2509-Lightning-4steps-V1.0-bf16.safetensors"] },
          settings: { steps: 4, cfg: 1 },
        },
      },
      {
        ways: ["edit"],
        files: { model: ["qwen_image_edit_fp8_e4m3fn.safetensors"], ...COMMON },
        settings: { cfg: 2.5 },
        boost: {
          files: { boost: ["Qwen-Image-Edit-Lightning-4steps-V1.0-bf16.safetensors"] },
          settings: { steps: 4, cfg: 1 },
        },
      },
    ],
    settings: { steps: 20, cfg: 4, shift: 3.1, sampler: "euler", scheduler: "simple", width: 1024, height: 1024 },
    fast: { steps: 8 },
    quality: { steps: 15 },
    prompting: "An instruction: replace the dog of picture 1 by the cat of picture 2.",
  },
]
