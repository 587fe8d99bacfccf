import { expect, test } from "vitest"
import { detectModel } from "#src/media/detect.ts"
import { findPreset } from "#src/media/presets.ts"

test.each([
  ["ponyDiffusionV6XL_v6StartWithThisOne.safetensors", "pony"],
  ["ponyXL.safetensors", "pony"],
  ["autismmixSDXL_autismmixPony.safetensors", "pony"],
  ["cyberrealisticPony_v110.safetensors", "pony"],
  ["Illustrious-XL-v1.0.safetensors", "illustrious"],
  ["waiNSFWIllustrious_v140.safetensors", "illustrious"],
  ["noobaiXLNAIXL_vPred10Version.safetensors", "illustrious"],
  ["sd_xl_base_1.0.safetensors", "sdxl"],
  ["juggernautXL_v9Rdphoto2Lightning.safetensors", "sdxl"],
  ["RealVisXL_V5.0_fp16.safetensors", "sdxl"],
  ["animagine-xl-4.0.safetensors", "sdxl"],
  ["flux1-dev.safetensors", "flux_dev"],
  ["FLUX1/flux1-dev-fp8.safetensors", "flux_dev"],
  ["flux_dev_Q4_0.gguf", "flux_dev"],
  ["STOIQONewrealityFLUXSD_F1DAlpha.safetensors", "flux_dev"],
  ["someFluxXLmerge.safetensors", "flux_dev"],
  ["flux1-schnell-fp8.safetensors", "flux_schnell"],
  ["flux1-krea-dev_fp8_scaled.safetensors", "flux_krea"],
  ["flux1-dev-kontext_fp8_scaled.safetensors", "flux_kontext"],
  ["flux1-kontext-dev.safetensors", "flux_kontext"],
  ["flux2_dev_fp8mixed.safetensors", "flux2_dev"],
  ["FLUX.2-dev.safetensors", "flux2_dev"],
  ["sd3.5_large_fp8_scaled.safetensors", "sd_3_5"],
  ["sd3_medium_incl_clips_t5xxlfp8.safetensors", "sd_3_5"],
  ["stable-diffusion-3-medium.safetensors", "sd_3_5"],
  ["v1-5-pruned-emaonly.safetensors", "sd_1_5"],
  ["sd_1.5_inkpunk.ckpt", "sd_1_5"],
  ["v2-1_768-ema-pruned.ckpt", "sd_1_5"],
  ["qwen_image_fp8_e4m3fn.safetensors", "qwen_image"],
  ["qwen_image_2512_fp8_e4m3fn.safetensors", "qwen_image"],
  ["qwen_image_edit_2509_fp8_e4m3fn.safetensors", "qwen_edit"],
  ["Qwen-Image-Edit-2511-bf16.safetensors", "qwen_edit"],
  ["hidream_i1_full_fp8.safetensors", "hidream"],
  ["wan2.1_t2v_1.3B_fp16.safetensors", "wan_2_1"],
  ["Wan2_1-I2V-14B-480P_fp8.safetensors", "wan_2_1"],
  ["wan2.2_ti2v_5B_fp16.safetensors", "wan_2_2"],
  ["Wan2_2-T2V-A14B-HIGH_fp8.safetensors", "wan_2_2"],
  ["wan_i2v_high_noise_14B.safetensors", "wan_2_2"],
  ["FastWan2.2-TI2V-5B.safetensors", "wan_2_2"],
  ["smoothWan21_t2v.safetensors", "wan_2_1"],
  ["hunyuan_video_t2v_720p_bf16.safetensors", "hunyuan_video"],
  ["hunyuanvideo1.5_720p_t2v_fp16.safetensors", "hunyuan_video"],
  ["ltx-video-2b-v0.9.5.safetensors", "ltx_video"],
  ["ltxv-2b-0.9.6-dev-04-25.safetensors", "ltx_video"],
])("%s is of the preset %s", (file, preset) => {
  expect(detectModel(file)).toMatchObject({ preset, sure: true })
  expect(findPreset(preset)?.name).toBe(preset)
})

test.each([
  "dreamshaper_8.safetensors",
  "taiwanDollLikeness_v10.safetensors",
  "swanlake.ckpt",
  "wanderer_v2.safetensors",
])("%s tells nothing, so that SDXL is taken and said to be a guess", (file) => {
  expect(detectModel(file)).toEqual({ preset: "sdxl", sure: false })
})

test.each([
  "hunyuan3d-dit-v2.safetensors",
  "ltx-2-19b-dev-fp8.safetensors",
  "ltx-2.3-22b-dev-fp8.safetensors",
  "wan2.1_vace_14B_fp16.safetensors",
  "wan2.2_fun_control_high_noise_14B_fp8_scaled.safetensors",
  "flux1-fill-dev.safetensors",
  "flux1-depth-dev.safetensors",
  "flux-2-klein-4b.safetensors",
  "qwen_2.5_vl_7b_fp8_scaled.safetensors",
  "qwen_image_2.1_int8_convrot.safetensors",
  "hidream_e1_full_bf16.safetensors",
  "z_image_turbo_bf16.safetensors",
  "chroma-unlocked-v37.safetensors",
  "svd_xt.safetensors",
])("%s is refused by name instead of being run with a wrong graph", (file) => {
  expect(detectModel(file)).toHaveProperty("unsupported")
})

test("distilled checkpoints bring their own few steps along", () => {
  expect(detectModel("juggernautXL_v9Rdphoto2Lightning.safetensors")).toMatchObject({ tuned: { cfg: 1.5, steps: 8 } })
  expect(detectModel("sd_xl_turbo_1.0_fp16.safetensors")).toMatchObject({ preset: "sdxl", tuned: { steps: 6 } })
  expect(detectModel("cyberrealisticPony_hyper.safetensors")).toMatchObject({ preset: "pony", tuned: { steps: 8 } })
  // FLUX is distilled by itself: the word means nothing more there.
  expect(detectModel("fluxTurbo_dev.safetensors")).toEqual({ preset: "flux_dev", sure: true })
})

test("folders of either system and endings count for nothing", () => {
  expect(detectModel("pony\\sdxl\\flux1-dev.safetensors")).toEqual(detectModel("flux1-dev"))
})
