import { Document, Logger, WebIO, type Material as GltfMaterial } from "@gltf-transform/core"
import {
  EXTMeshoptCompression,
  KHRMaterialsDispersion,
  KHRMaterialsIOR,
  KHRMaterialsTransmission,
  KHRMaterialsVolume,
  KHRMeshQuantization,
} from "@gltf-transform/extensions"
import { meshopt } from "@gltf-transform/functions"
import { MeshoptEncoder } from "meshoptimizer/encoder"
import { z } from "zod"
import { leastDepth } from "#src/export/depth.ts"
import { commonOptions, defineFormat } from "#src/export/format.ts"
import { cleanName, uniqueNames } from "#src/export/names.ts"
import { shade } from "#src/export/shading.ts"
import type { Material, Model, Part } from "#src/geometry/mesh.ts"

/** glTF is in metres, models in millimetres. */
const METRES_PER_MM = 0.001
/** Cast metal reads as one surface up to this angle between faces. */
const METAL_CREASE_DEG = 40
/** Below the least angle between two facets of a stone or of its girdle (3.75° at 96 girdle faces). */
const FACET_CREASE_DEG = 1

/** glTF 2.0 binary; stones by the Khronos extensions transmission, ior, volume and dispersion. */
export const format = defineFormat({
  id: "glb",
  title: "GLB",
  extension: "glb",
  mediaType: "model/gltf-binary",
  describe:
    "glTF 2.0 binary in metres for viewers, web pages and engines: every part with its material, stones included.",
  includes: "all",
  options: z.object({
    ...commonOptions,
    compress: z
      .boolean()
      .default(false)
      .describe("Quantise and compress by meshopt: a fifth of the size, but not every program reads it"),
  }),
  encode,
})

async function encode(model: Model, { compress }: { compress: boolean }): Promise<Uint8Array> {
  const document = new Document().setLogger(new Logger(Logger.Verbosity.SILENT)) // its default writes to stdout
  const root = document.getRoot()
  const name = cleanName(model.name, "model")
  root.getAsset().generator = "Atelier"
  root.setExtras({ name, unit: "m" })
  const buffer = document.createBuffer()
  const scene = document.createScene(name)
  root.setDefaultScene(scene)
  const whole = document.createNode(name)
  scene.addChild(whole)

  const materials = materialsOf(document, model.parts)
  const names = uniqueNames([name, ...model.parts.map((part) => part.name)], "part").slice(1)
  for (const [i, part] of model.parts.entries()) {
    const shaded = shade(part.mesh, isFaceted(part) ? FACET_CREASE_DEG : METAL_CREASE_DEG)
    if (shaded.indices.length === 0) continue // nothing but triangles without area
    const positions = shaded.positions.map((value) => value * METRES_PER_MM)
    const small = shaded.positions.length / 3 < 65_535
    const attribute = (array: Float32Array<ArrayBuffer>) =>
      document.createAccessor().setType("VEC3").setArray(array).setBuffer(buffer)
    const primitive = document
      .createPrimitive()
      .setAttribute("POSITION", attribute(positions))
      .setAttribute("NORMAL", attribute(new Float32Array(shaded.normals)))
      .setIndices(
        document
          .createAccessor()
          .setType("SCALAR")
          .setArray(small ? new Uint16Array(shaded.indices) : new Uint32Array(shaded.indices))
          .setBuffer(buffer),
      )
      .setMaterial(materials[i] ?? null)
    const partName = names[i] ?? "part"
    const mesh = document.createMesh(partName).addPrimitive(primitive)
    whole.addChild(document.createNode(partName).setMesh(mesh).setExtras({ role: part.role }))
  }
  const io = new WebIO().registerExtensions([
    EXTMeshoptCompression,
    KHRMaterialsDispersion,
    KHRMaterialsIOR,
    KHRMaterialsTransmission,
    KHRMaterialsVolume,
    KHRMeshQuantization,
  ])
  if (compress) {
    await MeshoptEncoder.ready
    io.registerDependencies({ "meshopt.encoder": MeshoptEncoder })
    await document.transform(meshopt({ encoder: MeshoptEncoder, level: "medium" }))
  }
  return io.writeBinary(document)
}

function isFaceted(part: Part): boolean {
  return part.role === "stone" && part.material.transmission > 0
}

/** One glTF material per distinct surface (and depth, for stones), named without repetition; in the order of the parts. */
function materialsOf(document: Document, parts: readonly Part[]): GltfMaterial[] {
  const described = parts.map((part) => {
    // Three digits: equal stones cut at different places of the ring share a material.
    const depth = part.material.transmission > 0 ? Number(leastDepth(part.mesh).toPrecision(3)) : 0
    return { depth, material: part.material, key: JSON.stringify([part.material, depth]) }
  })
  const distinct = [...new Map(described.map((it) => [it.key, it])).values()]
  const names = uniqueNames(
    distinct.map((it) => it.material.name),
    "material",
  )
  const made = new Map(
    distinct.map((it, i) => [it.key, materialOf(document, names[i] ?? "material", it.material, it.depth)]),
  )
  return described.flatMap((it) => made.get(it.key) ?? [])
}

function materialOf(document: Document, name: string, given: Material, depthMm: number): GltfMaterial {
  const [r, g, b] = given.baseColor.map(unitInterval)
  const material = document
    .createMaterial(name)
    .setBaseColorFactor([r ?? 0, g ?? 0, b ?? 0, 1])
    .setMetallicFactor(unitInterval(given.metallic))
    .setRoughnessFactor(unitInterval(given.roughness))
  if (!(given.transmission > 0)) return material
  const volume = document
    .createExtension(KHRMaterialsVolume)
    .createVolume()
    .setThicknessFactor(depthMm * METRES_PER_MM)
  if (Number.isFinite(given.attenuationDistance) && given.attenuationDistance > 0) {
    const [ar, ag, ab] = given.attenuationColor.map(unitInterval)
    volume.setAttenuationColor([ar ?? 1, ag ?? 1, ab ?? 1])
    volume.setAttenuationDistance(given.attenuationDistance * METRES_PER_MM)
  }
  material
    .setExtension(
      "KHR_materials_transmission",
      document
        .createExtension(KHRMaterialsTransmission)
        .createTransmission()
        .setTransmissionFactor(unitInterval(given.transmission)),
    )
    .setExtension(
      "KHR_materials_ior",
      document.createExtension(KHRMaterialsIOR).createIOR().setIOR(Math.max(1, given.ior)),
    )
    .setExtension("KHR_materials_volume", volume)
  if (given.dispersion > 0)
    material.setExtension(
      "KHR_materials_dispersion",
      document.createExtension(KHRMaterialsDispersion).createDispersion().setDispersion(given.dispersion),
    )
  return material
}

function unitInterval(value: number): number {
  return Math.min(1, Math.max(0, Number.isFinite(value) ? value : 0))
}
