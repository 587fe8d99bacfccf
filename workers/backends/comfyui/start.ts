import { randomUUID } from "node:crypto"
import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import { checkedGraph } from "#workers/backends/comfyui/check.ts"
import { refusalSchema, refusedError } from "#workers/backends/comfyui/failure.ts"
import { look } from "#workers/backends/comfyui/look.ts"
import { forgetClasses } from "#workers/backends/comfyui/object-info.ts"
import { markOf, type Graph, type Handle, type Order } from "#workers/backends/comfyui/order.ts"
import { read, send, withoutNan, type Wire } from "#workers/backends/comfyui/request.ts"
import { withUploads } from "#workers/backends/comfyui/upload.ts"
import { parseJson } from "#workers/backends/shared/http.ts"

const POST_MS = 60_000
/** ComfyUI takes 100 MB; a graph of ours is some KB. */
const MAX_GRAPH_CHARS = 4 * 1024 ** 2
const acceptedSchema = z.object({ prompt_id: z.string(), node_errors: z.unknown() })

/** Puts a run into the server's queue under its own id, once: an id that is there already is not posted again. */
export async function startRun(wire: Wire, order: Order, handle: Handle): Promise<void> {
  const { graph, sent } = await withUploads(wire, order.graph, order.uploads)
  const checked = await checkedGraph(wire, graph, sent)
  const prompt = ofThisRun(checked, handle)
  const body = { prompt, client_id: handle.clientId, prompt_id: handle.promptId }
  if (JSON.stringify(body).length > MAX_GRAPH_CHARS)
    throw new BackendError(wire.server.name, "the graph is too long: put pictures and texts into files", "input")
  // A worker that was lost may have posted it: the id is no idempotency key, and twice is paid twice.
  if ((await look(wire, handle.promptId)).state !== "absent") return
  try {
    await post(wire, body)
  } catch (error) {
    const isUnclear = error instanceof BackendError && error.retry === "transient" && !wire.signal.aborted
    if (!isUnclear) throw error
    // The answer was lost, perhaps after the graph had been taken.
    if ((await look(wire, handle.promptId)).state === "absent") await post(wire, body)
  }
}

async function post(wire: Wire, body: { prompt: Graph; prompt_id: string; client_id: string }): Promise<void> {
  const answer = await send(wire, "prompt", { body: { json: body }, timeoutMs: POST_MS, expected: [400] })
  const bytes = withoutNan(answer.bytes)
  if (answer.status === 400) {
    forgetClasses(wire.server.url)
    throw refusedError(wire.server, body.prompt, parseJson(refusalSchema, wire.server, bytes))
  }
  const { prompt_id, node_errors } = parseJson(acceptedSchema, wire.server, bytes)
  const errors = refusalSchema.parse({ node_errors })
  const isWhole = Object.keys(errors.node_errors ?? {}).length === 0
  if (prompt_id === body.prompt_id && isWhole) return
  // It runs what is left of the graph, or under a name that nobody would find again.
  await cancelRun(wire, prompt_id)
  throw isWhole
    ? new BackendError(wire.server.name, "it gives runs its own names: it is too old", "capacity")
    : refusedError(wire.server, body.prompt, errors)
}

/** The graph with names for its files that tell them from those of other runs. */
function ofThisRun(graph: Graph, handle: Handle): Graph {
  const made: Graph = {}
  for (const [id, node] of Object.entries(graph)) {
    const inputs = { ...node.inputs }
    if (handle.marked.includes(id)) inputs["filename_prefix"] = `${String(inputs["filename_prefix"])}_${markOf(handle)}`
    // Servers pass over inputs they do not know, but run a node whose inputs are new.
    if (handle.fresh && !isRead(graph, id)) inputs["atelier_run"] = handle.promptId
    made[id] = { ...node, inputs }
  }
  return made
}

/** Another node reads from it: it is not the end of a branch. */
function isRead(graph: Graph, id: string): boolean {
  return Object.values(graph).some(({ inputs }) =>
    Object.values(inputs).some((value) => Array.isArray(value) && value[0] === id),
  )
}

const queueSchema = z.object({ queue_running: z.array(z.array(z.unknown())) })

/** Takes a run out of the queue, or stops it at its next step. Never an /interrupt without an id: that stops whoever runs. */
export async function cancelRun(wire: Wire, promptId: string): Promise<void> {
  const request = { expected: [400, 404, 405, 501], timeoutMs: 5_000 }
  const answer = await send(wire, `api/jobs/${promptId}/cancel`, { body: { json: {} }, ...request })
  if (answer.status === 200) return
  await send(wire, "queue", { body: { json: { delete: [promptId] } }, timeoutMs: 5_000 })
  // Servers before 0.3.57 do not read the id, so it is only sent while the run is the one that is running.
  const queue = await read(queueSchema, wire, "queue", { timeoutMs: 5_000 })
  if (queue?.queue_running.some((item) => item[1] === promptId))
    await send(wire, "interrupt", { body: { json: { prompt_id: promptId } }, timeoutMs: 5_000 })
}

/** Models out of the GPU, and what is cached with them; when the run under way is over. */
export async function freeMemory(wire: Wire): Promise<void> {
  await send(wire, "free", { body: { json: { unload_models: true, free_memory: true } } })
}

/** A canonical lowercase UUID: newer servers take nothing else. */
export const newPromptId = (): string => randomUUID()
