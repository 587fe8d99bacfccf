import { WebIO } from "@gltf-transform/core"
import { ALL_EXTENSIONS } from "@gltf-transform/extensions"
import { validateBytes } from "gltf-validator"
import { MeshoptDecoder } from "meshoptimizer/decoder"
import { Box3, Mesh, MeshPhysicalMaterial } from "three"
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js"
import { beforeAll, describe, expect, it } from "vitest"
import { format } from "#src/export/formats/glb.ts"
import type { Model } from "#src/geometry/mesh.ts"
import { bodies, kernel, ROSE, RUBY, solitaire } from "#tests/export/solids.ts"

let ring: Model
let simple: Record<string, Model>

beforeAll(async () => {
  const solids = await kernel()
  ring = solitaire(solids, 6.5, ROSE, RUBY)
  simple = bodies(solids)
})

async function read(bytes: Uint8Array) {
  const io = new WebIO().registerExtensions(ALL_EXTENSIONS).registerDependencies({ "meshopt.decoder": MeshoptDecoder })
  return (await io.readBinary(bytes)).getRoot()
}

describe("GLB", () => {
  it("passes the Khronos validator without error or warning, plain and compressed", async () => {
    const twins: Model = {
      name: "twins",
      parts: [...ring.parts, ...ring.parts, { ...ring.parts[0], name: "💍".repeat(100) }] as Model["parts"],
    }
    for (const [name, model] of Object.entries({ ...simple, ring, twins }))
      for (const compress of [false, true]) {
        const { issues } = await validateBytes(await format.write(model, { compress }))
        expect(issues, `${name} ${JSON.stringify(issues.messages)}`).toMatchObject({ numErrors: 0, numWarnings: 0 })
      }
  })

  it("is in metres, with names that are not repeated", async () => {
    const bytes = await format.write({ ...ring, parts: [...ring.parts, ...ring.parts] })
    expect(Buffer.from(bytes.subarray(20, 60)).toString()).toContain('{"asset":{"generator":"Atelier"')
    const root = await read(bytes)
    expect(root.listNodes().map((it) => it.getName())).toEqual([
      ring.name,
      "ring",
      "centre stone",
      "ring 2",
      "centre stone 2",
    ])
    expect(root.listMaterials().map((it) => it.getName())).toEqual(["14k rose gold", "ruby"])
    const [max] = root.listMeshes()[0]?.listPrimitives()[0]?.getAttribute("POSITION")?.getMax([]) ?? []
    expect(max).toBeCloseTo(0.01055, 6)
  })

  it("scales each quantity by its own unit", async () => {
    const stone = (await read(await format.write(ring))).listMaterials().find((it) => it.getName() === "ruby")
    const json = (name: string) => stone?.getExtension(name) as unknown as Record<string, () => unknown> | undefined // getters by name
    const units = [
      ["KHR_materials_volume", "getThicknessFactor", (6.5 * 0.6093) / 1000],
      ["KHR_materials_volume", "getAttenuationDistance", 0.003],
      ["KHR_materials_ior", "getIOR", 1.766],
      ["KHR_materials_dispersion", "getDispersion", 0.27],
      ["KHR_materials_transmission", "getTransmissionFactor", 1],
    ] as const
    for (const [extension, getter, expected] of units)
      expect(json(extension)?.[getter]?.(), getter).toBeCloseTo(expected, 4)
    expect(json("KHR_materials_volume")?.["getAttenuationColor"]?.()).toEqual([0.956, 0.02, 0.02])
  })

  it("joins vertices, with smooth metal and flat facets", async () => {
    const root = await read(
      await format.write({ name: "two", parts: [...(simple["ball"]?.parts ?? []), ...ring.parts.slice(1)] }),
    )
    const [ball, stone] = root.listMeshes().map((it) => it.listPrimitives()[0])
    const count = (attribute = ball?.getAttribute("POSITION")) => attribute?.getCount() ?? 0
    const given = simple["ball"]?.parts[0]?.mesh
    expect(count()).toBe((given?.positions.length ?? 0) / 3)
    const normals = ball?.getAttribute("NORMAL")
    const positions = ball?.getAttribute("POSITION")
    let least = 1
    for (let i = 0; i < count(); i++) {
      const [n, p] = [normals?.getElement(i, []) ?? [], positions?.getElement(i, []) ?? []]
      least = Math.min(least, n.reduce((sum, value, k) => sum + value * (p[k] ?? 0), 0) / Math.hypot(...p))
    }
    expect(least).toBeGreaterThan(0.999) // a ball's normals point away from its centre

    const directions = new Set<string>()
    const flat = stone?.getAttribute("NORMAL")
    for (let i = 0; i < count(flat ?? undefined); i++) {
      const normal: number[] = flat?.getElement(i, []) ?? []
      directions.add(normal.map((value) => value.toFixed(2)).join())
    }
    expect(directions.size).toBeLessThan(57 + 96 + 12)
  })

  it("is read by three's loader as a physical stone of the right size, plain and compressed to under half", async () => {
    const [plain, compressed] = await Promise.all([format.write(ring), format.write(ring, { compress: true })])
    expect(compressed.byteLength).toBeLessThan(plain.byteLength / 2)
    for (const bytes of [plain, compressed]) {
      const loader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder)
      const { scene } = await loader.parseAsync(bytes.slice().buffer, "")
      scene.updateMatrixWorld(true)
      const materials: unknown[] = []
      scene.traverse((it) => it instanceof Mesh && materials.push(it.material))
      const stone = materials.find((it) => it instanceof MeshPhysicalMaterial)
      expect(stone).toMatchObject({ transmission: 1, ior: 1.766, dispersion: 0.27, attenuationDistance: 0.003 })
      expect(new Box3().setFromObject(scene, true).max.x).toBeCloseTo(0.01055, 5)
    }
  })
})
