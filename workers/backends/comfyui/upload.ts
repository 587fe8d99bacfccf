import { createHash } from "node:crypto"
import { readFile, stat } from "node:fs/promises"
import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { Graph, Upload } from "#workers/backends/comfyui/order.ts"
import { read, send, type Wire } from "#workers/backends/comfyui/request.ts"

/** ComfyUI takes 100 MB in one request, unless its operator allows more. */
const MAX_BYTES = 100 * 1024 ** 2
/** A slow line still gets 100 MB through. */
const TIMEOUT_MS = 300_000

const EXTENSIONS: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/gif": "gif",
  "video/mp4": "mp4",
  "video/webm": "webm",
  "video/quicktime": "mov",
  "audio/mpeg": "mp3",
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/flac": "flac",
  "audio/ogg": "ogg",
  "model/gltf-binary": "glb",
}

const answerSchema = z.object({ name: z.string().min(1).max(255), subfolder: z.string().max(500).catch("") })

/** Sends the files and gives the graph with the names that they have on the server, and those names. */
export async function withUploads(
  wire: Wire,
  graph: Graph,
  uploads: readonly Upload[],
): Promise<{ graph: Graph; sent: Set<string> }> {
  const names = new Map<string, string>()
  for (const upload of uploads) names.set(upload.name, await sendFile(wire, upload))
  const renamed = Object.entries(graph).map(([id, node]) => {
    const inputs = Object.entries(node.inputs).map(([input, value]) => [
      input,
      typeof value === "string" ? (names.get(value) ?? value) : value,
    ])
    return [id, { ...node, inputs: Object.fromEntries(inputs) as Record<string, unknown> }] as const // pairs of name and value
  })
  return { graph: Object.fromEntries(renamed), sent: new Set(names.values()) }
}

/** Named by content, so that nothing is ever overwritten by something else, and what is there already is not sent again. */
async function sendFile(wire: Wire, upload: Upload): Promise<string> {
  const bytes = await bytesOf(wire, upload)
  const extension = EXTENSIONS[upload.mediaType]
  if (extension === undefined)
    throw new BackendError(wire.server.name, `it takes no files of the type ${upload.mediaType.slice(0, 60)}`, "input")
  const name = `atelier-${createHash("sha256").update(bytes).digest("hex").slice(0, 40)}.${extension}`
  if (await isThere(wire, name, bytes.byteLength)) return name
  const form = new FormData()
  form.set("image", new Blob([bytes], { type: upload.mediaType }), name)
  form.set("type", "input")
  form.set("overwrite", "true")
  const answer = await read(answerSchema, wire, "upload/image", { body: { form }, timeoutMs: TIMEOUT_MS })
  if (!answer) return name
  return answer.subfolder ? `${answer.subfolder}/${answer.name}` : answer.name
}

async function bytesOf({ server }: Wire, { bytes, path, name }: Upload): Promise<Uint8Array<ArrayBuffer>> {
  const size = bytes?.byteLength ?? (await stat(path ?? "")).size
  if (size > MAX_BYTES)
    throw new BackendError(server.name, `${name} has ${Math.ceil(size / 1024 ** 2)} MB, and it takes 100 MB`, "input")
  return new Uint8Array(bytes ?? (await readFile(path ?? "")))
}

/** Whole: writing it again while another run reads it would give that run half a file. */
async function isThere(wire: Wire, name: string, size: number): Promise<boolean> {
  const query = new URLSearchParams({ filename: name, type: "input" })
  const answer = await send(wire, `view?${query}`, { method: "HEAD", expected: [400, 403, 404, 405] })
  return answer.status === 200 && Number(answer.headers["content-length"]) === size
}
