import { describe, expect, test } from "vitest"
import { UserError } from "#src/errors.ts"
import { defaultChoices, namedChoices } from "#src/media/choices.ts"
import { chooseOrder } from "#src/media/choose.ts"
import { presets } from "#src/media/presets.ts"
import { takeStock } from "#src/media/stocks.ts"
import type { KnownServers } from "#src/media/stocks.ts"
import type { Wish } from "#src/media/wish.ts"
import { SHA, wish } from "#tests/media/orders.ts"
import { filesFor, knownServers } from "#tests/media/servers.ts"

const SDXL = "checkpoints/sd_xl_base_1.0.safetensors"
const source = { artifact: "art_1", sha256: SHA }

const byDefault = (servers: KnownServers, given: Partial<Wish> = {}) => {
  const stocks = takeStock(servers)
  return chooseOrder(stocks, defaultChoices(stocks, given.makes ?? "image"), wish(given))
}
const byName = (servers: KnownServers, name: string, given: Partial<Wish> = {}) => {
  const stocks = takeStock(servers)
  return chooseOrder(stocks, namedChoices(stocks, name, given.makes ?? "image"), wish(given))
}

/** What a refusal says; a test that is not refused fails. */
function refusal(work: () => unknown): { problem: string; hint: string } {
  try {
    work()
  } catch (error) {
    if (error instanceof UserError) return { problem: error.problem, hint: error.hint }
    throw error
  }
  throw new Error("it was not refused")
}

describe("without a name", () => {
  test("the best model that a server really has is taken", () => {
    const files = [SDXL, ...filesFor("flux_dev 1, from text")]
    expect(byDefault(knownServers([{ name: "box", files: [SDXL] }])).preset).toBe("Stable Diffusion XL")
    expect(byDefault(knownServers([{ name: "box", files }])).preset).toBe("FLUX.1 dev")
    expect(
      byDefault(
        knownServers([
          { name: "a", files: [SDXL] },
          { name: "b", files: filesFor("qwen_image 1, from text") },
        ]),
      ).preset,
    ).toBe("Qwen-Image")
  })

  test("a server too small for the best gets the next", () => {
    const files = [SDXL, ...filesFor("qwen_image 1, from text")]
    expect(byDefault(knownServers([{ name: "box", files, vramMb: 8_000 }])).preset).toBe("Stable Diffusion XL")
  })

  test("a checkpoint that somebody trained is better than nothing, and is run as what its name tells", () => {
    const files = ["checkpoints/mystery_v3.safetensors", "checkpoints/sub/coolPony_v2.safetensors"]
    const order = byDefault(knownServers([{ name: "box", files }]))
    expect(order).toMatchObject({
      preset: "coolPony_v2.safetensors",
      title: "Pony Diffusion V6 XL",
      files: { checkpoint: "sub/coolPony_v2.safetensors" },
      sampler: "euler_ancestral",
      clipSkip: -2,
    })
    const guess = byDefault(knownServers([{ name: "box", files: [files[0] ?? ""] }]))
    expect(guess.notes.join()).toContain("does not tell its kind; it was run as Stable Diffusion XL")
  })

  test("a picture with a strength is redrawn, one with an instruction goes to a model for edits", () => {
    const files = [SDXL, ...filesFor("qwen_edit 1, from edit")]
    const servers = knownServers([{ name: "box", files }])
    expect(byDefault(servers, { sources: [source] })).toMatchObject({
      title: "Qwen-Image-Edit",
      way: "edit",
      denoise: 1,
    })
    expect(byDefault(servers, { sources: [source], strength: 0.3 })).toMatchObject({ way: "image", denoise: 0.3 })
    // Without a model for edits a single picture is redrawn at a middle strength.
    expect(byDefault(knownServers([{ name: "box", files: [SDXL] }]), { sources: [source] })).toMatchObject({
      title: "Stable Diffusion XL",
      way: "image",
      denoise: 0.6,
    })
  })

  test("a video between two frames takes a model that can", () => {
    const files = [...filesFor("wan_2_2 3, from first"), ...filesFor("ltx_video 1, from first_last")]
    const servers = knownServers([{ name: "box", files }])
    expect(byDefault(servers, { makes: "video" }).title).toBe("Wan 2.2")
    expect(byDefault(servers, { makes: "video", sources: [source, source] }).title).toBe("LTX-Video")
  })
})

describe("files", () => {
  test("are found in folders below theirs, on Windows too, and in another precision", () => {
    const files = [
      "diffusion_models/FLUX1\\flux1-dev.safetensors",
      "text_encoders/clip_l.safetensors",
      "text_encoders/t5/T5XXL_fp8_e4m3fn_scaled.safetensors",
      "vae/flux/ae.safetensors",
    ]
    expect(byName(knownServers([{ name: "box", files }]), "flux dev").files).toEqual({
      model: "FLUX1\\flux1-dev.safetensors",
      text1: "clip_l.safetensors",
      text2: "t5/T5XXL_fp8_e4m3fn_scaled.safetensors",
      vae: "flux/ae.safetensors",
    })
  })

  test("that one server lacks are not mixed with those of another", () => {
    const files = filesFor("flux_dev 1, from text")
    const servers = knownServers([
      { name: "a", files: files.slice(0, 2) },
      { name: "b", files: files.slice(2) },
    ])
    expect(refusal(() => byName(servers, "flux_dev")).problem).toContain("No connected server can run FLUX.1 dev")
  })

  test("that are missing are named with their folder", () => {
    const files = filesFor("flux_dev 1, from text").filter((file) => !file.startsWith("vae/"))
    expect(refusal(() => byName(knownServers([{ name: "box", files }]), "flux_dev"))).toMatchInlineSnapshot(`
      {
        "hint": "Put the files there and have the server probed again, or name another preset: preset_edit lists what each needs.",
        "problem": "No connected server can run FLUX.1 dev. box lacks models/vae/ae.safetensors.",
      }
    `)
  })

  test("of the person's own are used by their name", () => {
    const files = ["checkpoints/anime/waiIllustrious_v14.safetensors", "loras/film/grain.safetensors"]
    const servers = knownServers([{ name: "box", files }])
    const order = byName(servers, "waiIllustrious_v14.safetensors", { loras: [{ name: "grain", weight: 0.7 }] })
    expect(order).toMatchObject({
      title: "Illustrious XL",
      files: { checkpoint: "anime/waiIllustrious_v14.safetensors" },
      loras: [{ name: "film/grain.safetensors", weight: 0.7 }],
    })
    expect(refusal(() => byName(servers, "other.safetensors")).problem).toContain(
      'has the model file "other.safetensors"',
    )
    expect(refusal(() => byDefault(servers, { loras: [{ name: "nope", weight: 1 }] })).problem).toContain(
      "lacks models/loras/nope.safetensors",
    )
  })

  test("of the same kind stand in for a preset's own, and that is said", () => {
    const files = ["checkpoints/coolPonyXL_v2.safetensors", SDXL]
    const servers = knownServers([{ name: "box", files }])
    const order = byName(servers, "pony")
    expect(order).toMatchObject({ files: { checkpoint: "coolPonyXL_v2.safetensors" }, clipSkip: -2 })
    expect(order.notes.join()).toContain(
      "Pony Diffusion V6 XL itself is not there; coolPonyXL_v2.safetensors is of its kind.",
    )
    const own = "checkpoints/ponyDiffusionV6XL_v6StartWithThisOne.safetensors"
    expect(byName(knownServers([{ name: "box", files: [...files, own] }]), "pony").notes).toEqual([])
    expect(refusal(() => byName(servers, "illustrious")).problem).toContain(
      "No connected server can run Illustrious XL",
    )
  })

  test("of video models are only used for what they were made for", () => {
    const rest = [...filesFor("wan_2_2 1, from text"), ...filesFor("wan_2_2 3, from first")].filter(
      (file) => !file.startsWith("diffusion_models/"),
    )
    const own = [
      "diffusion_models/myWan2.2_t2v_HIGH_v3.safetensors",
      "diffusion_models/myWan2.2_t2v_LOW_v3.safetensors",
      "diffusion_models/my_wan2.2_ti2v_5B.safetensors",
    ]
    const servers = knownServers([{ name: "box", files: [...rest, ...own] }])
    const video = { makes: "video" } as const
    expect(byName(servers, "myWan2.2_t2v_HIGH_v3.safetensors", video).files).toMatchObject({
      model: "myWan2.2_t2v_HIGH_v3.safetensors",
      modelLow: "myWan2.2_t2v_LOW_v3.safetensors",
      vae: "wan_2.1_vae.safetensors",
    })
    const small = byName(servers, "my_wan2.2_ti2v_5B.safetensors", { ...video, sources: [source] })
    expect(small.files).toMatchObject({ model: "my_wan2.2_ti2v_5B.safetensors", vae: "wan2.2_vae.safetensors" })
    expect(small.files.modelLow).toBeUndefined()
    const wrong = () => byName(servers, "myWan2.2_t2v_HIGH_v3.safetensors", { ...video, sources: [source] })
    expect(refusal(wrong).problem).toContain("myWan2.2_t2v_HIGH_v3.safetensors works from words alone")
  })

  test("of models that no graph runs are refused by what they are", () => {
    const servers = knownServers([{ name: "box", files: ["diffusion_models/z_image_turbo_bf16.safetensors"] }])
    expect(refusal(() => byName(servers, "z_image_turbo_bf16.safetensors")).problem).toContain("Z-Image")
  })

  test("that make it fast are used for fast, where they are", () => {
    const pair = [
      "loras/wan2.2_t2v_lightx2v_4steps_lora_v1.1_high_noise.safetensors",
      "loras/wan2.2_t2v_lightx2v_4steps_lora_v1.1_low_noise.safetensors",
    ]
    const files = filesFor("wan_2_2 1, from text")
    const fast = { makes: "video", quality: "fast" } as const
    expect(byName(knownServers([{ name: "box", files }]), "wan 2.2", fast)).toMatchObject({ steps: 8, cfg: 3.5 })
    const servers = knownServers([{ name: "box", files: [...files, ...pair] }])
    expect(byName(servers, "wan 2.2", fast)).toMatchObject({ steps: 4, cfg: 1, files: { boost: pair[0]?.slice(6) } })
    expect(byName(servers, "wan 2.2", { ...fast, steps: 12 })).toMatchObject({ steps: 12, cfg: 3.5 })
    // Half a pair makes nothing fast.
    const half = knownServers([{ name: "box", files: [...files, ...pair.slice(0, 1)] }])
    expect(byName(half, "wan 2.2", fast)).toMatchObject({ steps: 8 })
  })

  test("the SDXL refiner takes part where it is there, except in fast ones, redrawn ones, and with LoRAs", () => {
    const files = [SDXL, "checkpoints/sd_xl_refiner_1.0.safetensors", "loras/a.safetensors"]
    const servers = knownServers([{ name: "box", files }])
    const refiner = (given: Partial<Wish>) => byName(servers, "sdxl", given).files.refiner
    expect(refiner({})).toBe("sd_xl_refiner_1.0.safetensors")
    expect([
      refiner({ quality: "fast" }),
      refiner({ sources: [source], strength: 0.5 }),
      refiner({ loras: [{ name: "a", weight: 1 }] }),
    ]).toEqual([undefined, undefined, undefined])
  })
})

describe("a server that speaks OpenAI's protocol", () => {
  const cloud = (files: string[]) => ({ name: "cloud", kind: "openai", files })

  test("is used where nothing else can, with a model that makes pictures", () => {
    const servers = knownServers([cloud(["models/gpt-5", "models/gpt-image-1.5", "models/whisper-1"])])
    expect(byDefault(servers)).toMatchObject({
      family: "openai",
      files: { remote: "gpt-image-1.5" },
      quality: "standard",
    })
    expect(byDefault(servers, { sources: [source] })).toMatchObject({ way: "edit" })
    const both = knownServers([cloud(["models/gpt-image-1"]), { name: "box", files: [SDXL] }])
    expect(byDefault(both).family).toBe("sd")
    expect(byName(both, "openai_image").files).toEqual({ remote: "gpt-image-1" })
  })

  test("may have models that only their names tell, or not tell its models at all", () => {
    const local = knownServers([cloud(["models/llama-3", "models/stablediffusion-xl", "models/wan-2.1"])])
    expect(byDefault(local).files).toEqual({ remote: "stablediffusion-xl" })
    expect(byDefault(local, { makes: "video" }).files).toEqual({ remote: "wan-2.1" })
    expect(byName(local, "llama-3").files).toEqual({ remote: "llama-3" })
    expect(byDefault(knownServers([cloud([])])).files).toEqual({ remote: "gpt-image-2" })
  })

  test("decides on its own what graphs would settle, and that is said", () => {
    const order = byDefault(knownServers([cloud(["models/gpt-image-1"])]), { steps: 30, negative: "blur" })
    expect(order.notes.join()).toContain("decides by itself on steps")
    expect(order.notes.join()).toContain("negative prompt has no effect")
  })

  test("without a model for pictures is told so", () => {
    const servers = knownServers([cloud(["models/whisper-1"])])
    expect(refusal(() => byDefault(servers)).problem).toContain("cloud lacks the model gpt-image-2")
  })
})

describe("what cannot be done is said with the way out", () => {
  test("no server at all", () => {
    const none = knownServers([])
    expect(refusal(() => byDefault(none))).toEqual({
      problem: "No picture generator is connected.",
      hint: expect.stringContaining("server add NAME comfyui"),
    })
    expect(refusal(() => byDefault(none, { makes: "video" })).problem).toBe("No video generator is connected.")
    expect(refusal(() => byName(none, "sdxl")).problem).toBe("No picture generator is connected.")
    // A server of another kind is none for pictures.
    expect(refusal(() => byDefault(knownServers([{ name: "mesh", kind: "hunyuan3d" }]))).problem).toBe(
      "No picture generator is connected.",
    )
  })

  test("a server that never answered", () => {
    const { problem } = refusal(() => byDefault(knownServers([{ name: "box", state: "new" }])))
    expect(problem).toContain("No server that can do this has answered so far (box")
  })

  test("nodes that are missing, memory that is too small", () => {
    const files = filesFor("qwen_edit 1, from edit")
    const given = { sources: [source] }
    const old = knownServers([{ name: "box", files, without: ["CFGNorm"] }])
    expect(refusal(() => byName(old, "qwen_edit", given)).problem).toContain("it lacks the node CFGNorm")
    const small = knownServers([{ name: "box", files, vramMb: 6_000 }])
    expect(refusal(() => byName(small, "qwen_edit", given)).problem).toContain("GPU memory")
  })

  test("FLUX pro has no weights, whatever is connected", () => {
    const { problem, hint } = refusal(() => byName(knownServers([{ name: "box" }]), "flux_pro"))
    expect(problem).toContain("no published weights")
    expect(hint).toContain("flux2_dev")
  })

  test("a way that the model does not have, and a name that nobody knows", () => {
    const servers = knownServers([{ name: "box", files: [SDXL] }])
    expect(refusal(() => byName(servers, "qwen_edit")).problem).toBe(
      "Qwen-Image-Edit works from one to three pictures and an instruction.",
    )
    expect(refusal(() => byName(servers, "midjourney")).hint).toContain("flux_dev, ")
    expect(refusal(() => byName(servers, "wan_2_2")).hint).toContain("video_generate")
  })

  test("more LoRAs than the model bears", () => {
    const loras = ["a", "b", "c", "d"].map((name) => ({ name, weight: 1 }))
    const files = [...filesFor("flux_dev 1, from text"), SDXL, ...loras.map(({ name }) => `loras/${name}.safetensors`)]
    const servers = knownServers([{ name: "box", files }])
    expect(refusal(() => byName(servers, "flux_dev", { loras })).problem).toBe(
      "FLUX.1 dev takes at most 3 LoRAs; these are 4.",
    )
    expect(byDefault(servers, { loras }).title).toBe("Stable Diffusion XL")
  })
})

test("StoryCanvas' fourteen presets are there with its steps", () => {
  const steps = Object.fromEntries(presets.map((it) => [it.name, [it.fast.steps, it.quality.steps]]))
  expect(steps).toMatchObject({
    flux_dev: [8, 28],
    flux_pro: [12, 35],
    flux_krea: [4, 8],
    flux_schnell: [4, 8],
    sdxl: [15, 35],
    pony: [12, 28],
    illustrious: [15, 30],
    wan_2_1: [15, 25],
    wan_2_2: [8, 20],
    ltx_video: [10, 30],
    hunyuan_video: [20, 40],
    hidream: [12, 25],
    qwen_image: [10, 20],
    qwen_edit: [8, 15],
  })
})
