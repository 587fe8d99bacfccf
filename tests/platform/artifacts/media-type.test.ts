import { strToU8, zipSync } from "fflate"
import sharp from "sharp"
import { describe, expect, it } from "vitest"
import { safeFileName } from "#src/platform/artifacts/file-name.ts"
import { mediaTypeOf } from "#src/platform/artifacts/media-type.ts"

const typeOf = (content: Uint8Array | string) => {
  const bytes = Buffer.from(content)
  return mediaTypeOf({ head: bytes.subarray(0, 65_536), tail: bytes.subarray(-65_536), bytes: bytes.length })
}
const zip = (...names: string[]) => zipSync(Object.fromEntries(names.map((name) => [name, strToU8("x")])))
const binaryStl = (triangles: number, header = "made here") => {
  const bytes = Buffer.alloc(84 + 50 * triangles)
  bytes.write(header)
  bytes.writeUInt32LE(triangles, 80)
  return bytes
}
const glb = () => {
  const bytes = Buffer.alloc(20)
  bytes.write("glTF")
  bytes.writeUInt32LE(2, 4)
  bytes.writeUInt32LE(20, 8)
  return bytes
}

describe("the media type comes from the content", () => {
  it.each<[string, () => Uint8Array | string | Promise<Uint8Array>]>([
    ["model/stl", () => binaryStl(3)],
    ["model/stl", () => binaryStl(2_000, "solid but binary")],
    ["model/stl", () => "solid ring\n facet normal 0 0 1\n  outer loop\n"],
    ["model/gltf-binary", glb],
    ["model/gltf+json", () => '{ "asset": { "generator": "x", "version": "2.0" }, "scenes": [] }'],
    ["model/3mf", () => zip("[Content_Types].xml", "_rels/.rels", "3D/3dmodel.model")],
    ["model/vnd.usdz+zip", () => zip("ring.usdc", "textures/gold.png")],
    ["application/epub+zip", () => zip("mimetype", "META-INF/container.xml")],
    ["application/zip", () => zip("readme.txt")],
    ["application/vnd.openxmlformats-officedocument.wordprocessingml.document", () => zip("word/document.xml")],
    ["model/obj", () => "# made here\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"],
    ["image/svg+xml", () => '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ["image/svg+xml", () => '<?xml version="1.0"?>\n<!-- a <html> comment -->\n<!DOCTYPE svg PUBLIC "x">\n<svg></svg>'],
    ["text/html", () => "\n<!DOCTYPE html><title>x</title>"],
    ["text/html", () => "<script>alert(1)</script>"],
    ["text/html", () => "hello <iframe src=x></iframe>"],
    ["application/xml", () => '<?xml version="1.0"?><fcpxml version="1.11"/>'],
    ["application/json", () => '[{"a":1}]'],
    ["text/plain", () => '{"a": not json'],
    ["text/plain", () => "BM is how this sentence begins, and MZ comes later. Grüße!"],
    ["application/pdf", () => "%PDF-1.7\n"],
    [
      "image/png",
      () =>
        sharp({ create: { width: 2, height: 2, channels: 3, background: "red" } })
          .png()
          .toBuffer(),
    ],
    [
      "image/webp",
      () =>
        sharp({ create: { width: 2, height: 2, channels: 3, background: "red" } })
          .webp()
          .toBuffer(),
    ],
    ["application/octet-stream", () => Buffer.from([0, 1, 2, 3, 255, 254])],
    ["application/octet-stream", () => ""],
  ])("%s", async (expected, content) => {
    expect(await typeOf(await content())).toBe(expected)
  })

  it("does not mind a character that is cut at the end of the sample", async () => {
    expect(await typeOf("é".repeat(40_000))).toBe("text/plain")
    expect(await typeOf(`x${"é".repeat(40_000)}`)).toBe("text/plain")
  })

  it("corrects an extension that contradicts it: a page named .png becomes .html", async () => {
    expect(safeFileName("cat.png", await typeOf("<html><script>x</script></html>"))).toBe("cat.html")
    expect(safeFileName("ring.glb", "model/stl")).toBe("ring.stl")
    expect(safeFileName("ring.STL", "model/stl")).toBe("ring.stl")
    expect(safeFileName("photo.jpeg", "image/jpeg")).toBe("photo.jpeg")
    expect(safeFileName("timeline.otio", "application/json")).toBe("timeline.otio")
    expect(safeFileName("cut.fcpxml", "application/xml")).toBe("cut.fcpxml")
    expect(safeFileName("v1.2 final", "model/3mf")).toBe("v1.2 final.3mf")
    expect(safeFileName("data.png", "application/octet-stream")).toBe("data.bin")
  })
})
