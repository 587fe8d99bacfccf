import { objectInfo, MODEL_FOLDERS, type NodeInfo } from "#tests/servers/comfyui/object-info.ts"
import {
  enqueue,
  freshId,
  queueChanged,
  queueInfo,
  type Graph,
  type HistoryEntry,
  type QueueItem,
  type Sim,
} from "#tests/servers/comfyui/state.ts"
import { validate } from "#tests/servers/comfyui/validate.ts"

export interface Asked {
  method: string
  /** Without /api, except for the job routes. */
  path: string
  query: URLSearchParams
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

export interface Answered {
  status: number
  /** JSON unless it is a buffer or text. */
  body?: unknown
  type?: string
}

/** The folder of the pages is looked into last: it knows no such file, and takes no other method. */
const notFound: Answered = { status: 404, body: "", type: "application/octet-stream" }
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Made again when files came. */
export function infoOf(sim: Sim): Record<string, NodeInfo> {
  const { models, without, version } = sim.options
  const inputs = [...sim.disk.input.keys()].sort()
  const of = JSON.stringify([inputs, models])
  if (sim.info?.of !== of) {
    const style = version === "0.3.64" ? "classic" : "newer"
    sim.info = { of, nodes: objectInfo({ inputs, style, ...(models && { models }), ...(without && { without }) }) }
  }
  return sim.info.nodes
}

/** Every route but /ws. Unknown ones: 404 to GET, 405 to the rest, because the pages of the real one are served there. */
export async function answer(sim: Sim, asked: Asked): Promise<Answered> {
  const { method, path } = asked
  const isRead = method === "GET" || method === "HEAD"
  const [, first = "", second, third] = path.split("/").map(decodeURIComponent)
  const { memory, options } = sim
  if (path.startsWith("/api/jobs")) {
    if (options.version === "0.3.64") return isRead ? notFound : unknownPost
    return jobs(sim, asked)
  }
  if (isRead)
    switch (first) {
      case "system_stats":
        return { status: 200, body: stats(sim) }
      case "prompt":
        return { status: 200, body: queueInfo(sim) }
      case "queue":
        return {
          status: 200,
          body: { queue_running: memory.running ? [memory.running] : [], queue_pending: memory.queue },
        }
      case "history":
        return { status: 200, body: history(sim, second) }
      case "object_info": {
        const info = infoOf(sim)
        return { status: 200, body: second === undefined ? info : second in info ? { [second]: info[second] } : {} }
      }
      case "models":
        if (second === undefined) return { status: 200, body: MODEL_FOLDERS }
        return MODEL_FOLDERS.includes(second)
          ? { status: 200, body: options.models?.[second] ?? [] }
          : { status: 404, body: "" }
      case "embeddings":
        return { status: 200, body: [] }
      case "features":
        return { status: 200, body: { supports_preview_metadata: true, max_upload_size: 104_857_600 } }
      case "view":
        return view(sim, asked.query)
      default:
        return notFound
    }
  if (method !== "POST" || third !== undefined) return unknownPost
  switch (path) {
    case "/prompt":
      return postPrompt(sim, asked)
    case "/queue":
      return postQueue(sim, jsonOf(asked))
    case "/interrupt":
      return interrupt(sim, asked)
    case "/free": {
      const { unload_models, free_memory } = jsonOf(asked)
      memory.flags = { unload_models: unload_models === true, free_memory: free_memory === true }
      sim.wake()
      return { status: 200, body: "" }
    }
    case "/history": {
      const { clear, delete: ids } = jsonOf(asked)
      if (clear) memory.history.clear()
      for (const id of Array.isArray(ids) ? (ids as string[]) : []) memory.history.delete(id)
      return { status: 200, body: "" }
    }
    case "/upload/image":
    case "/upload/mask":
      return upload(sim, asked)
    default:
      return unknownPost
  }
}

const unknownPost: Answered = { status: 405, body: "405: Method Not Allowed", type: "text/plain; charset=utf-8" }

/** Throws on what is no JSON, which makes a 500 as in the real one. */
function jsonOf({ body }: Asked): Record<string, unknown> {
  return JSON.parse(body.toString("utf8")) as Record<string, unknown>
}

function postPrompt(sim: Sim, asked: Asked): Answered {
  const body = jsonOf(asked)
  const refuse = (error: object, node_errors: object = {}) => ({ status: 400, body: { error, node_errors } })
  const number =
    typeof body["number"] === "number" ? body["number"] : body["front"] ? -sim.memory.number++ : sim.memory.number++
  if (!("prompt" in body))
    return refuse({ type: "no_prompt", message: "No prompt provided", details: "No prompt provided", extra_info: {} })
  const given = body["prompt_id"] ?? freshId()
  if (sim.options.version !== "0.3.64" && !(typeof given === "string" && UUID.test(given)))
    return refuse({
      type: "invalid_prompt_id",
      message: "prompt_id must be a valid UUID",
      details:
        "prompt_id must be a UUID string in canonical lowercase hyphenated form; omit it to let the server generate one",
      extra_info: {},
    })
  const promptId = textOf(given, "")
  const graph = body["prompt"] as Graph
  const version = sim.options.version ?? "0.38.1"
  const checked = validate(graph, { info: infoOf(sim), inputFiles: new Set(sim.disk.input.keys()), version })
  if (!checked.ok) return refuse(checked.error, checked.nodeErrors)
  const extra = { ...(body["extra_data"] as object | undefined), create_time: Date.now() }
  const client = typeof body["client_id"] === "string" ? { client_id: body["client_id"] } : {}
  enqueue(sim, [number, promptId, graph, { ...extra, ...client }, checked.outputs])
  return { status: 200, body: { prompt_id: promptId, number, node_errors: checked.nodeErrors } }
}

function postQueue(sim: Sim, body: Record<string, unknown>): Answered {
  const { memory } = sim
  const ids = new Set(Array.isArray(body["delete"]) ? (body["delete"] as string[]) : [])
  memory.queue = body["clear"] ? [] : memory.queue.filter(([, id]) => !ids.has(id))
  queueChanged(sim)
  return { status: 200, body: "" }
}

function interrupt({ memory, interrupts }: Sim, asked: Asked): Answered {
  const id = asked.body.byteLength > 0 ? jsonOf(asked)["prompt_id"] : undefined
  interrupts.push(id)
  if (id === undefined || memory.running?.[1] === id) memory.isInterrupted = true
  return { status: 200, body: "" }
}

function history(sim: Sim, id: string | undefined): Record<string, unknown> {
  const entries = [...sim.memory.history].filter(([key]) => id === undefined || key === id)
  return Object.fromEntries(entries.map(([key, entry]) => [key, lied(sim, entry)]))
}

function lied({ faults, memory }: Sim, entry: HistoryEntry): HistoryEntry {
  if (faults.lie === "no_outputs") return { ...entry, outputs: {} }
  const other = [...memory.history.values()].find((it) => it !== entry)
  if (!other || faults.lie === undefined) return entry
  return faults.lie === "other_run" ? other : { ...entry, outputs: other.outputs }
}

function jobs(sim: Sim, { method, path }: Asked): Answered {
  const [, , , id, action] = path.split("/")
  const { memory } = sim
  const isRunning = memory.running?.[1] === id
  if (method === "POST") {
    if (action !== "cancel") return unknownPost
    const before = memory.queue.length
    memory.queue = memory.queue.filter((item) => item[1] !== id)
    if (memory.queue.length < before) queueChanged(sim)
    if (isRunning) memory.isInterrupted = true
    return { status: 200, body: { cancelled: isRunning || memory.queue.length < before } }
  }
  if (id === undefined)
    return { status: 200, body: { jobs: [], pagination: { offset: 0, limit: null, total: 0, has_more: false } } }
  const entry = memory.history.get(id)
  if (entry) return { status: 200, body: jobOf(id, lied(sim, entry)) }
  const queued = isRunning ? memory.running : memory.queue.find((item) => item[1] === id)
  if (!queued) return { status: 404, body: { error: "Job not found" } }
  return { status: 200, body: queuedJob(queued, isRunning ? "in_progress" : "pending") }
}

function queuedJob([priority, id, prompt, extra_data]: QueueItem, status: string) {
  const workflow = { prompt, extra_data }
  return { id, status, priority, create_time: extra_data.create_time, outputs_count: 0, workflow }
}

function jobOf(asked: string, { prompt, outputs, status }: HistoryEntry) {
  const [priority, id, graph, extra_data] = prompt
  const isInterrupted = status.messages.some(([event]) => event === "execution_interrupted")
  const failed = isInterrupted ? "cancelled" : "failed"
  const error = status.messages.find(([event]) => event === "execution_error")?.[1]
  return {
    id: id === asked ? asked : id,
    status: status.status_str === "success" ? "completed" : failed,
    priority,
    create_time: extra_data.create_time,
    ...(error && { execution_error: error }),
    outputs_count: Object.keys(outputs).length,
    outputs,
    execution_status: status,
    workflow: { prompt: graph, extra_data },
  }
}

function stats({ options }: Sim) {
  const bytes = (options.vramMb ?? 0) * 1024 ** 2
  const cpu = { name: "cpu", type: "cpu", index: null, vram_total: 16e9, vram_free: 8e9 }
  const gpu = {
    name: "cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync",
    type: "cuda",
    index: 0,
    vram_total: bytes,
    vram_free: bytes / 2,
  }
  return {
    system: {
      os: "linux",
      ram_total: 16e9,
      ram_free: 8e9,
      comfyui_version: options.version ?? "0.38.1",
      python_version: "3.12.3 (main) [GCC 13.2.0]",
      pytorch_version: "2.11.0",
      embedded_python: false,
      argv: ["main.py"],
    },
    devices: [options.vramMb === undefined ? cpu : gpu],
  }
}

function view({ disk, memory, faults }: Sim, query: URLSearchParams): Answered {
  const name = query.get("filename")
  if (!name || name.startsWith("/") || name.includes("..")) return { status: 400, body: "" }
  const type = query.get("type") ?? "output"
  if (type !== "input" && type !== "output" && type !== "temp") return { status: 400, body: "" }
  const subfolder = query.get("subfolder")
  const files = type === "temp" ? memory.temp : disk[type]
  const bytes = files.get(subfolder ? `${subfolder}/${name}` : name)
  if (type === "output" && (faults.view === "gone" || faults.view === "gone_once")) {
    if (faults.view === "gone_once") faults.view = undefined
    return { status: 404, body: "" }
  }
  return bytes ? { status: 200, body: bytes, type: typeOf(name) } : { status: 404, body: "" }
}

const TYPES: Record<string, string> = {
  png: "image/png",
  webp: "image/webp",
  mp4: "video/mp4",
  webm: "video/webm",
  txt: "text/plain",
}
const typeOf = (name: string) => TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream"

/** Same name and same content: kept. Another content: overwritten, or named "x (1).png". */
async function upload({ disk, memory }: Sim, { headers, body }: Asked): Promise<Answered> {
  if (body.byteLength > 104_857_600)
    return { status: 413, body: "Maximum request body size 104857600 exceeded", type: "text/plain" }
  const form = await new Response(new Uint8Array(body), {
    headers: { "content-type": String(headers["content-type"]) },
  }).formData()
  const image = form.get("image")
  if (!(image instanceof File) || image.name === "") return { status: 400, body: "" }
  const type = textOf(form.get("type"), "input")
  const subfolder = textOf(form.get("subfolder"), "")
  const files = type === "temp" ? memory.temp : disk.input
  const bytes = Buffer.from(await image.arrayBuffer())
  const isOther = (there: Buffer | undefined) => there !== undefined && !there.equals(bytes)
  const overwrite = form.get("overwrite")
  const [, stem = image.name, ending = ""] = /^(.*)(\.[^.]*)$/.exec(image.name) ?? []
  let name = image.name
  const path = () => (subfolder ? `${subfolder}/${name}` : name)
  if (overwrite !== "true" && overwrite !== "1")
    for (let i = 1; isOther(files.get(path())); i++) name = `${stem} (${i})${ending}`
  files.set(path(), bytes)
  return { status: 200, body: { name, subfolder, type } }
}

const textOf = (value: unknown, otherwise: string) => (typeof value === "string" ? value : otherwise)
