import type { Files, Preset } from "#src/media/preset.ts"

const WAN_TEXT: Files = {
  text1: ["umt5_xxl_fp8_e4m3fn_scaled.safetensors", "umt5_xxl_fp16.safetensors"],
}
const WAN_COMMON: Files = { ...WAN_TEXT, vae: ["wan_2.1_vae.safetensors"] }
const WAN_VISION: Files = { ...WAN_COMMON, vision: ["clip_vision_h.safetensors"] }

/** What Wan's makers leave out by default, in English. */
const WAN_NEGATIVE =
  "garish colours, overexposed, static, blurred details, subtitles, painting, still picture, greyish, worst quality, low quality, " +
  "JPEG artefacts, ugly, mutilated, extra fingers, badly drawn hands, badly drawn faces, deformed, disfigured, malformed limbs, " +
  "fused fingers, motionless picture, cluttered background, three legs, crowded background, walking backwards"
/** That of the official examples. */
const LTX_NEGATIVE =
  "low quality, worst quality, deformed, distorted, disfigured, motion smear, motion artifacts, fused fingers, bad anatomy, weird hand, ugly"

const VIDEO = { makes: "video", kinds: ["comfyui"] } as const satisfies Partial<Preset>

/** Models, sizes and settings of the official ComfyUI examples; fast and quality are StoryCanvas'. */
export const video: readonly Preset[] = [
  {
    ...VIDEO,
    name: "wan_2_1",
    title: "Wan 2.1",
    family: "wan",
    builds: [
      {
        ways: ["text"],
        files: {
          model: [
            "wan2.1_t2v_14B_fp8_scaled.safetensors",
            "wan2.1_t2v_14B_fp8_e4m3fn.safetensors",
            "wan2.1_t2v_14B_fp16.safetensors",
            "wan2.1_t2v_1.3B_fp16.safetensors",
            "wan2.1_t2v_1.3B_bf16.safetensors",
          ],
          ...WAN_COMMON,
        },
      },
      {
        ways: ["first"],
        files: {
          model: [
            "wan2.1_i2v_480p_14B_fp8_scaled.safetensors",
            "wan2.1_i2v_480p_14B_fp8_e4m3fn.safetensors",
            "wan2.1_i2v_480p_14B_fp16.safetensors",
            "wan2.1_i2v_720p_14B_fp8_scaled.safetensors",
            "wan2.1_i2v_720p_14B_fp16.safetensors",
          ],
          ...WAN_VISION,
        },
      },
      {
        ways: ["first_last"],
        files: {
          model: ["wan2.1_flf2v_720p_14B_fp8_e4m3fn.safetensors", "wan2.1_flf2v_720p_14B_fp16.safetensors"],
          ...WAN_VISION,
        },
      },
    ],
    settings: {
      steps: 25,
      cfg: 6,
      shift: 8,
      sampler: "uni_pc",
      scheduler: "simple",
      width: 832,
      height: 480,
      frames: 81,
      fps: 16,
    },
    fast: { steps: 15, width: 512, height: 512 },
    quality: { steps: 25, width: 512, height: 512 },
    size: { multiple: 16, max: 1280, maxPixels: 921_600 },
    frames: { every: 4, max: 121 },
    maxLoras: 3,
    vramMb: 7_500,
    stepSeconds: 3.5,
    licence: "Apache 2.0: free for everything.",
    negative: WAN_NEGATIVE,
    prompting: "Sentences: who does what, where, and how the camera moves.",
  },
  {
    ...VIDEO,
    name: "wan_2_2",
    title: "Wan 2.2",
    family: "wan",
    builds: [
      {
        ways: ["text"],
        files: {
          model: ["wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors", "wan2.2_t2v_high_noise_14B_fp16.safetensors"],
          modelLow: ["wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors", "wan2.2_t2v_low_noise_14B_fp16.safetensors"],
          ...WAN_COMMON,
        },
        boost: {
          files: {
            boost: [
              "wan2.2_t2v_lightx2v_4steps_lora_v1.1_high_noise.safetensors",
              "wan2.2_t2v_lightx2v_4steps_lora_high_noise.safetensors",
            ],
            boostLow: [
              "wan2.2_t2v_lightx2v_4steps_lora_v1.1_low_noise.safetensors",
              "wan2.2_t2v_lightx2v_4steps_lora_low_noise.safetensors",
            ],
          },
          settings: { steps: 4, cfg: 1, shift: 5 },
        },
      },
      {
        ways: ["first", "first_last"],
        files: {
          model: ["wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors", "wan2.2_i2v_high_noise_14B_fp16.safetensors"],
          modelLow: ["wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors", "wan2.2_i2v_low_noise_14B_fp16.safetensors"],
          ...WAN_COMMON,
        },
        boost: {
          files: {
            boost: ["wan2.2_i2v_lightx2v_4steps_lora_v1_high_noise.safetensors"],
            boostLow: ["wan2.2_i2v_lightx2v_4steps_lora_v1_low_noise.safetensors"],
          },
          settings: { steps: 4, cfg: 1, shift: 5 },
        },
      },
      {
        ways: ["text", "first"],
        files: { model: ["wan2.2_ti2v_5B_fp16.safetensors"], ...WAN_TEXT, vae: ["wan2.2_vae.safetensors"] },
        settings: { steps: 30, cfg: 5, sampler: "uni_pc", width: 1280, height: 704, frames: 121, fps: 24 },
      },
    ],
    settings: {
      steps: 20,
      cfg: 3.5,
      shift: 8,
      sampler: "euler",
      scheduler: "simple",
      width: 640,
      height: 640,
      frames: 81,
      fps: 16,
    },
    fast: { steps: 8, width: 768, height: 768 },
    quality: { steps: 20, width: 768, height: 768 },
    size: { multiple: 32, max: 1280, maxPixels: 921_600 },
    frames: { every: 4, max: 121 },
    maxLoras: 3,
    vramMb: 11_000,
    stepSeconds: 3.5,
    licence: "Apache 2.0: free for everything.",
    negative: WAN_NEGATIVE,
    prompting: "Sentences: who does what, where, and how the camera moves.",
  },
  {
    ...VIDEO,
    name: "ltx_video",
    title: "LTX-Video",
    family: "ltx",
    builds: [
      {
        ways: ["text", "first", "first_last"],
        files: {
          checkpoint: [
            "ltx-video-2b-v0.9.5.safetensors",
            "ltxv-2b-0.9.6-dev-04-25.safetensors",
            "ltx-video-2b-v0.9.1.safetensors",
            "ltx-video-2b-v0.9.safetensors",
          ],
          text1: ["t5xxl_fp16.safetensors", "t5xxl_fp8_e4m3fn_scaled.safetensors", "t5xxl_fp8_e4m3fn.safetensors"],
        },
      },
    ],
    settings: {
      steps: 30,
      cfg: 3,
      sampler: "euler",
      scheduler: "ltxv",
      width: 768,
      height: 512,
      frames: 97,
      fps: 25,
    },
    fast: { steps: 10 },
    quality: { steps: 30 },
    size: { multiple: 32, max: 1280, maxPixels: 921_600 },
    frames: { every: 8, max: 257 },
    maxLoras: 3,
    vramMb: 5_500,
    stepSeconds: 0.17,
    licence:
      "LTX-Video Open Weights License (0.9.5 and later: OpenRAIL-M): videos may be sold; some uses are forbidden.",
    negative: LTX_NEGATIVE,
    prompting: "One long paragraph: the action first, then looks, camera and light.",
  },
  {
    ...VIDEO,
    name: "hunyuan_video",
    title: "HunyuanVideo",
    family: "hunyuan",
    builds: [
      {
        ways: ["text"],
        files: {
          model: ["hunyuan_video_t2v_720p_bf16.safetensors", "hunyuan_video_720_cfgdistill_fp8_e4m3fn.safetensors"],
          text1: ["clip_l.safetensors"],
          text2: ["llava_llama3_fp8_scaled.safetensors", "llava_llama3_fp16.safetensors"],
          vae: ["hunyuan_video_vae_bf16.safetensors"],
        },
        noNegative: true,
      },
      {
        ways: ["first"],
        files: {
          model: ["hunyuan_video_v2_replace_image_to_video_720p_bf16.safetensors"],
          text1: ["clip_l.safetensors"],
          text2: ["llava_llama3_fp8_scaled.safetensors", "llava_llama3_fp16.safetensors"],
          vae: ["hunyuan_video_vae_bf16.safetensors"],
          vision: ["llava_llama3_vision.safetensors"],
        },
        noNegative: true,
      },
      ...(["t2v", "i2v"] as const).map((kind) => ({
        ways: [kind === "t2v" ? ("text" as const) : ("first" as const)],
        files: {
          model: [`hunyuanvideo1.5_720p_${kind}_fp16.safetensors`, `hunyuanvideo1.5_480p_${kind}_fp16.safetensors`],
          text1: ["qwen_2.5_vl_7b_fp8_scaled.safetensors", "qwen_2.5_vl_7b.safetensors"],
          text2: ["byt5_small_glyphxl_fp16.safetensors"],
          vae: ["hunyuanvideo15_vae_fp16.safetensors"],
          ...(kind === "i2v" ? { vision: ["sigclip_vision_patch14_384.safetensors"] } : {}),
        },
        settings: { cfg: 6, frames: 121 },
      })),
    ],
    settings: {
      steps: 20,
      cfg: 1,
      guidance: 6,
      shift: 7,
      sampler: "euler",
      scheduler: "simple",
      width: 848,
      height: 480,
      frames: 73,
      fps: 24,
    },
    fast: { steps: 20, width: 1024, height: 576 },
    quality: { steps: 40, width: 1024, height: 576 },
    size: { multiple: 16, max: 1280, maxPixels: 921_600 },
    frames: { every: 4, max: 129 },
    maxLoras: 2,
    vramMb: 11_000,
    stepSeconds: 4,
    licence:
      "Tencent Hunyuan Community License: not in the European Union, the United Kingdom and South Korea; free below 100 million users a month.",
    prompting: "Sentences: who does what, where, and how the camera moves.",
  },
]
