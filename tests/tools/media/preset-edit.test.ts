import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { modelFolders } from "#tests/media/comfyui.ts"
import { filesFor } from "#tests/media/servers.ts"
import { startComfyUi, type ComfyUi } from "#tests/servers/comfyui/server.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let registry: Registry
let comfy: ComfyUi

beforeAll(async () => {
  registry = await loadRegistry(["media"])
  const files = [
    ...filesFor("sdxl 1, from text"),
    "vae/ae.safetensors",
    "loras/grain.safetensors",
    "checkpoints/portraits_v2.safetensors",
  ]
  comfy = await startComfyUi({ models: modelFolders(files) })
})
beforeEach(async () => {
  await studio?.close()
  studio = await testStudio()
  await studio.services.servers.add(
    { id: "local", surface: "cli" },
    { name: "box", kind: "comfyui", url: comfy.url, settings: { poll_ms: 50 } },
    new AbortController().signal,
  )
})
afterAll(async () => {
  await studio.close()
  await comfy.close()
})

const edit = (input: object = {}, caller = {}) => registry.callTool("preset_edit", input, studio.call(caller))
const generate = (input: object) =>
  registry.callTool(
    "image_generate",
    { prompt: "a face", width: 128, height: 128, wait_s: 25, ...input },
    studio.call(),
  )
type Listed = { name: string; ready: boolean; own: boolean; problem?: string }[]

describe("the list", () => {
  test("says which models can run now, and what the others lack", async () => {
    const { say, data } = await edit()
    const listed = data["presets"] as Listed
    expect(listed.filter((it) => it.ready).map((it) => it.name)).toEqual(["sdxl"])
    expect(say).toContain("sdxl (image): ready, from words, a picture and a strength")
    expect(say).toContain("flux_pro: FLUX pro has no published weights")
    expect(listed.find((it) => it.name === "wan_2_2")?.problem).toContain("box lacks models/")
  })

  test("is short where no server is connected", async () => {
    const bare = await testStudio()
    const { say } = await registry.callTool("preset_edit", {}, bare.call())
    expect(say.split("\n").filter((line) => line.includes("No picture generator is connected."))).toHaveLength(1)
    await bare.close()
  })
})

describe("one preset", () => {
  test("is shown with files, folders, settings, limits and licence", async () => {
    expect((await edit({ show: "flux dev" })).say).toMatchInlineSnapshot(`
      "FLUX.1 dev (flux_dev) makes pictures.
      Not ready: No connected server can run FLUX.1 dev. box lacks models/checkpoints/flux1-dev-fp8.safetensors.
      Files to work from words, a picture and a strength: models/diffusion_models/flux1-dev.safetensors, models/text_encoders/clip_l.safetensors, models/text_encoders/t5xxl_fp16.safetensors, models/vae/ae.safetensors.
      Or to work from words, a picture and a strength: models/checkpoints/flux1-dev-fp8.safetensors.
      Steps: 8 fast, 20 standard, 28 quality; guidance 3.5, euler/simple.
      Size: 1024 × 1024 px, edges in steps of 16, at most 2048 px.
      LoRAs: at most 3. GPU memory: 7 GB or more.
      Prompt: Sentences that describe the picture.
      Licence: FLUX.1 [dev] Non-Commercial License: pictures may be used freely, running it as a business needs a licence."
    `)
  })

  test("is found by a model file's name", async () => {
    expect((await edit({ show: "ponyXL_v6.safetensors" })).say).toContain(
      "ponyXL_v6.safetensors is Pony Diffusion V6 XL.",
    )
    expect((await edit({ show: "what.safetensors" })).say).toContain(
      "does not tell its kind; it is taken for Stable Diffusion XL",
    )
    await expect(edit({ show: "z_image_turbo.safetensors" })).rejects.toMatchObject({
      problem: expect.stringContaining("is Z-Image"),
    })
  })
})

describe("presets of one's own", () => {
  const look = {
    name: "My Look",
    base: "sdxl",
    model: "portraits_v2.safetensors",
    steps: 12,
    cfg: 5,
    negative: "blur",
    sampler: "DPM++ 2M Karras",
    loras: [{ name: "grain", weight: 0.5 }],
  }

  test("are saved, used by name in any case, and give way to what the call says", async () => {
    const saved = await edit({ save: look })
    expect(saved.say).toMatch(/^Saved: My Look: sdxl, /)
    expect(saved.data).toEqual({ presets: [{ name: "My Look", makes: "image", ready: true, own: true }] })
    const reply = await generate({ preset: "my look", seed: 1, cfg: 3 })
    expect(reply.data).toMatchObject({
      preset: "My Look",
      effective: { steps: 12, cfg: 3, sampler: "dpmpp_2m", scheduler: "karras", models: ["portraits_v2.safetensors"] },
    })
    expect(reply.say).toContain("LoRA grain.safetensors 0.5")
    expect((await edit()).say).toContain("yours: My Look")
  })

  test("are replaced under the same name, and deleted", async () => {
    await edit({ save: look })
    expect((await edit({ save: { ...look, name: "my look", steps: 20 } })).say).toMatch(/^Replaced/)
    const own = (await edit()).data["presets"] as Listed
    expect(own.filter((it) => it.own).map((it) => it.name)).toEqual(["my look"])
    expect((await edit({ delete: "MY LOOK" })).say).toContain("deleted")
    await expect(generate({ preset: "my look" })).rejects.toMatchObject({ code: "not_found" })
    await expect(edit({ delete: "my look" })).rejects.toMatchObject({ code: "not_found" })
  })

  test("are nobody else's, and every change can be undone", async () => {
    await edit({ save: look })
    const stranger = studio.accounts.forIdentity({ platform: "test", tenant: "t", externalId: "s" }, "Stranger")
    const theirs = (await edit({}, { accountId: stranger.id, role: "user" })).data["presets"] as Listed
    expect(theirs.filter((it) => it.own)).toEqual([])
    await edit({ delete: "My Look" })
    const [item] = studio.services.items.list("local", { kind: "presets" })
    studio.services.items.undo("local", item?.id ?? "")
    expect((await edit()).say).toContain("yours: My Look")
  })

  test.each([
    ["a base that does not exist", { name: "x", base: "nope" }],
    ["the name of one of the studio's", { name: "SDXL", base: "sdxl" }],
    ["a file that no server has", { name: "x", base: "sdxl", model: "other.safetensors" }],
    [
      "more LoRAs than the base bears",
      { name: "x", base: "sdxl", loras: "abcdef".split("").map((name) => ({ name })) },
    ],
    ["a sampler that does not exist", { name: "x", base: "sdxl", sampler: "magic" }],
  ])("with %s are refused, and nothing is kept", async (_what, save) => {
    await expect(edit({ save })).rejects.toMatchObject({ name: "UserError" })
    expect(studio.services.items.list("local", { kind: "presets" })).toEqual([])
  })
})

test("several things at once are refused", async () => {
  await expect(edit({ show: "sdxl", delete: "x" })).rejects.toMatchObject({
    hint: "Give one of show, save and delete.",
  })
})
