import { randomUUID } from "node:crypto"
import type { ServerResponse } from "node:http"
import { readForm, readJson, sendBytes, sendJson, serveLocally, type Seen } from "#tests/servers/local.ts"

export type GradioVersion = "4.44.1" | "5.49.1" | "6.31.0"

/** What a function of an app sees: its inputs, what the session keeps, and a way to say "generating" or "heartbeat". */
export interface CallContext {
  data: unknown[]
  state: Map<string, unknown>
  emit(event: "generating" | "heartbeat", data?: unknown): void
  /** Puts a file into the app's folder; its value as an output. */
  file(name: string, bytes: Uint8Array): object
}

export interface AppFunction {
  inputs: number
  run(context: CallContext): unknown[] | Promise<unknown[]>
}

/** What an app raises for the person to read (gr.Error). */
export class AppError extends Error {}

export interface GradioServer {
  url: string
  seen: Seen[]
  /** The uploaded files by their paths. */
  uploads: Map<string, Buffer>
  /** Runs that nobody listened to any more. */
  dropped(): number
  /** Every open stream breaks off. */
  cut(): void
  /** The process stops: what streams are told then. */
  stop(): void
  close(): Promise<void>
}

interface Options {
  version?: GradioVersion
  maxQueue?: number
  /** App errors are shown with their text even when they are no gr.Error. */
  showError?: boolean
}

interface Session {
  messages: string[]
  listener: ((message: string) => void) | undefined
  pending: Set<string>
}

/**
 * A Gradio app with functions written in JavaScript: the queue, sessions, streams and failures of the real versions 4, 5 and 6,
 * written down from servers that were running.
 */
export async function startGradio(
  functions: Record<string, AppFunction>,
  { version = "6.31.0", maxQueue = 20, showError = false }: Options = {},
): Promise<GradioServer> {
  const prefix = version.startsWith("4") ? "" : "/gradio_api"
  const appId = Math.floor(Math.random() * 2 ** 50)
  const sessions = new Map<string, Session>()
  const states = new Map<string, Map<string, unknown>>()
  const eventSessions = new Map<string, string>()
  const uploads = new Map<string, Buffer>()
  const files = new Map<string, Uint8Array>()
  const streams = new Set<ServerResponse>()
  let queue: Promise<void> = Promise.resolve()
  let waiting = 0
  let dropped = 0

  const tell = (key: string, event: string, data: unknown) => {
    const session = sessions.get(key)
    if (!session) return
    const message = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
    if (session.listener) session.listener(message)
    else session.messages.push(message)
  }

  const file = (name: string, bytes: Uint8Array) => {
    const path = `/tmp/gradio/${randomUUID()}/${name}`
    files.set(path, bytes)
    // The app's own idea of its address; version 4 gets even the path wrong.
    const url = `http://10.0.0.7:7860${version.startsWith("4") ? "/call" : prefix}/file=${path}`
    return { path, url, size: null, orig_name: name, mime_type: null, is_stream: false, meta: META }
  }

  const join = (fn: string, body: Record<string, unknown>, response: ServerResponse) => {
    const found = functions[fn]
    if (!found) {
      const trace = `Traceback (most recent call last):\n  File "routes.py"\ngradio.route_utils.FnIndexInferError: Could not infer function index for API name: ${fn}\n`
      response.writeHead(500, { "content-type": "text/plain; charset=utf-8" })
      return void response.end(version.startsWith("5") ? trace : "Internal Server Error")
    }
    if (waiting >= maxQueue)
      return sendJson(response, 503, { detail: `Queue is full. Max size is ${maxQueue} and size is ${waiting}.` })
    const event = randomUUID().replaceAll("-", "")
    const key = typeof body["session_hash"] === "string" ? body["session_hash"] : event
    const session = sessions.get(key) ?? { messages: [], listener: undefined, pending: new Set<string>() }
    sessions.set(key, session)
    session.pending.add(event)
    eventSessions.set(event, key)
    waiting++
    queue = queue.then(() => work(found, body["data"] as unknown[], key, event)) // a list, as our client sends it
    return sendJson(response, 200, { event_id: event })
  }

  const work = async ({ inputs, run }: AppFunction, data: unknown[], key: string, event: string) => {
    waiting--
    const session = sessions.get(key)
    if (!session) return
    const state = states.get(key) ?? new Map<string, unknown>()
    states.set(key, state)
    try {
      if (data.length !== inputs)
        throw new Error(`An event handler didn't receive enough input values (needed: ${inputs})`)
      const outputs = await run({ data, state, file, emit: (name, part) => tell(key, name, part ?? null) })
      session.pending.delete(event)
      tell(key, "complete", outputs)
    } catch (error) {
      session.pending.delete(event)
      tell(key, "error", errorData(error))
    }
  }

  const errorData = (error: unknown) => {
    if (!version.startsWith("6")) return null
    const words = error instanceof Error ? error.message : String(error)
    if (error instanceof AppError) return { error: words, duration: 10, visible: true, title: "Error" }
    return showError ? { error: words, visible: true } : { error: null }
  }

  /** Version 6 looks the run up; the older ones take the last part of the address for the session. */
  const listen = (id: string, response: ServerResponse) => {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" })
    streams.add(response)
    const key = version.startsWith("6") ? (eventSessions.get(id) ?? id) : id
    const session = sessions.get(key)
    if (!session) {
      const words = version.startsWith("4") ? "404: Session not found." : "404: Not Found"
      // The real one breaks its own stream here.
      response.write(`event: error\ndata: ${JSON.stringify(words)}\n\n`, () => response.destroy())
      return
    }
    response.on("close", () => {
      streams.delete(response)
      if (response.writableFinished) return
      // Nobody listens: the run is given up, and its messages with it.
      sessions.delete(key)
      dropped++
    })
    const say = (message: string) => {
      response.write(message)
      if (/^event: (complete|error)/.test(message) && session.pending.size === 0) {
        session.listener = undefined
        response.end()
      }
    }
    session.listener = say
    for (const message of session.messages.splice(0)) say(message)
  }

  const server = await serveLocally(async (seen, response) => {
    const path = decodeURIComponent(seen.path)
    if (seen.method === "GET" && path === "/config")
      return sendJson(response, 200, {
        version,
        ...(prefix ? { api_prefix: prefix } : {}),
        app_id: appId,
        protocol: "sse_v3",
        dependencies: Object.entries(functions).map(([name, it], id) => ({
          id,
          api_name: name,
          inputs: Array.from({ length: it.inputs }, (_, i) => i),
        })),
      })
    if (!path.startsWith(prefix)) return sendJson(response, 404, { detail: "Not Found" })
    const [, first, fn = "", id] = path.slice(prefix.length).split("/")
    if (seen.method === "GET" && first === "queue")
      return sendJson(response, 200, { msg: "estimation", rank: null, queue_size: waiting })
    if (seen.method === "POST" && first === "upload") {
      const [sent] = (await readForm(seen)).getAll("files")
      if (!(sent instanceof File)) return sendJson(response, 400, { detail: "no files" })
      const place = `/tmp/gradio/${randomUUID()}/${sent.name}`
      uploads.set(place, Buffer.from(await sent.arrayBuffer()))
      return sendJson(response, 200, [place])
    }
    if (seen.method === "POST" && first === "call") return join(fn, readJson(seen), response)
    if (seen.method === "GET" && first === "call" && id !== undefined) return listen(id, response)
    if (seen.method === "GET" && first?.startsWith("file=")) {
      const bytes = files.get(path.slice(`${prefix}/file=`.length))
      return bytes ? sendBytes(response, bytes) : sendJson(response, 403, { detail: "File not allowed." })
    }
    return sendJson(response, 404, { detail: "Not Found" })
  })
  return {
    url: server.url,
    seen: server.seen,
    uploads,
    dropped: () => dropped,
    cut: () => {
      for (const stream of streams) stream.destroy()
    },
    stop: () => {
      for (const key of sessions.keys()) tell(key, "error", "Server stopped unexpectedly.")
    },
    close: server.close,
  }
}

const META = { _type: "gradio.FileData" }
