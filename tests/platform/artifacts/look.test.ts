import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import sharp from "sharp"
import { afterAll, beforeAll, expect, test } from "vitest"
import { createLook } from "#src/platform/artifacts/look.ts"

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "atelier-look-"))))
afterAll(() => rm(folder, { recursive: true, force: true }))

const look = createLook()
const seen = async (bytes: Uint8Array | string, signal = new AbortController().signal) => {
  const path = join(folder, crypto.randomUUID())
  await writeFile(path, bytes)
  return look(path, signal)
}

test("a large picture becomes a small JPEG, turned upright, without what the camera noted, white where it was clear", async () => {
  const photo = await sharp({ create: { width: 3_000, height: 2_000, channels: 4, background: "#00000000" } })
    .withExif({ IFD0: { Artist: "Anna in Vienna" } })
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer()
  const small = await seen(photo)
  const data = await sharp(small?.bytes).metadata()
  expect([data.format, data.width, data.height]).toEqual(["jpeg", 1_045, 1_568])
  expect(data.exif).toBeUndefined()
  const { dominant } = await sharp(small?.bytes).stats()
  expect([dominant.r, dominant.g, dominant.b].every((it) => it > 240)).toBe(true)
})

test("what is no picture, a drawing that may load more, and a bomb of pixels are nothing to see", async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
  const wide = await sharp({ create: { width: 8_000, height: 7_600, channels: 3, background: "#fff" } })
    .png({ compressionLevel: 1 })
    .toBuffer()
  expect(
    await Promise.all([seen("no picture"), seen(svg), seen(wide), look("/nonexistent", AbortSignal.any([]))]),
  ).toEqual([undefined, undefined, undefined, undefined])
})

test("whoever has stopped waits for nothing", async () => {
  expect(await seen("x", AbortSignal.abort())).toBeUndefined()
})
