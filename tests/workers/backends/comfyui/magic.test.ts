import { expect, test } from "vitest"
import { glb, mp4, png, webm, webp } from "#tests/servers/comfyui/media.ts"
import { magicFault } from "#workers/backends/comfyui/magic.ts"

const files: [string, Buffer][] = [
  ["a.png", png({ width: 4, height: 4, count: 1, color: 7 })],
  ["a.webp", webp()],
  ["a.glb", glb()],
  ["a.mp4", mp4()],
  ["a.webm", webm()],
]

test.each(files)("%s is what it says", (name, bytes) => {
  expect(magicFault(name, bytes)).toBeUndefined()
  expect(magicFault(name.toUpperCase(), bytes)).toBeUndefined()
})

test.each(files)("%s with other bytes is not", (name) => {
  expect(magicFault(name, Buffer.from("<html>404 not found</html>"))).toMatch(/not what its name says/)
  expect(magicFault(name, new Uint8Array(0))).toMatch(/not whole/)
})

test.each(files.slice(0, 3))("the end of %s is missed", (name, bytes) => {
  expect(magicFault(name, bytes.subarray(0, bytes.byteLength - 1))).toMatch(/not whole/)
})

test("bytes in the middle of a larger buffer are read where they are", () => {
  const whole = Buffer.concat([Buffer.alloc(5), glb()])
  expect(magicFault("a.glb", new Uint8Array(whole.buffer, whole.byteOffset + 5, whole.byteLength - 5))).toBeUndefined()
})

test("names that say nothing are not judged", () => {
  expect(magicFault("a.latent", new Uint8Array(3))).toBeUndefined()
})
