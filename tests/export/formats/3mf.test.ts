import { strFromU8, unzipSync } from "fflate"
import { beforeAll, describe, expect, it } from "vitest"
import { format } from "#src/export/formats/3mf.ts"
import type { Model } from "#src/geometry/mesh.ts"
import { hasSlic3r, slic3r } from "#tests/export/readers.ts"
import { bodies, kernel, solitaire, volume } from "#tests/export/solids.ts"

let ring: Model
let simple: Record<string, Model>

beforeAll(async () => {
  const solids = await kernel()
  ring = solitaire(solids)
  simple = bodies(solids)
})

describe("3MF", () => {
  it("is a package whose relationship leads to the model, in mm, with one named and coloured object per part", async () => {
    const files = unzipSync(await format.write(ring, { stones: true }))
    expect(Object.keys(files)).toEqual(["[Content_Types].xml", "_rels/.rels", "3D/3dmodel.model"])
    const text = (name: string) => strFromU8(files[name] ?? new Uint8Array())
    expect(text("[Content_Types].xml")).toContain(
      'Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"',
    )
    expect(text("_rels/.rels")).toContain('Target="/3D/3dmodel.model"')
    const tags = (tag: string) =>
      [...text("3D/3dmodel.model").matchAll(new RegExp(`<${tag} ([^>]*?)/?>`, "g"))].map((it) => it[1])
    expect(tags("model")[0]).toContain('unit="millimeter"')
    expect(tags("base")).toEqual([
      'name="18k yellow gold" displaycolor="#FDE2AD"',
      'name="diamond" displaycolor="#FFFFFF"',
    ])
    expect(tags("object")).toEqual([
      'id="2" type="model" name="ring" pid="1" pindex="0"',
      'id="3" type="model" name="centre stone" pid="1" pindex="1"',
    ])
    expect(tags("item")).toEqual(['objectid="2"', 'objectid="3"'])
  })

  it("brings back every coordinate exactly", async () => {
    const text = strFromU8(unzipSync(await format.write(ring))["3D/3dmodel.model"] ?? new Uint8Array())
    const read = [...text.matchAll(/<vertex x="([^"]+)" y="([^"]+)" z="([^"]+)"/g)].flatMap((it) =>
      it.slice(1).map(Number),
    )
    const written = ring.parts[0]?.mesh.positions ?? new Float32Array()
    expect(Float32Array.from(read).every((value, i) => value === written[i] || (value === 0 && written[i] === 0))).toBe(
      true,
    )
    expect(read.length).toBe(written.length)
  })

  it("escapes what has a meaning in XML and leaves out what may not stand in it", async () => {
    const part = { ...ring.parts[0], name: '<b>&"\u0000\ud800' } as Model["parts"][number] // spreads a whole part
    const text = strFromU8(
      unzipSync(await format.write({ name: "a & b", parts: [part] }))["3D/3dmodel.model"] ?? new Uint8Array(),
    )
    expect(text).toContain('name="&lt;b&gt;&amp;&quot; \ufffd"')
    expect(text).toContain('<metadata name="Title">a &amp; b</metadata>')
  })

  it.skipIf(!hasSlic3r)("is manifold for slic3r, with the same volume", async () => {
    for (const [name, model] of Object.entries({ ...simple, ring })) {
      const seen = await slic3r("model.3mf", await format.write(model))
      expect(seen.manifold, name).toBe("yes")
      const [metal] = model.parts
      expect(
        Math.abs(
          seen.volume / volume(metal?.mesh ?? { positions: new Float32Array(), indices: new Uint32Array() }) - 1,
        ),
      ).toBeLessThan(1e-4)
    }
  })
})
