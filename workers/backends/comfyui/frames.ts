import { z } from "zod"

/** What a server says over its socket, as far as it is of use. */
export type Frame =
  /** Something happened to a run. */
  | { kind: "started" | "ended"; promptId: string }
  | { kind: "cached"; promptId: string; nodes: string[] }
  /** A node began. */
  | { kind: "node"; promptId: string; node: string }
  | { kind: "step"; promptId: string; node: string; value: number; max: number }
  /** All nodes that have begun. */
  | { kind: "state"; promptId: string; nodes: Map<string, { value: number; max: number; isDone: boolean }> }
  /** Without an id on connections that did not ask for one. */
  | { kind: "preview"; promptId: string | undefined; mediaType: string; bytes: Uint8Array }
  | { kind: "text"; node: string; text: string }
  /** Nothing that concerns a run: the length of the queue, other messages. */
  | { kind: "other" }

const id = z.string().max(200)
const number = z.number().catch(0)
const message = z.object({ type: z.string().max(100), data: z.unknown() })
const ofRun = z.object({ prompt_id: id })
const executing = z.object({ prompt_id: id, node: id.nullable() })
const progress = z.object({ prompt_id: id, node: id, value: number, max: number })
const cached = z.object({ prompt_id: id, nodes: z.array(id).max(1000) })
const state = z.object({
  prompt_id: id,
  nodes: z.record(id, z.object({ value: number, max: number, state: z.string().catch("") })),
})

/** An error carries the inputs of the node, which may be hundreds of MB as text; what happened is asked for anyway. */
const MAX_TEXT = 1024 ** 2
const MAX_PREVIEW_BYTES = 4 * 1024 ** 2
const MAX_META_BYTES = 64 * 1024

/** Undefined for what cannot be read; the sender is asked then. */
export function readText(text: string): Frame | undefined {
  if (text.length > MAX_TEXT) return undefined
  const parsed = message.safeParse(jsonOf(text))
  return parsed.success ? frameOf(parsed.data) : undefined
}

function frameOf({ type, data }: z.output<typeof message>): Frame {
  switch (type) {
    case "execution_start":
      return runFrame("started", data)
    case "execution_success":
    case "execution_error":
    case "execution_interrupted":
      return runFrame("ended", data)
    case "execution_cached": {
      const it = cached.safeParse(data).data
      return it ? { kind: "cached", promptId: it.prompt_id, nodes: it.nodes } : { kind: "other" }
    }
    case "executing": {
      // After a new connection it comes once without the id of its run.
      const it = executing.safeParse(data).data
      if (!it) return { kind: "other" }
      return it.node === null
        ? { kind: "ended", promptId: it.prompt_id }
        : { kind: "node", promptId: it.prompt_id, node: it.node }
    }
    case "progress": {
      const it = progress.safeParse(data).data
      return it
        ? { kind: "step", promptId: it.prompt_id, node: it.node, value: it.value, max: it.max }
        : { kind: "other" }
    }
    case "progress_state": {
      const it = state.safeParse(data).data
      if (!it) return { kind: "other" }
      const nodes = Object.entries(it.nodes).map(
        ([node, { value, max, state }]) => [node, { value, max, isDone: state === "finished" }] as const,
      )
      return { kind: "state", promptId: it.prompt_id, nodes: new Map(nodes) }
    }
    default:
      return { kind: "other" }
  }
}

function runFrame(kind: "started" | "ended", data: unknown): Frame {
  const it = ofRun.safeParse(data).data
  return it ? { kind, promptId: it.prompt_id } : { kind: "other" }
}

/** u32be type, then: 1 = picture, 3 = text of a node, 4 = picture with what it belongs to. Undefined when it is not whole. */
export function readBinary(bytes: Uint8Array): Frame | undefined {
  if (bytes.byteLength < 8 || bytes.byteLength > MAX_PREVIEW_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const second = view.getUint32(4)
  const rest = bytes.subarray(8)
  switch (view.getUint32(0)) {
    case 1:
      return { kind: "preview", promptId: undefined, mediaType: second === 2 ? "image/png" : "image/jpeg", bytes: rest }
    case 3:
      if (second > rest.byteLength) return undefined
      return { kind: "text", node: textOf(rest.subarray(0, second)), text: textOf(rest.subarray(second)) }
    case 4: {
      if (second > Math.min(rest.byteLength, MAX_META_BYTES)) return undefined
      const about = aboutPreview.safeParse(jsonOf(textOf(rest.subarray(0, second)))).data
      if (!about) return undefined
      return { kind: "preview", promptId: about.prompt_id, mediaType: about.image_type, bytes: rest.subarray(second) }
    }
    default:
      return { kind: "other" }
  }
}

const aboutPreview = z.object({ prompt_id: id, image_type: z.enum(["image/jpeg", "image/png", "image/webp"]) })

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
