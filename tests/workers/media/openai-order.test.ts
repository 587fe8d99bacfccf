import { expect, test } from "vitest"
import type { Order } from "#src/media/order.ts"
import { planOrder } from "#src/media/plan.ts"
import { findPreset } from "#src/media/presets.ts"
import type { Wish } from "#src/media/wish.ts"
import { openaiOrderOf } from "#workers/media/openai-order.ts"
import { wish } from "#tests/media/orders.ts"

function order(makes: Wish["makes"], remote: string, given: Partial<Wish> = {}, way: Order["way"] = "text"): Order {
  const preset = findPreset(`openai_${makes}`)
  const [build] = preset?.builds ?? []
  if (!preset || !build) throw new Error("no such preset")
  const choice = { preset, label: preset.title, notes: [] }
  return planOrder(choice, { build, way, files: { remote }, loras: [], isBoosted: false }, wish({ makes, ...given }))
}

test("OpenAI's own models get one of their sizes and no seed; other servers get both as they are", () => {
  expect(openaiOrderOf(order("image", "gpt-image-1", { aspect: "2:3" }), [])).toMatchObject({ size: "1024x1536" })
  expect(openaiOrderOf(order("image", "dall-e-3", { aspect: "21:9", quality: "quality" }), [])).toMatchObject({
    size: "1792x1024",
    quality: "hd",
  })
  expect(openaiOrderOf(order("image", "gpt-image-1"), [])).not.toHaveProperty("seed")
  const local = openaiOrderOf(order("image", "flux.1-dev", { width: 640, height: 384, seeds: [2 ** 32 + 5] }), [])
  expect(local).toMatchObject({ size: "640x384", seed: 5 })
  expect(local).not.toHaveProperty("quality")
})

test("an edit keeps the shape of its picture unless another is asked for", () => {
  const sources = [{ name: "a.png", path: "/tmp/a.png", mediaType: "image/png" }]
  const given = { sources: [{ artifact: "art_1", sha256: "a".repeat(64) }] }
  const edit = openaiOrderOf(order("image", "gpt-image-1", given, "edit"), sources)
  expect(edit).toMatchObject({ images: [{ name: "a.png" }] })
  expect(edit).not.toHaveProperty("size")
  const shaped = openaiOrderOf(order("image", "gpt-image-1", { ...given, aspect: "1:1" }, "edit"), sources)
  expect(shaped).toMatchObject({ size: "1024x1024" })
})

test("videos are ordered in whole seconds", () => {
  expect(openaiOrderOf(order("video", "sora-2"), [])).toMatchObject({ task: "video", seconds: 4, size: "1280x720" })
  expect(openaiOrderOf(order("video", "sora-2", { seconds: 7.6 }), [])).toMatchObject({ seconds: 8 })
})
