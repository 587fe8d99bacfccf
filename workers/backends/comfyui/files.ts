import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import { magicFault } from "#workers/backends/comfyui/magic.ts"
import { markOf, type Handle, type Settings } from "#workers/backends/comfyui/order.ts"
import type { Wire } from "#workers/backends/comfyui/request.ts"
import type { MadeFile } from "#workers/backend.ts"
import { serverWords } from "#workers/backends/shared/failure.ts"
import { ask } from "#workers/backends/shared/http.ts"
import { keyOf } from "#workers/backends/shared/key.ts"

/** A file on the server, as `executed` events and the history name it. */
const place = z.object({
  filename: z.string().min(1).max(255),
  subfolder: z.string().max(500).catch(""),
  type: z.string().max(20).catch("output"),
})
type Place = z.output<typeof place> & { node: string }

const MAX_FILES = 100
const MIN_BYTES_PER_S = 20_000

/** Somebody deleted a file that the server's cache still names. */
export class FileGone extends Error {}
/** The run is over, and what the server gives for it cannot be used: asking again does not help, running it again may. */
export class Spoiled extends Error {}

/**
 * The files of a run in the order of its outputs. Any key of a node's output may list them: images, gifs, video, audio, 3d, and
 * whatever custom nodes call theirs. Throws FileGone, Spoiled, and BackendError: "fatal" for a graph that makes no files.
 */
export async function filesOf(
  wire: Wire,
  handle: Handle,
  outputs: Record<string, unknown>,
  limits: { maxBytes: number; settings: Settings },
): Promise<MadeFile[]> {
  if (Object.keys(outputs).length === 0) throw new Spoiled("it says that it is done, but gives nothing")
  const places = placesOf(handle, outputs)
  if (places.length === 0) throw new BackendError(wire.server.name, "the graph made no files", "fatal")
  const files: MadeFile[] = []
  let left = limits.maxBytes
  for (const it of places.slice(0, MAX_FILES)) {
    const name = nameOf(it)
    if (handle.marked.includes(it.node) && !name.includes(markOf(handle)))
      throw new Spoiled(`it gives a file of another run (${serverWords(name)})`)
    const bytes = await download(wire, it, { maxBytes: left, silenceMs: Math.ceil(limits.settings.silence_s * 1000) })
    const fault = magicFault(name, bytes)
    if (fault !== undefined) throw new Spoiled(fault)
    left -= bytes.byteLength
    files.push({ name, bytes, role: "result" })
  }
  return files
}

function placesOf({ outputs: wanted }: Handle, outputs: Record<string, unknown>): Place[] {
  return (wanted ?? Object.keys(outputs)).flatMap((node) => {
    const ofNode = outputs[node]
    const lists = typeof ofNode === "object" && ofNode !== null ? Object.values(ofNode) : []
    const items = lists.flatMap((list: unknown) => (Array.isArray(list) ? (list as unknown[]) : []))
    return items
      .flatMap((item) => {
        const parsed = place.safeParse(item)
        return parsed.success ? [{ ...parsed.data, node }] : []
      })
      .filter(({ type }) => wanted !== undefined || type === "output")
  })
}

/** The last part of what the server calls the file: never a path. */
function nameOf({ filename }: Place): string {
  return (
    filename
      .replace(/^.*[/\\]/, "")
      .replaceAll(/[\p{C}<>:"|?*]/gu, "_")
      .slice(-200) || "file"
  )
}

async function download(
  { server, signal }: Wire,
  { filename, subfolder, type }: Place,
  { maxBytes, silenceMs }: { maxBytes: number; silenceMs: number },
): Promise<Uint8Array> {
  const query = new URLSearchParams({ filename, subfolder, type })
  const answer = await ask({
    server,
    signal,
    path: `view?${query}`,
    key: keyOf(server),
    timeoutMs: Math.ceil(silenceMs + (maxBytes / MIN_BYTES_PER_S) * 1000),
    silenceMs,
    maxBytes,
    expected: [404],
  })
  if (answer.status === 404) throw new FileGone(filename)
  return answer.bytes
}
