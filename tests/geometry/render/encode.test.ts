import sharp from "sharp"
import { expect, test } from "vitest"
import { encodePicture } from "#src/geometry/render/encode.ts"
import type { Picture } from "#src/geometry/render/render.ts"
import { seeded } from "#tests/seeded.ts"

/** Noise: nothing compresses worse. */
function noise(width: number, height: number): Picture {
  const next = seeded(3)
  const rgba = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : next() * 256))
  return { rgba, width, height, facts: { engine: "builtin", samples: 1, ms: 0, triangles: 0, threads: 1, rays: 0 } }
}

test("PNG keeps every pixel", async () => {
  const picture = noise(40, 24)
  const read = await sharp(await encodePicture(picture, { format: "png" }))
    .ensureAlpha()
    .raw()
    .toBuffer()
  expect(Buffer.compare(read, picture.rgba)).toBe(0)
})

test("the longer edge is reduced to what is asked, and a small picture is not enlarged", async () => {
  const large = await sharp(await encodePicture(noise(200, 100), { format: "webp", maxEdge: 80 })).metadata()
  expect([large.format, large.width, large.height]).toEqual(["webp", 80, 40])
  const same = await sharp(await encodePicture(noise(40, 24), { format: "png", maxEdge: 512 })).metadata()
  expect([same.width, same.height]).toEqual([40, 24])
})

test("a file over the byte limit gets smaller until it fits", async () => {
  for (const format of ["webp", "png"] as const)
    expect((await encodePicture(noise(300, 300), { format, maxBytes: 30_000 })).length).toBeLessThanOrEqual(30_000)
})

test("a limit that no version meets is refused with the number", async () => {
  await expect(encodePicture(noise(100, 100), { format: "png", maxBytes: 50 })).rejects.toThrow(/only 50/)
})
