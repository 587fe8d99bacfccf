import { zipSync, strToU8 } from "fflate"
import { z } from "zod"
import { commonOptions, defineFormat } from "#src/export/format.ts"
import { cleanName, uniqueNames } from "#src/export/names.ts"
import type { Material, Model, Rgb, TriMesh } from "#src/geometry/mesh.ts"

const CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
const RELATIONSHIP = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
const CONTENT_TYPE = "application/vnd.ms-package.3dmanufacturing-3dmodel+xml"
/** The earliest date a zip can hold, by local calendar as the zip writer reads it: the same bytes in every time zone. */
const DATE = new Date(1980, 0, 1)

/** 3MF core specification 1.3: mm, one object per part, colours as base materials. */
export const format = defineFormat({
  id: "3mf",
  title: "3MF",
  extension: "3mf",
  mediaType: "model/3mf",
  describe: "3MF in millimetres for slicers, with named parts and colours; metal only, unless stones are asked for.",
  includes: "casting",
  options: z.object({
    ...commonOptions,
    stones: z.boolean().default(false).describe("Also write the stones, as objects of their own"),
  }),
  keep: (part, options) => options.stones || part.role === "metal",
  encode: async (model) =>
    zipSync(
      {
        "[Content_Types].xml": strToU8(contentTypes()),
        "_rels/.rels": strToU8(relationships()),
        "3D/3dmodel.model": strToU8(modelXml(model)),
      },
      { mtime: DATE, level: 6, os: 0 },
    ),
})

const XML = `<?xml version="1.0" encoding="UTF-8"?>\n`

function contentTypes(): string {
  return `${XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="model" ContentType="${CONTENT_TYPE}"/></Types>\n`
}

function relationships(): string {
  return `${XML}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Target="/3D/3dmodel.model" Id="rel0" Type="${RELATIONSHIP}"/></Relationships>\n`
}

const MATERIALS_ID = 1
const FIRST_OBJECT_ID = 2

function modelXml(model: Model): string {
  const palette = distinctMaterials(model)
  const names = uniqueNames(
    model.parts.map((part) => part.name),
    "part",
  )
  const objects = model.parts.map(
    (part, i) =>
      `<object id="${FIRST_OBJECT_ID + i}" type="model" name="${escapeXml(names[i] ?? "part")}" pid="${MATERIALS_ID}" pindex="${palette.indexOf(part.material)}">${meshXml(part.mesh)}</object>\n`,
  )
  const items = model.parts.map((_, i) => `<item objectid="${FIRST_OBJECT_ID + i}"/>`)
  return [
    `${XML}<model unit="millimeter" xml:lang="en-US" xmlns="${CORE}">\n`,
    `<metadata name="Title">${escapeXml(cleanName(model.name, "model"))}</metadata>\n`,
    `<metadata name="Application">Atelier</metadata>\n<resources>\n`,
    `<basematerials id="${MATERIALS_ID}">${palette.materials.map(baseXml).join("")}</basematerials>\n`,
    ...objects,
    `</resources>\n<build>${items.join("")}</build>\n</model>\n`,
  ].join("")
}

/** Materials by name and colour, in order of first use. */
function distinctMaterials(model: Model): { materials: Material[]; indexOf(material: Material): number } {
  const key = (material: Material) => `${colour(material)} ${material.name}`
  const materials = new Map(model.parts.map(({ material }) => [key(material), material]))
  const order = [...materials.keys()]
  return { materials: [...materials.values()], indexOf: (material) => order.indexOf(key(material)) }
}

function baseXml(material: Material): string {
  return `<base name="${escapeXml(cleanName(material.name, "material"))}" displaycolor="${colour(material)}"/>`
}

/** What a slicer shows: the metal's reflectance, the stone's body colour; #RRGGBB in sRGB. */
function colour(material: Material): string {
  const linear: Rgb = material.transmission > 0.5 ? material.attenuationColor : material.baseColor
  const byte = (value: number) => {
    const v = Math.min(1, Math.max(0, value))
    const srgb = v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055 // IEC 61966-2-1
    return Math.round(srgb * 255)
      .toString(16)
      .padStart(2, "0")
  }
  return `#${linear.map(byte).join("")}`.toUpperCase()
}

function meshXml({ positions, indices }: TriMesh): string {
  const lines: string[] = ["<mesh><vertices>"]
  for (let i = 0; i < positions.length; i += 3)
    lines.push(`<vertex x="${exact(positions[i])}" y="${exact(positions[i + 1])}" z="${exact(positions[i + 2])}"/>`)
  lines.push("</vertices><triangles>")
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = indices.subarray(i, i + 3)
    // The specification refuses a triangle that uses a vertex twice.
    if (a !== b && b !== c && c !== a) lines.push(`<triangle v1="${a}" v2="${b}" v3="${c}"/>`)
  }
  lines.push("</triangles></mesh>")
  return lines.join("\n")
}

/** Nine significant digits bring back every float32 exactly. */
function exact(value = 0): string {
  return String(Number(value.toPrecision(9)))
}

function escapeXml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;")
}
