import { setImmediate as nextTurn } from "node:timers/promises"
import { UserError } from "#src/errors.ts"
import type { Model, Part } from "#src/geometry/mesh.ts"
import { type Counts, type Layout } from "./layout.ts"
import { isGem, materialWords } from "./material.ts"
import * as at from "./tracer/assembly/header.ts"

const MOST_TRIANGLES = 5_000_000
const MOST_PARTS = 65_000
/** Numbers checked before other work of the process gets its turn (about 1 ms). */
const CHUNK = 500_000

/** What a worker needs to work out the shading normals of one part. */
export interface PartRange {
  firstVertex: number
  vertices: number
  firstTriangle: number
  triangles: number
}

/** Throws UserError for a model that cannot be drawn: empty, too large, broken indices, coordinates that are no numbers. */
export async function checkModel(model: Model, signal?: AbortSignal): Promise<Omit<Counts, "width" | "height">> {
  let triangles = 0
  let vertices = 0
  for (const part of model.parts) {
    triangles += part.mesh.indices.length / 3
    vertices += part.mesh.positions.length / 3
  }
  if (triangles === 0)
    throw new UserError(`The model "${model.name}" has no triangles.`, "There must be at least one to draw.")
  if (triangles > MOST_TRIANGLES)
    throw new UserError(
      `The model "${model.name}" has ${triangles} triangles.`,
      `At most ${MOST_TRIANGLES} can be drawn; simplify it first.`,
      "too_large",
    )
  if (vertices > MOST_TRIANGLES * 3 || model.parts.length > MOST_PARTS)
    throw new UserError(
      `The model "${model.name}" has ${vertices} vertices in ${model.parts.length} parts.`,
      `At most ${MOST_TRIANGLES * 3} vertices and ${MOST_PARTS} parts can be drawn.`,
      "too_large",
    )
  for (const part of model.parts) await checkPart(part, signal)
  return { triangles, vertices, parts: model.parts.length }
}

async function checkPart(part: Part, signal?: AbortSignal): Promise<void> {
  const { positions, indices } = part.mesh
  if (positions.length % 3 !== 0 || indices.length % 3 !== 0)
    throw new UserError(
      `The part "${part.name}" has ${positions.length} coordinates and ${indices.length} indices.`,
      "Both counts must be multiples of three.",
    )
  await inChunks(positions.length, signal, (from, to) => {
    for (let i = from; i < to; i++)
      if (!(Math.abs(positions[i]!) < 1e6))
        throw new UserError(
          `Coordinate ${i} of the part "${part.name}" is ${positions[i]}.`,
          "Coordinates must be finite numbers below 1,000,000 mm.",
        )
  })
  const vertices = positions.length / 3
  await inChunks(indices.length, signal, (from, to) => {
    for (let i = from; i < to; i++)
      if (indices[i]! >= vertices)
        throw new UserError(
          `Index ${i} of the part "${part.name}" is ${indices[i]}, but it has ${vertices} vertices.`,
          "Indices count vertices from zero.",
        )
  })
}

async function inChunks(count: number, signal: AbortSignal | undefined, work: (from: number, to: number) => void) {
  for (let from = 0; from < count; from += CHUNK) {
    if (from > 0) await nextTurn()
    signal?.throwIfAborted()
    work(from, Math.min(count, from + CHUNK))
  }
}

/** Copies a checked model into the tracer's memory and answers where each part lies. */
export async function loadModel(
  model: Model,
  memory: WebAssembly.Memory,
  layout: Layout,
  signal?: AbortSignal,
): Promise<PartRange[]> {
  const address = (field: number) => layout.addresses.get(field) ?? 0
  const ranges: PartRange[] = []
  let firstVertex = 0
  let firstTriangle = 0
  for (const [number, part] of model.parts.entries()) {
    const { positions, indices } = part.mesh
    const triangles = indices.length / 3
    new Float32Array(memory.buffer, address(at.AT_POSITIONS) + firstVertex * 12, positions.length).set(positions)
    const target = new Uint32Array(memory.buffer, address(at.AT_INDICES) + firstTriangle * 12, indices.length)
    await inChunks(indices.length, signal, (from, to) => {
      for (let i = from; i < to; i++) target[i] = indices[i]! + firstVertex
    })
    new Uint16Array(memory.buffer, address(at.AT_TRIANGLE_PARTS) + firstTriangle * 2, triangles).fill(number)
    const material = address(at.AT_MATERIALS) + number * at.MATERIAL_WORDS * 4
    new Float32Array(memory.buffer, material, at.MATERIAL_WORDS).set(materialWords(part.material))
    if (!isGem(part.material) && triangles > 0)
      ranges.push({ firstVertex, vertices: positions.length / 3, firstTriangle, triangles })
    firstVertex += positions.length / 3
    firstTriangle += triangles
  }
  // Large parts first: the threads then finish together.
  return ranges.sort((a, b) => b.triangles - a.triangles)
}

/** The lowest y and the length of the diagonal of a model's box. */
export function extentOf(model: Model): { lowest: number; diagonal: number } {
  const low = [Infinity, Infinity, Infinity]
  const high = [-Infinity, -Infinity, -Infinity]
  for (const { mesh } of model.parts)
    for (let i = 0; i < mesh.positions.length; i += 3)
      for (let k = 0; k < 3; k++) {
        const value = mesh.positions[i + k]!
        if (value < low[k]!) low[k] = value
        if (value > high[k]!) high[k] = value
      }
  const [x, y, z] = [0, 1, 2].map((k) => high[k]! - low[k]!) as [number, number, number]
  return { lowest: low[1]!, diagonal: Math.max(Math.sqrt(x * x + y * y + z * z), 1e-6) }
}
