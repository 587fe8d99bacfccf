import { z } from "zod"
import { commonOptions, defineFormat } from "#src/export/format.ts"
import type { Model } from "#src/geometry/mesh.ts"

const HEADER_BYTES = 80
const FACET_BYTES = 50

/** Binary STL in mm. Triangles are written as they are: a watertight mesh stays watertight. */
export const format = defineFormat({
  id: "stl",
  title: "STL",
  extension: "stl",
  mediaType: "model/stl",
  describe: "Binary STL in millimetres for printing and casting; metal only, unless stones are asked for.",
  includes: "casting",
  options: z.object({
    ...commonOptions,
    stones: z.boolean().default(false).describe("Also write the stones, as closed bodies of their own"),
  }),
  keep: (part, options) => options.stones || part.role === "metal",
  encode: async (model) => encode(model),
})

function encode(model: Model): Uint8Array {
  const triangles = model.parts.reduce((sum, part) => sum + part.mesh.indices.length / 3, 0)
  const bytes = new Uint8Array(HEADER_BYTES + 4 + triangles * FACET_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(header(model.name))
  view.setUint32(HEADER_BYTES, triangles, true)
  let at = HEADER_BYTES + 4
  for (const { mesh } of model.parts)
    for (let i = 0; i < mesh.indices.length; i += 3) {
      writeFacet(view, at, mesh.positions, mesh.indices, i)
      at += FACET_BYTES
    }
  return bytes
}

/** ASCII, and never starting with "solid": readers take that for a text file. */
function header(name: string): Uint8Array {
  const text = `Atelier binary STL, unit mm, ${name.replace(/[^\x20-\x7e]/g, "?")}`
  return new TextEncoder().encode(text.slice(0, HEADER_BYTES).padEnd(HEADER_BYTES))
}

function writeFacet(view: DataView, at: number, positions: Float32Array, indices: Uint32Array, i: number): void {
  const corner = (k: number, axis: number) => positions[(indices[i + k] ?? 0) * 3 + axis] ?? 0
  const edge = (k: number, axis: number) => corner(k, axis) - corner(0, axis)
  const [ux, uy, uz] = [edge(1, 0), edge(1, 1), edge(1, 2)]
  const [vx, vy, vz] = [edge(2, 0), edge(2, 1), edge(2, 2)]
  const normal = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx] as const
  const length = Math.hypot(...normal) || 1 // a facet without area keeps the zero normal that the format allows
  for (const [axis, value] of normal.entries()) view.setFloat32(at + axis * 4, value / length, true)
  for (let k = 0; k < 3; k++)
    for (let axis = 0; axis < 3; axis++) view.setFloat32(at + 12 + k * 12 + axis * 4, corner(k, axis), true)
}
