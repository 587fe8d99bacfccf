import { afterAll, beforeAll, expect, test } from "vitest"
import { modelFolders } from "#tests/media/comfyui.ts"
import { filesFor } from "#tests/media/servers.ts"
import { png } from "#tests/servers/comfyui/media.ts"
import { startComfyUi, type ComfyUi } from "#tests/servers/comfyui/server.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let registry: Registry
let comfy: ComfyUi

beforeAll(async () => {
  studio = await testStudio()
  registry = await loadRegistry(["media"])
  const files = ["wan_2_1 1, from text", "ltx_video 1, from first_last"].flatMap(filesFor)
  comfy = await startComfyUi({ models: modelFolders([...new Set(files)]) })
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

const generate = (input: object) =>
  registry.callTool("video_generate", { prompt: "a boat", width: 128, height: 64, wait_s: 25, ...input }, studio.call())

const frame = async (color: number) => {
  const bytes = png({ width: 128, height: 64, count: 1, color })
  return (await studio.services.artifacts.writerFor("local").put(bytes, { name: "frame.png", use: "file" })).id
}

test("a sentence becomes a video file with its exact length and a picture to show for it", async () => {
  const reply = await generate({ seconds: 1 })
  expect(reply.job?.state).toBe("done")
  expect(reply.artifacts?.map(({ mediaType, use }) => [mediaType, use])).toEqual([
    ["video/mp4", "file"],
    ["image/png", "preview"],
  ])
  expect(reply.data).toMatchObject({ preset: "Wan 2.1", effective: { frames: 17, fps: 16, seconds: 1.0625 } })
  expect(reply.say).toContain("17 frames, 1.0625 s at 16 fps, in place of 16")
})

test("between two frames it takes a model that can, and the frames are sent", async () => {
  const reply = await generate({ first_frame: await frame(0xff0000), last_frame: await frame(0xff), frames: 9 })
  expect(reply.data).toMatchObject({ preset: "LTX-Video", effective: { frames: 9, fps: 25, seconds: 0.36 } })
  expect(comfy.inputs().filter((name) => name.startsWith("atelier-"))).toHaveLength(2)
})

test("the same order with the same seed comes back free of charge", async () => {
  const first = await generate({ seed: 3, frames: 5 })
  const again = await generate({ seed: 3, frames: 5 })
  expect(again.artifacts).toEqual(first.artifacts)
  expect(again.data["reused"]).toBe(true)
})

test.each([
  ["a last frame alone", { last_frame: "art_1" }, "last frame without a first"],
  ["two lengths", { seconds: 2, frames: 30 }, "Both seconds and frames"],
  ["a model for pictures", { preset: "sdxl" }, "makes pictures"],
  ["a way the model lacks", { preset: "hunyuan_video", first_frame: "art_0" }, "no file"],
  ["a model whose files are missing", { preset: "hunyuan_video" }, "box lacks models/"],
])("%s is refused with the reason", async (_what, input, problem) => {
  await expect(generate(input)).rejects.toMatchObject({ problem: expect.stringContaining(problem) })
})
