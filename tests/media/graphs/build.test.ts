import { describe, expect, test } from "vitest"
import { buildGraph, pictureName } from "#src/media/graphs/build.ts"
import { modelFiles, modelSignature } from "#src/media/graphs/signature.ts"
import { orderSchema } from "#src/media/order.ts"
import { allCases, orderOf } from "#tests/media/orders.ts"
import { graphFaults } from "#tests/media/graphs/fits.ts"
import { objectInfo } from "#tests/servers/comfyui/object-info.ts"

const cases = allCases()
const LORAS = [
  { name: "styles/film.safetensors", weight: 0.8 },
  { name: "hands.safetensors", weight: -0.4 },
]

/** A server that has exactly the files of this graph, and the sources. */
function serverFor(graph: ReturnType<typeof buildGraph>, sources: { sha256: string }[]) {
  const models: Record<string, string[]> = {}
  for (const { folder, file } of modelFiles(graph)) (models[folder] ??= []).push(file)
  return objectInfo({ models, inputs: sources.map(pictureName) })
}

describe.each(cases)("$name", (it) => {
  test("is a graph that a recorded server takes as it is", () => {
    const order = orderSchema.parse(orderOf(it))
    const graph = buildGraph(order)
    expect(graphFaults(graph, serverFor(graph, order.sources))).toEqual([])
    expect(buildGraph(order)).toEqual(graph)
  })

  test("stays one with LoRAs, fast, with a size of its own and several results", () => {
    const seeds = it.preset.makes === "image" ? [1, 2 ** 50, 3] : [2 ** 50]
    const loras = LORAS.slice(0, it.preset.maxLoras)
    const given = { seeds, loras, quality: "fast" as const, aspect: "16:9" as const, negative: "blur", seconds: 2 }
    const order = orderSchema.parse(orderOf(it, given, { boost: true }))
    const graph = buildGraph(order)
    expect(graphFaults(graph, serverFor(graph, order.sources))).toEqual([])
    const used = modelFiles(graph)
    for (const { name } of loras) expect(used.map(({ file }) => file)).toContain(name)
    for (const name of Object.values(order.files)) expect(used.map(({ file }) => file)).toContain(name)
    const saved = Object.values(graph).filter(
      (node) => node.class_type === (it.preset.makes === "image" ? "SaveImage" : "SaveVideo"),
    )
    expect(saved.map((node) => node.inputs["filename_prefix"])).toEqual(seeds.map((seed) => `atelier_${seed}`))
  })
})

test("a graph that no server would take is found out", () => {
  const graph = {
    "1": { class_type: "EmptyLatentImage", inputs: { width: 10, height: 512.5, batch_size: 1 } },
    "2": { class_type: "VAEDecode", inputs: { samples: ["1", 0], vae: ["1", 0] } },
    "3": { class_type: "SaveImage", inputs: { images: ["2", 1] } },
    "4": { class_type: "KSamplerSelect", inputs: { sampler_name: "euler_a" } },
    "5": { class_type: "EmptyLatentVideo", inputs: {} },
  }
  expect(graphFaults(graph, objectInfo())).toMatchInlineSnapshot(`
    [
      "EmptyLatentImage 1.width is 10, outside of 16 to 16384",
      "EmptyLatentImage 1.height is 512.5, not INT",
      "VAEDecode 2.vae gets LATENT from EmptyLatentImage, not VAE",
      "SaveImage 3.filename_prefix is required",
      "SaveImage 3.images leads to output 1 of VAEDecode, which has none",
      "KSamplerSelect 4.sampler_name is "euler_a", not one of its choices",
      "EmptyLatentVideo 5: there is no such node",
      "node 4 (KSamplerSelect) leads to nothing that is saved",
      "node 5 (EmptyLatentVideo) leads to nothing that is saved",
    ]
  `)
})

test("each result of an order has the seed that was asked for, and could be made alone", () => {
  const [first] = cases
  if (!first) throw new Error("no cases")
  const together = buildGraph(orderOf(first, { seeds: [5, 6] }))
  const seedsOf = (graph: typeof together) =>
    Object.values(graph)
      .flatMap(({ inputs }) => [inputs["seed"], inputs["noise_seed"]])
      .filter((it) => it !== undefined)
  expect(seedsOf(together)).toEqual([5, 6])
  expect(seedsOf(buildGraph(orderOf(first, { seeds: [6] })))).toEqual([6])
})

test("the sampler settings of distilled models never burn, whatever cfg is asked for", () => {
  for (const it of cases.filter(({ preset, build }) => preset.noNegative || build.noNegative)) {
    const order = orderOf(it, { cfg: 7 })
    expect([it.name, order.cfg]).toEqual([it.name, 1])
  }
})

describe("the signature of what has to be in memory", () => {
  const find = (name: string) => {
    const found = cases.find((it) => it.name.startsWith(name))
    if (!found) throw new Error(name)
    return found
  }
  const signature = (name: string, ...rest: [Parameters<typeof orderOf>[1]?, Parameters<typeof orderOf>[2]?]) =>
    modelSignature(buildGraph(orderOf(find(name), ...rest)))

  test("is the same for other words, seeds, sizes and LoRAs", () => {
    const plain = signature("flux_dev 1, from text")
    expect(signature("flux_dev 1, from text", { prompt: "x", seeds: [1, 2], aspect: "9:16", loras: LORAS })).toBe(plain)
    expect(plain).toMatch(/^flux1-dev\.safetensors #[\da-f]{12}$/)
  })

  test("differs for other files", () => {
    const all = new Set(
      ["flux_dev 1, from text", "flux_dev 2, from text", "flux_schnell 1, from text", "sdxl 1, from text"].map((it) =>
        signature(it),
      ),
    )
    expect(all.size).toBe(4)
  })
})
