import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"

/** What a sound GLB says of itself. Bounds are those of its meshes before their nodes move them, in metres. */
export interface GlbFacts {
  triangles: number
  min: [number, number, number]
  max: [number, number, number]
  textures: number
}

/** The facts of what a server made. Throws BackendError "transient": a torn or empty file is what a second run may mend. */
export function soundGlb({ name }: ServerRef, bytes: Uint8Array): GlbFacts {
  const facts = checkGlb(bytes)
  if (typeof facts === "string") throw new BackendError(name, `the model it sent is broken: ${facts}`, "transient")
  return facts
}

const HEADER = 12
const MAGIC = 0x46546c67
const JSON_CHUNK = 0x4e4f534a
const BIN_CHUNK = 0x004e4942
const MAX_JSON_BYTES = 64 * 1024 ** 2
const MAX_ITEMS = 200_000
const FLOAT = 5126
const [TRIANGLES, STRIP, FAN] = [4, 5, 6]

const index = z.number().int().min(0).max(MAX_ITEMS)
const count = z.number().int().min(0).max(1e9)
const list = <T extends z.ZodType>(item: T) => z.array(item).max(MAX_ITEMS).default([])
const vector = z.tuple([z.number(), z.number(), z.number()])
/** The parts that are looked at; everything else passes. */
const content = z.object({
  buffers: list(z.object({ uri: z.string().optional() })),
  images: list(z.object({ uri: z.string().optional() })),
  textures: list(z.unknown()),
  bufferViews: list(
    z.object({
      byteOffset: count.default(0),
      byteLength: count,
      byteStride: z.number().int().min(4).max(252).optional(),
      extensions: z.unknown().optional(),
    }),
  ),
  accessors: list(
    z.object({
      bufferView: index.optional(),
      byteOffset: count.default(0),
      componentType: z.number(),
      count,
      min: z.array(z.number().nullable()).optional(),
      max: z.array(z.number().nullable()).optional(),
    }),
  ),
  meshes: list(
    z.object({
      primitives: list(
        z.object({
          attributes: z.object({ POSITION: index.optional() }),
          indices: index.optional(),
          mode: z.number().default(TRIANGLES),
        }),
      ),
    }),
  ),
})
type Content = z.output<typeof content>

/**
 * Header and length, at least one triangle, and bounds that are finite and not a point; self-contained. The facts, or what is
 * wrong in words. Quick and by no means a validator: it tells a model from a torn file, an error page or nothing.
 */
export function checkGlb(bytes: Uint8Array): GlbFacts | string {
  const parts = chunks(bytes)
  if (typeof parts === "string") return parts
  const parsed = readContent(parts.json)
  if (!parsed) return "its description is not glTF"
  if ([...parsed.buffers, ...parsed.images].some(({ uri }) => uri !== undefined && !uri.startsWith("data:")))
    return "it refers to files outside of it"
  const primitives = parsed.meshes.flatMap((mesh) => mesh.primitives)
  let triangles = 0
  const bounds = { min: [Infinity, Infinity, Infinity], max: [-Infinity, -Infinity, -Infinity] }
  for (const { attributes, indices, mode } of primitives) {
    const positions = parsed.accessors[attributes.POSITION ?? -1]
    const corners = indices === undefined ? positions : parsed.accessors[indices]
    if (!positions || !corners) continue
    if (mode === TRIANGLES) triangles += Math.floor(corners.count / 3)
    if (mode === STRIP || mode === FAN) triangles += Math.max(0, corners.count - 2)
    if (!extend(bounds, parsed, positions, parts.bin)) return "its points are not finite numbers, or not there"
  }
  if (triangles === 0) return "it has no triangles"
  if (!bounds.min.every(Number.isFinite)) return "it has no points"
  const [min, max] = [vector.parse(bounds.min), vector.parse(bounds.max)]
  if (max.filter((high, axis) => high > (min[axis] ?? high)).length < 2) return "it has no extent"
  return { triangles, min, max, textures: parsed.textures.length }
}

function chunks(bytes: Uint8Array): { json: Uint8Array; bin: DataView | undefined } | string {
  if (bytes.byteLength < HEADER + 8) return "it is too short"
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0, true) !== MAGIC) return "it is no GLB"
  if (view.getUint32(4, true) !== 2) return "it is of another version than 2"
  const length = view.getUint32(8, true)
  if (length !== bytes.byteLength) return `it says ${length} bytes and has ${bytes.byteLength}`
  const jsonLength = view.getUint32(HEADER, true)
  const after = HEADER + 8 + jsonLength
  if (view.getUint32(HEADER + 4, true) !== JSON_CHUNK || after > bytes.byteLength) return "its description is missing"
  if (jsonLength > MAX_JSON_BYTES) return "its description is too long"
  const json = bytes.subarray(HEADER + 8, after)
  if (after + 8 > bytes.byteLength || view.getUint32(after + 4, true) !== BIN_CHUNK) return { json, bin: undefined }
  const binLength = view.getUint32(after, true)
  if (after + 8 + binLength > bytes.byteLength) return "its data are cut off"
  return { json, bin: new DataView(bytes.buffer, bytes.byteOffset + after + 8, binLength) }
}

function readContent(json: Uint8Array): Content | undefined {
  try {
    return content.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json)))
  } catch {
    return undefined
  }
}

/** Widens the bounds by the points themselves, or by what the file says of them when they are compressed. False = not sound. */
function extend(
  bounds: { min: number[]; max: number[] },
  { bufferViews }: Content,
  accessor: Content["accessors"][number],
  bin: DataView | undefined,
): boolean {
  const { bufferView, componentType, byteOffset, min, max } = accessor
  const place = bufferView === undefined ? undefined : bufferViews[bufferView]
  const widen = (axis: number, value: number) => {
    if (!Number.isFinite(value)) return false
    bounds.min[axis] = Math.min(bounds.min[axis] ?? value, value)
    bounds.max[axis] = Math.max(bounds.max[axis] ?? value, value)
    return true
  }
  if (!place || place.extensions !== undefined || componentType !== FLOAT || !bin)
    return [0, 1, 2].every((axis) => widen(axis, min?.[axis] ?? NaN) && widen(axis, max?.[axis] ?? NaN))
  const stride = place.byteStride ?? 12
  const start = place.byteOffset + byteOffset
  if (accessor.count > 0 && start + stride * (accessor.count - 1) + 12 > bin.byteLength) return false
  for (let point = 0; point < accessor.count; point++)
    for (let axis = 0; axis < 3; axis++)
      if (!widen(axis, bin.getFloat32(start + stride * point + 4 * axis, true))) return false
  return true
}
