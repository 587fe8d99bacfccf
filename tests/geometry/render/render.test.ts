import { createHash } from "node:crypto"
import { afterAll, describe, expect, test } from "vitest"
import type { Material } from "#src/geometry/mesh.ts"
import { closePool } from "#src/geometry/render/pool.ts"
import { type Picture, type RenderOptions, render } from "#src/geometry/render/render.ts"
import { ball, box, diamond, gold, mirror, single, tinyRing, torus, white } from "./models.ts"

const small: RenderOptions = { width: 72, height: 56, quality: "draft", threads: 2 }

const hash = ({ rgba }: Picture) => createHash("sha256").update(rgba).digest("hex")
const pixel = ({ rgba, width }: Picture, x: number, y: number) => [
  ...rgba.subarray((y * width + x) * 4, (y * width + x) * 4 + 4),
]

/** The byte of a linear value after exposure, Khronos PBR Neutral (below its shoulder) and the sRGB curve. */
function byte(light: number): number {
  const x = light * 0.55
  const toned = x < 0.08 ? 6.25 * x * x : x - 0.04
  return 255 * (1.055 * toned ** (1 / 2.4) - 0.055)
}

afterAll(closePool)

describe("the same picture", () => {
  test("comes from one, two and three threads", async () => {
    const hashes = []
    for (const threads of [1, 2, 3]) hashes.push(hash(await render(tinyRing(), { ...small, threads })))
    expect(new Set(hashes).size).toBe(1)
  })

  test("comes again after another picture was drawn, and changes with the seed", async () => {
    const first = hash(await render(tinyRing(), small))
    await render(single(torus(5, 2, 20, 12), white), { ...small, width: 100, quality: "standard", light: "uniform" })
    expect(hash(await render(tinyRing(), small))).toBe(first)
    expect(hash(await render(tinyRing(), { ...small, seed: 2 }))).not.toBe(first)
  })

  test("comes for every caller when several ask at once", async () => {
    const pictures = await Promise.all([1, 2, 1].map((seed) => render(tinyRing(), { ...small, seed })))
    expect(hash(pictures[0]!)).toBe(hash(pictures[2]!))
    expect(hash(pictures[0]!)).not.toBe(hash(pictures[1]!))
  })
})

describe("in white light from everywhere", () => {
  const lit: RenderOptions = { width: 48, height: 48, quality: "high", threads: 2, light: "uniform", view: "front" }

  test.each<[string, Material]>([
    ["a white mirror", mirror],
    ["a white wall", white],
    ["a colourless diamond", diamond],
  ])("%s returns all of the light that it gets", async (_, material) => {
    const picture = await render(single(ball(5, 4), material), lit)
    for (const [x, y] of [
      [24, 24],
      [16, 28],
      [30, 18],
    ] as const)
      for (const channel of pixel(picture, x, y).slice(0, 3)) expect(Math.abs(channel - byte(1))).toBeLessThan(3)
  })

  test("a coloured slab shows what Fresnel and Beer–Lambert add up to", async () => {
    const tint = [0.9, 0.4, 0.15] as const
    const glass: Material = { ...diamond, ior: 1.8, dispersion: 0, attenuationColor: tint, attenuationDistance: 2 }
    const view = { direction: [0, 0, 1] as const, fieldDeg: 5 }
    const picture = await render(single(box(20, 20, 2), glass), { ...lit, view })
    const r = (0.8 / 2.8) ** 2
    for (const [k, left] of tint.entries()) {
      // Reflected, then all that leaves at either side after 1, 2, 3 … ways through.
      const light = r + ((1 - r) ** 2 * left) / (1 - r * left)
      expect(Math.abs(pixel(picture, 24, 24)[k]! - byte(light))).toBeLessThan(3)
    }
  })
})

test("a transparent picture is clear beside the ring, solid on it, and carries the shadow as black", async () => {
  const picture = await render(tinyRing(), { ...small, width: 96, height: 96, background: "transparent" })
  expect(pixel(picture, 1, 1)[3]).toBe(0)
  const alphas = Array.from({ length: 96 * 96 }, (_, i) => picture.rgba[i * 4 + 3]!)
  expect(alphas.filter((alpha) => alpha === 255).length).toBeGreaterThan(800)
  const shadow = alphas.findIndex((alpha, i) => alpha > 20 && alpha < 160 && picture.rgba[i * 4] === 0)
  expect(shadow).toBeGreaterThan(96 * 48)
})

test("the background of an open white picture is exactly white", async () => {
  const picture = await render(tinyRing(), { ...small, background: "white" })
  expect(pixel(picture, 0, 0)).toEqual([255, 255, 255, 255])
})

test("facts name the engine, samples, triangles and threads, and progress ends at 1", async () => {
  const shares: number[] = []
  const { facts } = await render(tinyRing(), { ...small, onProgress: (share) => shares.push(share) })
  expect(facts).toMatchObject({ engine: "builtin", samples: 8, triangles: 48 * 12 * 2 + 32, threads: 2 })
  expect(shares.at(-1)).toBe(1)
})

test("a cancelled picture rejects at once, and the next one is drawn", async () => {
  const controller = new AbortController()
  const long = render(tinyRing(), {
    width: 1024,
    height: 1024,
    quality: "still",
    threads: 2,
    signal: controller.signal,
  })
  setTimeout(() => controller.abort(), 60)
  await expect(long).rejects.toMatchObject({ name: "AbortError" })
  expect((await render(tinyRing(), small)).rgba).toHaveLength(72 * 56 * 4)
  await expect(render(tinyRing(), { ...small, signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: "AbortError",
  })
})

describe("a request that cannot be drawn says what is allowed", () => {
  const mesh = ball(1, 0)
  const broken = (change: (positions: Float32Array, indices: Uint32Array) => void) => {
    const copy = { positions: mesh.positions.slice(), indices: mesh.indices.slice() }
    change(copy.positions, copy.indices)
    return single(copy, gold)
  }

  test.each<[string, Partial<RenderOptions>, RegExp]>([
    ["too small", { width: 8 }, /8 pixels in width.*16 to 4096/],
    ["too large", { height: 5000 }, /5000 pixels in height/],
    ["no whole size", { width: 100.5 }, /100\.5/],
    ["too many threads", { threads: 100 }, /100 render threads.*1 to 64/],
    ["no such quality", { quality: "best" as never }, /"best".*draft/],
    ["no such background", { background: "pink" as never }, /"pink".*studio/],
    ["no direction", { view: { direction: [0, 0, 0], fieldDeg: 24 } }, /no direction/],
    ["no field", { view: { direction: [0, 0, 1], fieldDeg: 170 } }, /170°.*5 to 90/],
  ])("%s", async (_, change, words) => {
    await expect(render(tinyRing(), { ...small, ...change })).rejects.toThrow(words)
  })

  test("a model without triangles", async () => {
    await expect(render({ name: "nothing", parts: [] }, small)).rejects.toThrow(/"nothing" has no triangles/)
  })

  test("a coordinate that is no number", async () => {
    await expect(
      render(
        broken((positions) => (positions[4] = NaN)),
        small,
      ),
    ).rejects.toThrow(/Coordinate 4.*NaN/)
  })

  test("an index past the last vertex", async () => {
    await expect(
      render(
        broken((_, indices) => (indices[2] = 99)),
        small,
      ),
    ).rejects.toThrow(/Index 2.*99.*24 vertices/)
  })
})
