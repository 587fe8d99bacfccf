import { readFile } from "node:fs/promises"
import sharp from "sharp"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Progress } from "#src/job.ts"
import type { Order } from "#src/media/order.ts"
import { planOrder } from "#src/media/plan.ts"
import type { Found } from "#src/media/plan.ts"
import { presets } from "#src/media/presets.ts"
import { contextFor, modelFolders } from "#tests/media/comfyui.ts"
import { allCases, orderOf, wish } from "#tests/media/orders.ts"
import { filesFor } from "#tests/media/servers.ts"
import { startComfyUi, type ComfyUi } from "#tests/servers/comfyui/server.ts"
import { startOpenai } from "#tests/servers/openai/server.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { handler } from "#workers/media.image.ts"

let studio: TestStudio
let comfy: ComfyUi
beforeAll(async () => {
  studio = await testStudio()
  const files = ["sdxl 1, from text", "flux_dev 1, from text", "qwen_edit 1, from edit"].flatMap(filesFor)
  comfy = await startComfyUi({ models: modelFolders([...new Set(files)]) })
})
afterAll(async () => {
  await comfy.close()
  await studio.close()
})

const orderFor = (name: string, given: Partial<Order> = {}): Order => {
  const found = allCases().find((it) => it.name === name)
  if (!found) throw new Error(name)
  return { ...orderOf(found, { width: 128, height: 64 }), ...given }
}
const run = (order: Order, told: Progress[] = []) =>
  handler.run({ order, name: "a-red-coat", group: "g" }, contextFor(studio, comfy.url, told))

/** A stored picture, as a handler's sources name it. */
async function source(width: number, height: number, orientation = 1): Promise<Order["sources"][number]> {
  const bytes = await sharp({ create: { width, height, channels: 3, background: "#d04040" } })
    .withMetadata({ orientation })
    .jpeg()
    .toBuffer()
  const stored = await studio.services.artifacts.writerFor("local").put(bytes, { name: "photo.jpg", use: "file" })
  return { artifact: stored.id, sha256: stored.sha256 }
}

test("each picture is stored with the seed and the settings that made it", async () => {
  const told: Progress[] = []
  const result = handler.contract.result.parse(await run(orderFor("sdxl 1, from text", { seeds: [7, 8] }), told))
  expect(result.artifacts.map(({ name, mediaType, use }) => [name, mediaType, use])).toEqual([
    ["a-red-coat-1.png", "image/png", "preview"],
    ["a-red-coat-2.png", "image/png", "preview"],
  ])
  expect(result.effective).toMatchObject({ server: "box", seeds: [7, 8], width: 128, height: 64, steps: 25, cfg: 8 })
  const facts = result.artifacts.map(({ id }) => studio.services.artifacts.get(id)?.facts)
  expect(facts.map((it) => it?.["Seed"])).toEqual(["7", "8"])
  expect(facts[0]).toMatchObject({
    Prompt: "a red coat",
    Preset: "Stable Diffusion XL",
    Size: "128 × 64 px",
    Models: "sd_xl_base_1.0.safetensors, sd_xl_refiner_1.0.safetensors",
  })
  const bytes = await readFile(studio.services.artifacts.path(result.artifacts[0]?.id ?? ""))
  // The server writes the graph into its pictures: it is the one of this order.
  expect(bytes.toString("latin1")).toMatch(/"noise_seed": ?7\b/)
  expect(told.length).toBeGreaterThan(0)
})

test("what a finished job says names model, size, seeds, settings and server", () => {
  const order = orderFor("flux_dev 1, from text", { seeds: [7] })
  const effective = {
    server: "box",
    preset: "FLUX.1 dev",
    seeds: [7],
    width: 128,
    height: 64,
    steps: 20,
    guidance: 3.5,
    models: [],
  }
  const { say } = handler.contract.summarize({ artifacts: [], effective }, { order, name: "n", group: "g" })
  expect(say).toMatchInlineSnapshot(`
    "A picture with FLUX.1 dev, 128 × 64 px, seed 7, 20 steps, guidance 3.5, on box.
    Licence: FLUX.1 [dev] Non-Commercial License: pictures may be used freely, running it as a business needs a licence."
  `)
})

test("a picture to redraw is sent along, and gives the result its shape, turned as people see it", async () => {
  const upright = await source(300, 600)
  const order = orderFor("sdxl 1, from image", {
    sources: [upright],
    fit: { pixels: 128 * 128, multiple: 8, max: 256, maxPixels: 65_536 },
  })
  const { effective } = handler.contract.result.parse(await run(order))
  expect([effective.width, effective.height]).toEqual([88, 184])
  expect(comfy.inputs().filter((name) => name.endsWith(".jpg"))).toHaveLength(1)
  // A phone's picture lies on its side and says so.
  const lying = await source(600, 300, 6)
  const turned = handler.contract.result.parse(await run({ ...order, sources: [lying] }))
  expect([turned.effective.width, turned.effective.height]).toEqual([88, 184])
})

test("an edit over two pictures sends both, the same one once", async () => {
  const before = comfy.inputs().length
  const [one, two] = [await source(64, 64), await source(80, 64)]
  const result = await run(orderFor("qwen_edit 1, from edit", { sources: [one, two] }))
  expect(result.artifacts).toHaveLength(1)
  expect(comfy.inputs().length).toBe(before + 2)
  await run(orderFor("qwen_edit 1, from edit", { sources: [one, one] }))
  expect(comfy.inputs().length).toBe(before + 2)
})

test("a source that is no picture ends the job before the server is asked", async () => {
  const stored = await studio.services.artifacts
    .writerFor("local")
    .put(Buffer.from("no picture"), { name: "a.txt", use: "file" })
  const posted = comfy.posted.length
  const order = orderFor("sdxl 1, from image", { sources: [{ artifact: stored.id, sha256: stored.sha256 }] })
  await expect(run(order)).rejects.toMatchObject({ retry: "input" })
  expect(comfy.posted).toHaveLength(posted)
})

test("fewer pictures than asked for are no result", async () => {
  comfy.faults.lie = "no_outputs"
  await expect(run(orderFor("sdxl 1, from text", { seeds: [31] }))).rejects.toMatchObject({ retry: "transient" })
  comfy.faults.lie = undefined
})

test("a server that speaks OpenAI's protocol makes them with what it knows: words, a size of its own, a quality", async () => {
  const server = await startOpenai()
  const [preset] = presets.filter((it) => it.name === "openai_image")
  if (!preset?.builds[0]) throw new Error("no preset")
  const found: Found = {
    build: preset.builds[0],
    way: "text",
    files: { remote: "gpt-image-1" },
    loras: [],
    isBoosted: false,
  }
  const order = planOrder(
    { preset, label: preset.title, notes: [] },
    found,
    wish({ aspect: "16:9", seeds: [7, 8], quality: "fast" }),
  )
  const context = contextFor(studio, server.url)
  const at = { id: "srv_3", name: "cloud", kind: "openai", url: server.url, settings: {} }
  const result = handler.contract.result.parse(
    await handler.run({ order, name: "a-cat", group: "g2" }, { ...context, server: at }),
  )
  const [asked] = server.seen.filter((it) => it.path.endsWith("images/generations"))
  expect(JSON.parse(asked?.body.toString() ?? "")).toEqual({
    model: "gpt-image-1",
    prompt: "a red coat",
    n: 2,
    size: "1536x1024",
    quality: "low",
  })
  expect(result.artifacts.length).toBeGreaterThan(0)
  expect(result.effective).toMatchObject({ server: "cloud", preset: "gpt-image-1", seeds: [] })
  expect(studio.services.artifacts.get(result.artifacts[0]?.id ?? "")?.facts).not.toHaveProperty("Steps")
  await server.close()
})

test("a server of another kind is refused, for it could not know the order", async () => {
  const context = contextFor(studio, comfy.url)
  const server = { id: "srv_2", name: "mesh", kind: "hunyuan3d", url: comfy.url, settings: {} }
  const work = handler.run({ order: orderFor("sdxl 1, from text"), name: "n", group: "g" }, { ...context, server })
  await expect(work).rejects.toMatchObject({ retry: "fatal" })
})
