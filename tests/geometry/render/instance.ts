import { readFile } from "node:fs/promises"
import type { Model } from "#src/geometry/mesh.ts"
import { layoutMemory } from "#src/geometry/render/layout.ts"
import { checkModel, loadModel } from "#src/geometry/render/scene.ts"
import { TRACER_FILE } from "#src/geometry/render/tracer/build.ts"
import * as at from "#src/geometry/render/tracer/assembly/header.ts"
import { seeded } from "#tests/seeded.ts"

interface Exports {
  attach(header: number, thread: number): void
  buildTree(): void
  castRays(from: number, count: number, to: number): void
  fresnel(cosine: number, eta: number): number
  indexAt(ior: number, cauchy: number, place: number): number
  bandColour(place: number): void
  cosineInside: WebAssembly.Global
  bandR: WebAssembly.Global
  bandG: WebAssembly.Global
  bandB: WebAssembly.Global
}

/** The tracer on this thread alone, over its own memory. */
export async function openTracer(): Promise<{ tracer: Exports; memory: WebAssembly.Memory }> {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 65_536, shared: true })
  const { instance } = await WebAssembly.instantiate(await readFile(TRACER_FILE), { env: { memory } })
  const tracer = instance.exports as unknown as Exports // the exports of tracer/assembly/index.ts
  tracer.attach(at.HEADER_ADDRESS, 0)
  return { tracer, memory }
}

export interface Hits {
  /** −1 = none. */
  distance: Float32Array
  triangle: Int32Array
}

/** A model ready to be hit: `build` makes the tree, `cast` takes six numbers a ray (origin, direction). */
export async function openScene(model: Model) {
  const { tracer, memory } = await openTracer()
  const counts = { ...(await checkModel(model)), width: 16, height: 16 }
  const layout = layoutMemory(counts)
  const most = 1 << 20
  const raysAt = layout.end
  const hitsAt = raysAt + most * 24
  memory.grow(Math.ceil((hitsAt + most * 8 - memory.buffer.byteLength) / 65_536))
  await loadModel(model, memory, layout)
  const header = new Int32Array(memory.buffer, at.HEADER_ADDRESS, at.HEADER_BYTES / 4)
  const build = () => {
    header.fill(0)
    for (const [field, address] of layout.addresses) header[field] = address
    header[at.TRIANGLES] = counts.triangles
    header[at.PARTS] = counts.parts
    tracer.buildTree()
  }
  const cast = (rays: Float32Array): Hits => {
    const count = rays.length / 6
    new Float32Array(memory.buffer, raysAt, rays.length).set(rays)
    tracer.castRays(raysAt, count, hitsAt)
    const words = new Int32Array(memory.buffer, hitsAt, count * 2)
    const reals = new Float32Array(memory.buffer, hitsAt, count * 2)
    return {
      distance: Float32Array.from({ length: count }, (_, i) => reals[i * 2]!),
      triangle: Int32Array.from({ length: count }, (_, i) => words[i * 2 + 1]!),
    }
  }
  return { build, cast }
}

/** Rays from a sphere around the model towards points near its middle. */
export function randomRays(count: number, reach: number, seed: number): Float32Array {
  const next = seeded(seed)
  const rays = new Float32Array(count * 6)
  for (let i = 0; i < count; i++) {
    const origin = [next() - 0.5, next() - 0.5, next() - 0.5]
    const scale = (3 * reach) / Math.hypot(...origin)
    const target = [next() - 0.5, next() - 0.5, next() - 0.5].map((value) => value * 2 * reach)
    const from = origin.map((value) => value * scale)
    const direction = target.map((value, k) => value - from[k]!)
    const length = Math.hypot(...direction)
    rays.set([...from, ...direction.map((value) => value / length)], i * 6)
  }
  return rays
}
