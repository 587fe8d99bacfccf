import { afterAll, beforeAll, expect, test } from "vitest"
import type { Order } from "#src/media/order.ts"
import { contextFor, modelFolders } from "#tests/media/comfyui.ts"
import { allCases, orderOf } from "#tests/media/orders.ts"
import { filesFor } from "#tests/media/servers.ts"
import { png } from "#tests/servers/comfyui/media.ts"
import { startComfyUi, type ComfyUi } from "#tests/servers/comfyui/server.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { handler } from "#workers/media.video.ts"

let studio: TestStudio
let comfy: ComfyUi
beforeAll(async () => {
  studio = await testStudio()
  const files = ["wan_2_2 1, from text", "ltx_video 1, from first_last"].flatMap(filesFor)
  comfy = await startComfyUi({ models: modelFolders([...new Set(files)]) })
})
afterAll(async () => {
  await comfy.close()
  await studio.close()
})

const orderFor = (name: string, given: Partial<Order> = {}): Order => {
  const found = allCases().find((it) => it.name === name)
  if (!found) throw new Error(name)
  return { ...orderOf(found, { width: 128, height: 64, frames: 9 }), ...given }
}
const run = (order: Order) => handler.run({ order, name: "a-boat", group: "g" }, contextFor(studio, comfy.url))

test("a video is stored as a file with its first frame to show, and with its exact length", async () => {
  const result = handler.contract.result.parse(await run(orderFor("wan_2_2 1, from text")))
  expect(result.artifacts.map(({ name, mediaType, use }) => [name, mediaType, use])).toEqual([
    ["a-boat.mp4", "video/mp4", "file"],
    ["a-boat.png", "image/png", "preview"],
  ])
  expect(result.effective).toMatchObject({ frames: 9, fps: 16, seconds: 0.5625, seeds: [7], server: "box" })
  expect(studio.services.artifacts.get(result.artifacts[0]?.id ?? "")?.facts).toMatchObject({
    Length: "9 frames at 16 fps, 0.5625 s",
    Seed: "7",
  })
  const { say } = handler.contract.summarize(result, { order: orderFor("wan_2_2 1, from text"), name: "n", group: "g" })
  expect(say).toMatchInlineSnapshot(
    `"A video with Wan 2.2, 128 × 64 px, 9 frames at 16 fps (0.5625 s), seed 7, 20 steps, cfg 3.5, on box."`,
  )
})

test("a video between two frames sends both", async () => {
  const writer = studio.services.artifacts.writerFor("local")
  const frames = await Promise.all(
    [0xff0000, 0x0000ff].map((color) =>
      writer.put(png({ width: 128, height: 64, count: 1, color }), { name: "frame.png", use: "file" }),
    ),
  )
  const sources = frames.map(({ id, sha256 }) => ({ artifact: id, sha256 }))
  const result = await run(orderFor("ltx_video 1, from first_last", { sources }))
  expect(result.artifacts).toHaveLength(2)
  expect(comfy.inputs().filter((name) => name.startsWith("atelier-"))).toHaveLength(2)
})

test("a server that gives no video is no result", async () => {
  comfy.faults.lie = "no_outputs"
  await expect(run(orderFor("wan_2_2 1, from text", { seeds: [9] }))).rejects.toMatchObject({ retry: "transient" })
  comfy.faults.lie = undefined
})
