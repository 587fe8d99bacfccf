import type { Logger } from "pino"
import type { ServerRef } from "#src/job.ts"
import { readBinary, readText, type Frame } from "#workers/backends/comfyui/frames.ts"
import { addressOf } from "#workers/backends/shared/http.ts"
import { keyOf } from "#workers/backends/shared/key.ts"

/** Hears what concerns one run. Undefined: something that could not be read, or the connection came back: look for yourself. */
export type Listener = (frame: Frame | undefined) => void

interface Channel {
  /** Server and client id. */
  key: string
  url: string
  headers: Record<string, string>
  log: Logger
  listeners: Map<string, Listener>
  socket?: WebSocket
  heardAt: number
  /** Connections in a row that brought nothing. */
  failures: number
  timer?: NodeJS.Timeout
  idle?: NodeJS.Timeout
}

/**
 * One connection per server and client id for the whole process, because a server keeps one per client id; open while somebody
 * listens. It is a hint that makes things quicker: connections go silent in practice, and nothing depends on them.
 */
const channels = new Map<string, Channel>()
/**
 * Connections that are being ended, by server and client id. When one ends, ComfyUI forgets the newest of its client id, whichever
 * that is: the next one has to wait, or it is never told anything.
 */
const ending = new Map<string, Promise<void>>()

/** Quiet for longer, and it may be half open: it is made anew. A node may well say nothing for that long. */
const QUIET_MS = 10_000
/** The next run of this worker mostly begins at once. */
const IDLE_MS = 1_000
const END_WITHIN_MS = 1_000
const RETRY_FROM_MS = 500
const RETRY_TO_MS = 30_000

/** The listener hears of that run until the returned function is called. */
export function listen(
  server: ServerRef,
  { clientId, promptId, log }: { clientId: string; promptId: string; log: Logger },
  listener: Listener,
): () => void {
  const key = `${server.url} ${clientId}`
  let channel = channels.get(key)
  if (!channel) {
    channel = { key, ...addressFor(server, clientId), log, listeners: new Map(), heardAt: 0, failures: 0 }
    channels.set(key, channel)
    void open(channel)
  }
  const used = channel
  clearTimeout(used.idle)
  used.listeners.set(promptId, listener)
  return () => {
    used.listeners.delete(promptId)
    if (used.listeners.size > 0) return
    clearTimeout(used.idle)
    used.idle = setTimeout(() => end(used), IDLE_MS)
  }
}

function end(channel: Channel): void {
  if (channels.get(channel.key) === channel) channels.delete(channel.key)
  clearTimeout(channel.timer)
  drop(channel)
}

function addressFor(server: ServerRef, clientId: string): { url: string; headers: Record<string, string> } {
  const url = addressOf(server, "ws")
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:"
  url.searchParams.set("clientId", clientId)
  const key = keyOf(server)
  return { url: url.href, headers: key === undefined ? {} : { authorization: `Bearer ${key}` } }
}

async function open(channel: Channel): Promise<void> {
  await ending.get(channel.key)
  if (channels.get(channel.key) === channel && !channel.socket) connect(channel)
}

function connect(channel: Channel): void {
  // Node's WebSocket takes headers beside what browsers allow; the types are those of browsers.
  const socket = new WebSocket(channel.url, { headers: channel.headers } as unknown as string[])
  socket.binaryType = "arraybuffer"
  channel.socket = socket
  channel.heardAt = Date.now()
  const isCurrent = () => channel.socket === socket
  socket.addEventListener("open", () => {
    // The first message, or previews come without the id of their run.
    socket.send(JSON.stringify({ type: "feature_flags", data: { supports_preview_metadata: true } }))
    if (channel.failures > 0) tellAll(channel, undefined)
  })
  socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (!isCurrent()) return
    channel.heardAt = Date.now()
    channel.failures = 0
    hand(channel, typeof data === "string" ? readText(data) : readBinary(new Uint8Array(data as ArrayBuffer))) // binaryType
  })
  socket.addEventListener("close", () => {
    if (!isCurrent()) return
    delete channel.socket
    tellAll(channel, undefined)
    again(channel)
  })
  socket.addEventListener("error", () => undefined) // a close follows
  clearTimeout(channel.timer)
  channel.timer = setTimeout(() => watchQuiet(channel), QUIET_MS)
}

function again(channel: Channel): void {
  const pause = Math.min(RETRY_TO_MS, RETRY_FROM_MS * 2 ** channel.failures) * (0.75 + Math.random() / 2)
  channel.failures++
  channel.log.debug({ pause }, "the connection to ComfyUI's events is made again")
  clearTimeout(channel.timer)
  channel.timer = setTimeout(() => void open(channel), pause)
}

function watchQuiet(channel: Channel): void {
  const quietFor = Date.now() - channel.heardAt
  if (quietFor < QUIET_MS) {
    channel.timer = setTimeout(() => watchQuiet(channel), QUIET_MS - quietFor)
    return
  }
  drop(channel)
  again(channel)
}

function drop(channel: Channel): void {
  const { socket, key } = channel
  delete channel.socket
  if (!socket || socket.readyState === WebSocket.CLOSED) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, END_WITHIN_MS)
  socket.addEventListener("close", () => resolve())
  socket.close()
  const ended = promise.then(() => {
    clearTimeout(timer)
    if (ending.get(key) === ended) ending.delete(key)
  })
  ending.set(key, ended)
}

function hand(channel: Channel, frame: Frame | undefined): void {
  if (!frame) return tellAll(channel, undefined)
  if (frame.kind === "other") return
  const named = "promptId" in frame ? frame.promptId : undefined
  if (named !== undefined) return channel.listeners.get(named)?.(frame)
  // Without an id it can only be told when there is no doubt whose it is.
  if (channel.listeners.size === 1) tellAll(channel, frame)
}

function tellAll({ listeners }: Channel, frame: Frame | undefined): void {
  for (const listener of listeners.values()) listener(frame)
}
