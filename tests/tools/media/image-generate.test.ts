import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { modelFolders } from "#tests/media/comfyui.ts"
import { filesFor } from "#tests/media/servers.ts"
import { png } from "#tests/servers/comfyui/media.ts"
import { startComfyUi, type ComfyUi } from "#tests/servers/comfyui/server.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let registry: Registry
let comfy: ComfyUi
const signal = new AbortController().signal

/** A studio that has one ComfyUI, with SDXL and what Qwen-Image-Edit needs. */
beforeAll(async () => {
  studio = await testStudio()
  registry = await loadRegistry(["media", "studio"])
  const files = ["sdxl 1, from text", "qwen_edit 1, from edit"].flatMap(filesFor)
  comfy = await startComfyUi({ models: modelFolders([...files, "loras/film/grain.safetensors"]) })
  await studio.services.servers.add(
    { id: "local", surface: "cli" },
    { name: "box", kind: "comfyui", url: comfy.url, settings: { poll_ms: 50 } },
    signal,
  )
})
afterAll(async () => {
  await studio.close()
  await comfy.close()
})

const generate = (input: object, where = studio, caller = {}) =>
  registry.callTool("image_generate", { width: 128, height: 128, wait_s: 25, ...input }, where.call(caller))
const used = () =>
  studio.services.quota.show("local").find((line) => line.unit === "jobs" && line.window === "day")?.used

describe("from the sentence to the stored picture", () => {
  test("a prompt becomes a file, made by the server with the best model it has", async () => {
    const reply = await generate({ prompt: "a lighthouse at dusk", count: 2 })
    expect(reply.job?.state).toBe("done")
    expect(reply.artifacts?.map(({ name, use }) => [name, use])).toEqual([
      ["a-lighthouse-at-dusk-1.png", "preview"],
      ["a-lighthouse-at-dusk-2.png", "preview"],
    ])
    const { seeds, effective, preset } = reply.data as { seeds: number[]; effective: object; preset: string }
    expect(preset).toBe("Stable Diffusion XL")
    expect(effective).toMatchObject({ server: "box", seeds, width: 128, height: 128 })
    expect(seeds).toHaveLength(2)
    expect(reply.say).toContain(`seeds ${seeds.join(", ")}`)
    expect(reply.next).toMatchObject([{ tool: "image_generate", input: { prompt: "a lighthouse at dusk" } }])
    expect(studio.services.artifacts.get(reply.artifacts?.[0]?.id ?? "")?.facts).toMatchObject({ Server: "box" })
  })

  test("the same order with the same seed costs nothing the second time, and says so", async () => {
    const first = await generate({ prompt: "a fox", seed: 7, quality: "fast" })
    const charged = used()
    const runs = comfy.posted.length
    const again = await generate({ prompt: "a fox", seed: 7, quality: "fast" })
    expect(again.artifacts).toEqual(first.artifacts)
    expect([first.data["reused"], again.data["reused"]]).toEqual([false, true])
    expect(again.say).toContain("nothing was charged")
    expect([used(), comfy.posted.length]).toEqual([charged, runs])
    // Any difference that shows is another picture.
    const other = await generate({ prompt: "a fox", seed: 7, quality: "fast", steps: 9 })
    expect(other.data["reused"]).toBe(false)
  })

  test("without a seed each call draws its own and makes a new picture", async () => {
    const [one, two] = [await generate({ prompt: "a hare" }), await generate({ prompt: "a hare" })]
    expect(one.data["seeds"]).not.toEqual(two.data["seeds"])
    expect(two.data["reused"]).toBe(false)
  })

  test("a picture that was made is changed by an instruction, and redrawn at a strength", async () => {
    const [made] = (await generate({ prompt: "a coat", seed: 1 })).artifacts ?? []
    const images = [made?.id ?? ""]
    const edited = await generate({ prompt: "make it red", images, width: undefined, height: undefined })
    expect(edited.data["preset"]).toBe("Qwen-Image-Edit")
    const redrawn = await generate({ prompt: "a red coat", images, strength: 0.4 })
    expect(redrawn.data).toMatchObject({ preset: "Stable Diffusion XL", effective: { strength: 0.4 } })
  })

  test("a LoRA is found by its bare name", async () => {
    const reply = await generate({ prompt: "a street", preset: "sdxl", loras: [{ name: "grain", weight: 0.7 }] })
    expect(reply.say).toContain("LoRA film/grain.safetensors 0.7")
    const graph = comfy.graph(comfy.posted.at(-1) ?? "")
    expect(Object.values(graph ?? {}).find((node) => node.class_type === "LoraLoader")?.inputs).toMatchObject({
      lora_name: "film/grain.safetensors",
      strength_model: 0.7,
    })
  })

  test("long work goes on as a job with its seed told", async () => {
    const reply = await generate({ prompt: "a slow one", wait_s: 0 })
    expect(reply.job?.state).not.toBe("done")
    expect(reply.say).toMatch(/^Stable Diffusion XL, seed \d+\./)
    const waited = await registry.callTool("job_wait", { job_id: reply.job?.id, wait_s: 25 }, studio.call())
    expect(waited.data).toMatchObject({ state: "done", result: { effective: { server: "box" } } })
    expect(waited.artifacts).toHaveLength(1)
  })
})

describe("what is refused", () => {
  test("a missing file is named with its folder", async () => {
    await expect(generate({ prompt: "x", preset: "flux_dev" })).rejects.toMatchObject({
      problem: expect.stringContaining("box lacks models/checkpoints/flux1-dev-fp8.safetensors"),
    })
  })

  test("without any server it is said who can add one", async () => {
    const bare = await testStudio()
    await expect(generate({ prompt: "x" }, bare)).rejects.toMatchObject({
      problem: "No picture generator is connected.",
      hint: expect.stringContaining("An admin can add one"),
    })
    expect(bare.services.jobs.list("local")).toEqual([])
    await bare.close()
  })

  test("files of others, and files that are no pictures, never go to a server", async () => {
    const writer = studio.services.artifacts.writerFor("local")
    const own = await writer.put(png({ width: 8, height: 8, count: 1, color: 0 }), { name: "own.png", use: "file" })
    const text = await writer.put(Buffer.from("words"), { name: "words.txt", use: "file" })
    const stranger = studio.accounts.forIdentity({ platform: "test", tenant: "t", externalId: "s" }, "Stranger")
    const asStranger = generate({ prompt: "x", images: [own.id] }, studio, { accountId: stranger.id, role: "user" })
    await expect(asStranger).rejects.toMatchObject({ code: "not_found" })
    await expect(generate({ prompt: "x", images: [text.id] })).rejects.toMatchObject({
      problem: "words.txt is text/plain, not a picture.",
    })
  })

  test.each([
    ["no words", { prompt: "  " }],
    ["a size beyond every model", { prompt: "x", width: 10_000 }],
    ["five pictures at once", { prompt: "x", count: 5 }],
    ["a sampler that does not exist", { prompt: "x", sampler: "magic" }],
  ])("%s", async (_what, input) => {
    await expect(generate(input)).rejects.toMatchObject({ name: "UserError", code: "bad_input" })
  })
})
