import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import sharp from "sharp"
import { afterAll, beforeAll, expect, test } from "vitest"
import { pictureInfo } from "#src/platform/artifacts/picture.ts"

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-picture-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const blank = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#204060" } })

test("a picture tells its size and format, from its bytes or from a file whatever it is called", async () => {
  const bytes = await blank(30, 20).png().toBuffer()
  expect(await pictureInfo(bytes)).toEqual({ width: 30, height: 20, format: "png" })
  const path = join(folder, "picture.txt")
  await writeFile(path, await blank(40, 10).webp().toBuffer())
  expect(await pictureInfo(path)).toEqual({ width: 40, height: 10, format: "webp" })
})

test("a photo that lies on its side has the size that people see", async () => {
  const bytes = await blank(30, 20).withMetadata({ orientation: 6 }).jpeg().toBuffer()
  expect(await pictureInfo(bytes)).toEqual({ width: 20, height: 30, format: "jpeg" })
})

test("what is no picture, or only the start of one, gives nothing", async () => {
  expect(await pictureInfo(Buffer.from("no picture"))).toBeUndefined()
  expect(await pictureInfo(new Uint8Array())).toBeUndefined()
  expect(await pictureInfo(join(folder, "absent.png"))).toBeUndefined()
  const bytes = await blank(30, 20).png().toBuffer()
  expect(await pictureInfo(bytes.subarray(0, 20))).toBeUndefined()
})
