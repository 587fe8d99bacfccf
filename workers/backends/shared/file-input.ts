import { open } from "node:fs/promises"
import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"

const fileName = z
  .string()
  .regex(/^[^/\\\p{C}]{1,200}$/u)
  .describe("A file name without folders")

/** A file that goes to a server: its bytes, or the path at which the job's handler found it. No path ever comes from a person. */
export const fileInput = z.union([
  z.object({ name: fileName, bytes: z.instanceof(Uint8Array) }),
  z.object({ name: fileName, path: z.string().min(1).max(4096) }),
])
export type FileInput = z.output<typeof fileInput>

/** Throws BackendError "input" when it cannot be read, is empty, or has more than `maxBytes`. */
export async function readInput({ name }: ServerRef, input: FileInput, maxBytes: number): Promise<Uint8Array> {
  const bytes = "bytes" in input ? input.bytes : await readAtMost(input.path, maxBytes + 1).catch(() => undefined)
  if (!bytes) throw new BackendError(name, `${input.name} cannot be read where the worker runs`, "input")
  if (bytes.byteLength === 0) throw new BackendError(name, `${input.name} is empty`, "input")
  if (bytes.byteLength > maxBytes)
    throw new BackendError(
      name,
      `${input.name} is larger than the ${Math.floor(maxBytes / 1024 ** 2)} MB it takes`,
      "input",
    )
  return bytes
}

async function readAtMost(path: string, limit: number): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const bytes = new Uint8Array(Math.min(size, limit))
    const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, 0)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

export type PictureType = "image/png" | "image/jpeg" | "image/webp"

/** A picture by its first bytes. Throws BackendError "input" unless it is one of `allowed`. */
export function pictureType(
  { name }: ServerRef,
  bytes: Uint8Array,
  allowed: readonly PictureType[] = ["image/png", "image/jpeg", "image/webp"],
): PictureType {
  const found = SIGNATURES.find(([, matches]) => matches(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)))
  const type = found?.[0]
  if (type && allowed.includes(type)) return type
  const words = allowed.map((it) => it.slice("image/".length).toUpperCase()).join(", ")
  throw new BackendError(name, `the picture is none of the kinds it takes: ${words}`, "input")
}

const SIGNATURES: [PictureType, (head: Buffer) => boolean][] = [
  ["image/png", (head) => head.length > 8 && head.readUInt32BE(0) === 0x89504e47],
  ["image/jpeg", (head) => head.length > 4 && head.readUInt32BE(0) >>> 8 === 0xffd8ff],
  [
    "image/webp",
    (head) => head.subarray(0, 4).toString("latin1") === "RIFF" && head.subarray(8, 12).toString("latin1") === "WEBP",
  ],
]

/** "data:image/png;base64,…" */
export function dataUri(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${base64(bytes)}`
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")
}
