import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { Document, WebIO } from "@gltf-transform/core"
import { buildSync } from "esbuild"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { format } from "#src/export/formats/glb.ts"
import { hasBrowser, launch, listen } from "#tests/bots/web/browser.ts"
import { PIXEL } from "#tests/bots/web/gallery.ts"
import { kernel, RUBY, solitaire } from "#tests/export/solids.ts"

/** Browser code: the viewer on a tiny canvas, with a count of what the GPU holds. */
const ENTRY = `
import { createViewer } from "../../../../bots/web/viewer/viewer.ts"
const held = {}
const context = WebGL2RenderingContext.prototype
for (const kind of ["Texture", "Buffer", "Framebuffer", "Program"]) {
  held[kind] = 0
  const [make, free] = [context["create" + kind], context["delete" + kind]]
  context["create" + kind] = function () { held[kind]++; return make.call(this) }
  context["delete" + kind] = function (it) { if (it) held[kind]--; free.call(this, it) }
}
const viewer = createViewer(document.querySelector("canvas"), { turntable() {}, lost() {} })
const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
window.show = async (url) => {
  const shown = await viewer.show(url)
  await drawn()
  return { ...shown, held: { ...held } }
}
`

describe.skipIf(!hasBrowser)("the viewer with one model after another", () => {
  let origin = ""
  let close = async () => {}
  let stop = async () => {}
  let show: (url: string) => Promise<{ stones: number; held: Record<string, number> }>
  const complaints: string[] = []

  beforeAll(async () => {
    const bundle = buildSync({
      stdin: { contents: ENTRY, resolveDir: dirname(fileURLToPath(import.meta.url)) },
      bundle: true,
      write: false,
      format: "iife",
    }).outputFiles[0]?.text
    const files: Record<string, [string, string | Uint8Array<ArrayBuffer>]> = {
      "/": ["text/html", "<!doctype html><canvas width=64 height=64></canvas><script src=entry.js></script>"],
      "/entry.js": ["text/javascript", bundle ?? ""],
      "/ring.glb": [
        "model/gltf-binary",
        new Uint8Array(await format.write(solitaire(await kernel(), 6.5, undefined, RUBY))),
      ],
      "/picture.glb": ["model/gltf-binary", await pictureOnATriangle()],
    }
    const policy = "default-src 'none'; script-src 'self'; img-src 'self' data:; connect-src 'self'"
    ;({ origin, close } = await listen((request) => {
      const [type, body] = files[new URL(request.url).pathname] ?? []
      return body === undefined
        ? new Response(null, { status: 204 })
        : new Response(body, { headers: { "content-type": type ?? "", "content-security-policy": policy } })
    }))
    const browser = await launch()
    stop = () => browser.close()
    const page = await browser.newPage({ viewport: { width: 100, height: 100 } })
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text())
    })
    await page.goto(origin)
    // `window.show` is set by ENTRY.
    show = (url) => page.evaluate((it) => (window as never as { show: typeof show }).show(it), url)
  }, 60_000)

  afterAll(async () => {
    await stop()
    await close()
  })

  it("holds no more after the third than after the first, and shows pictures inside a GLB under a strict policy", async () => {
    const first = await show("/ring.glb")
    expect(first.stones).toBe(1)
    const other = await show("/picture.glb")
    expect(other.stones).toBe(0)
    const third = await show("/ring.glb")
    expect(third.held["Texture"]).toBeLessThanOrEqual(first.held["Texture"] ?? 0)
    expect(third.held["Buffer"]).toBeLessThanOrEqual(first.held["Buffer"] ?? 0)
    expect(third.held["Framebuffer"]).toBeLessThanOrEqual(first.held["Framebuffer"] ?? 0)
    expect(other.held["Texture"]).toBe(first.held["Texture"] ?? 0) // the picture came, the facets went
    expect(complaints).toEqual([])
  }, 60_000)

  it("says why a model cannot be read, and goes on with the next", async () => {
    await expect(show("/entry.js")).rejects.toThrow(/JSON|glTF|Unexpected/)
    expect((await show("/picture.glb")).stones).toBe(0)
  }, 60_000)
})

async function pictureOnATriangle(): Promise<Uint8Array<ArrayBuffer>> {
  const document = new Document()
  const buffer = document.createBuffer()
  const accessor = (type: "VEC2" | "VEC3", values: number[]) =>
    document.createAccessor().setType(type).setArray(new Float32Array(values)).setBuffer(buffer)
  const texture = document.createTexture("picture").setImage(PIXEL).setMimeType("image/png")
  const primitive = document
    .createPrimitive()
    .setAttribute("POSITION", accessor("VEC3", [0, 0, 0, 0.01, 0, 0, 0, 0.01, 0]))
    .setAttribute("NORMAL", accessor("VEC3", [0, 0, 1, 0, 0, 1, 0, 0, 1]))
    .setAttribute("TEXCOORD_0", accessor("VEC2", [0, 0, 1, 0, 0, 1]))
    .setMaterial(document.createMaterial("painted").setBaseColorTexture(texture))
  document.createScene().addChild(document.createNode().setMesh(document.createMesh().addPrimitive(primitive)))
  return new Uint8Array(await new WebIO().writeBinary(document))
}
