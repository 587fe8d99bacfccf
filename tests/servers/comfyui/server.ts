import { once } from "node:events"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"
import { WebSocketServer, type WebSocket } from "ws"
import { worker } from "#tests/servers/comfyui/executor.ts"
import { answer, type Answered } from "#tests/servers/comfyui/routes.ts"
import {
  emptyMemory,
  enqueue,
  freshId,
  queueInfo,
  type Faults,
  type Graph,
  type Options,
  type Sim,
} from "#tests/servers/comfyui/state.ts"

export interface ComfyUi {
  url: string
  /** What it does wrong; set and cleared at any time. */
  faults: Faults
  /** "POST /prompt", in order, without queries. */
  requests: string[]
  /** The prompt_id of each /interrupt; undefined = whoever runs. */
  interrupts: unknown[]
  /** Ids of all prompts it took, in order. */
  posted: string[]
  /** Graphs by id: waiting, running and finished ones. */
  graph(promptId: string): Graph | undefined
  /** Files in its output and input folders. */
  outputs(): string[]
  inputs(): string[]
  /** How often its memory was freed. */
  freed(): number
  sockets(): number
  /** Somebody else's run. Resolves with its id. */
  queueForeign(graph: Graph): string
  /** Somebody presses the button in the page. */
  interrupt(): void
  running(): string | undefined
  /** Puts model files into its folders. */
  addModels(folder: string, ...files: string[]): void
  /** All event connections break; HTTP goes on. */
  cutSockets(): void
  /** Ends as by kill -9: connections break, queue, history, cache and temporary files are gone. */
  kill(): Promise<void>
  /** Comes back on the same port. */
  start(): Promise<void>
  close(): Promise<void>
}

/**
 * A ComfyUI on a local port: its routes, errors, events and binary frames as the real one of 0.3.64 or of the 0.38 era has them,
 * with and without /api. Graphs are validated against recorded node classes and executed; models are not run.
 */
export async function startComfyUi(options: Options = {}): Promise<ComfyUi> {
  const sim: Sim = {
    options,
    faults: options.faults ?? {},
    memory: emptyMemory(),
    disk: { input: new Map([["example.png", Buffer.alloc(0)]]), output: new Map() },
    sockets: new Map(),
    clientId: undefined,
    lastNode: undefined,
    wake: () => undefined,
    requests: [],
    interrupts: [],
    posted: [],
    isUp: false,
  }
  let port = options.port ?? 0
  let server: Server | undefined
  const start = async () => {
    server = serve(sim)
    server.listen(port, "127.0.0.1")
    await once(server, "listening")
    port = (server.address() as AddressInfo).port // it listens on a port, not on a pipe
    sim.isUp = true
    const { memory } = sim
    void worker(sim, () => sim.isUp && sim.memory === memory)
  }
  const kill = async () => {
    if (!server) return
    sim.isUp = false
    sim.memory = emptyMemory()
    sim.wake()
    for (const { socket } of sim.sockets.values()) socket.terminate()
    sim.sockets.clear()
    server.closeAllConnections()
    server.close()
    await once(server, "close")
    server = undefined
  }
  await start()
  return {
    url: `http://127.0.0.1:${port}`,
    faults: sim.faults,
    requests: sim.requests,
    interrupts: sim.interrupts,
    posted: sim.posted,
    graph: (id) =>
      sim.memory.history.get(id)?.prompt[2] ??
      [...(sim.memory.running ? [sim.memory.running] : []), ...sim.memory.queue].find((item) => item[1] === id)?.[2],
    outputs: () => [...sim.disk.output.keys()],
    inputs: () => [...sim.disk.input.keys()],
    freed: () => sim.memory.freedTimes,
    sockets: () => sim.sockets.size,
    queueForeign: (graph) => {
      const id = freshId()
      const outputs = Object.keys(graph).filter((node) => /^Save|^Preview/.test(graph[node]?.class_type ?? ""))
      enqueue(sim, [sim.memory.number++, id, graph, { client_id: "somebody-else", create_time: Date.now() }, outputs])
      return id
    },
    interrupt: () => {
      sim.memory.isInterrupted = true
    },
    running: () => sim.memory.running?.[1],
    addModels: (folder, ...files) => {
      options.models = { ...options.models, [folder]: [...(options.models?.[folder] ?? []), ...files] }
    },
    cutSockets: () => {
      for (const { socket } of sim.sockets.values()) socket.terminate()
    },
    kill,
    start,
    close: kill,
  }
}

function serve(sim: Sim): Server {
  const server = createServer((request, response) => {
    handle(sim, request, response).catch(() => {
      // aiohttp says this for whatever a handler throws.
      send(response, {
        status: 500,
        body: "500 Internal Server Error\n\nServer got itself in trouble",
        type: "text/plain",
      })
    })
  })
  const sockets = new WebSocketServer({ noServer: true })
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost")
    if (!/^(\/api)?\/ws$/.test(pathname) || sim.faults.noSockets || isForeign(request))
      socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    else
      sockets.handleUpgrade(request, socket, head, (ws) => accept(sim, ws, searchParams.get("clientId") || freshId()))
  })
  return server
}

function accept(sim: Sim, socket: WebSocket, id: string): void {
  const entry = { socket, features: {} as Record<string, unknown> }
  sim.sockets.set(id, entry)
  socket.on("error", () => undefined)
  // As the real one: whichever connection of an id ends, the entry of the id goes, even if a newer one has it by now.
  socket.on("close", () => sim.sockets.delete(id))
  if (sim.faults.silent) return
  const say = (type: string, data: object) => socket.send(JSON.stringify({ type, data }))
  say("status", { status: queueInfo(sim), sid: id })
  if (sim.clientId === id && sim.lastNode !== undefined) say("executing", { node: sim.lastNode })
  socket.once("message", (data: Buffer) => {
    const first = JSON.parse(data.toString("utf8")) as { type?: string; data?: Record<string, unknown> } // only our client talks to it
    if (first.type !== "feature_flags") return
    entry.features = first.data ?? {}
    say("feature_flags", { supports_preview_metadata: true, max_upload_size: 104_857_600 })
  })
}

async function handle(sim: Sim, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "GET" } = request
  const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://localhost")
  const path = /^\/api\/(?!jobs(\/|$))/.test(pathname) ? pathname.slice(4) : pathname
  sim.requests.push(`${method} ${path}`)
  if (isForeign(request)) return send(response, { status: 403, body: "" })
  const body = await bodyOf(request)
  const { faults } = sim
  if (faults.fail?.path.test(path) && (faults.fail.times === undefined || faults.fail.times-- > 0))
    return send(response, { status: faults.fail.status, body: "500 Internal Server Error", type: "text/plain" })
  const isPost = method === "POST" && path === "/prompt"
  const cut = isPost ? faults.post : undefined
  if (cut) faults.post = undefined
  if (cut === "cut_before") return void response.destroy()
  const said = await answer(sim, { method, path, query, headers: request.headers, body })
  if (cut === "cut_after") return void response.destroy()
  const isFile = path === "/view" && query.get("type") === "output" && said.status === 200
  if (isFile && faults.view) return sendBadly(response, said, faults.view)
  send(response, said, method === "HEAD")
}

/** A page of another site, as the check of the real one sees it. */
function isForeign({ headers }: IncomingMessage): boolean {
  if (headers["sec-fetch-site"] === "cross-site") return true
  return headers.origin !== undefined && new URL(headers.origin).host !== headers.host
}

function send(response: ServerResponse, { status, body = "", type }: Answered, isHead = false): void {
  const isRaw = typeof body === "string" || Buffer.isBuffer(body)
  const bytes = isRaw ? Buffer.from(body) : Buffer.from(JSON.stringify(body))
  const media = type ?? (isRaw ? "application/octet-stream" : "application/json; charset=utf-8")
  response.writeHead(status, { "content-type": media, "content-length": bytes.byteLength })
  response.end(isHead ? undefined : bytes)
}

async function sendBadly(
  response: ServerResponse,
  { body, type }: Answered,
  how: NonNullable<Faults["view"]>,
): Promise<void> {
  const bytes = body as Buffer // a file
  if (how === "half")
    return send(response, { status: 200, body: bytes.subarray(0, bytes.byteLength / 2), type: type ?? "" })
  response.writeHead(200, { "content-type": type, "content-length": bytes.byteLength })
  if (how === "stalled") return void response.write(bytes.subarray(0, 20))
  const part = Math.ceil(bytes.byteLength / 4)
  for (let at = 0; at < bytes.byteLength; at += part) {
    response.write(bytes.subarray(at, at + part))
    await sleep(30)
  }
  response.end()
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer) // requests yield buffers unless told otherwise
  return Buffer.concat(chunks)
}
