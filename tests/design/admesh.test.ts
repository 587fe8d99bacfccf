import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { buildDesign } from "#src/design/build.ts"
import type { Brief } from "#src/design/brief.ts"
import { newRecipe } from "#src/design/recipe.ts"
import { eachTriangle, volume } from "#src/geometry/measure.ts"
import type { TriMesh } from "#src/geometry/mesh.ts"

const installed = spawnSync("admesh", ["--version"]).status === 0

/** Binary STL, the plainest writing of it: admesh computes the normals itself. */
function stl(mesh: TriMesh): Buffer {
  const bytes = Buffer.alloc(84 + (mesh.indices.length / 3) * 50)
  bytes.writeUInt32LE(mesh.indices.length / 3, 80)
  eachTriangle(mesh, (a, b, c, triangle) => {
    ;[...a, ...b, ...c].forEach((value, i) => bytes.writeFloatLE(value, 84 + triangle * 50 + 12 + i * 4))
  })
  return bytes
}

describe("admesh, an independent reader", () => {
  const briefs: Brief[] = [
    { carat: 1 },
    { stone_diameter_mm: 3, prongs: 4, band_profile: "flat" },
    { carat: 5, band_profile: "comfort", band_width_mm: 4 },
  ]
  test.skipIf(!installed).each(briefs)(
    "finds no open edge, no repair and the same volume in %o (skipped without admesh)",
    async (brief) => {
      const { model } = await buildDesign(newRecipe(brief).recipe)
      const metal = model.parts[0]?.mesh
      if (!metal) throw new Error("no metal")
      const folder = mkdtempSync(join(tmpdir(), "atelier-admesh-"))
      try {
        writeFileSync(join(folder, "ring.stl"), stl(metal))
        const words = execFileSync("admesh", [join(folder, "ring.stl")], { encoding: "utf8" })
        const number = (label: string) => Number(new RegExp(`${label}\\s*:\\s*(-?[\\d.]+)`).exec(words)?.[1])
        expect(number("Number of parts")).toBe(1)
        expect(number("Total disconnected facets")).toBe(0)
        expect(number("Degenerate facets")).toBe(0)
        expect(number("Edges fixed")).toBe(0)
        expect(number("Facets removed")).toBe(0)
        expect(number("Facets added")).toBe(0)
        expect(number("Facets reversed")).toBe(0)
        expect(number("Backwards edges")).toBe(0)
        expect(Math.abs(number("Volume") / volume(metal) - 1)).toBeLessThan(1e-4)
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  )
})
