import { randomUUID } from "node:crypto"
import type { WebSocket } from "ws"
import type { ModelFiles, NodeInfo } from "#tests/servers/comfyui/object-info.ts"

export type Graph = Record<string, { class_type: string; inputs: Record<string, unknown>; _meta?: { title?: string } }>

/** number, id, graph, extra data, ids of the outputs to run: as the real queue holds it. */
export type QueueItem = [
  number: number,
  promptId: string,
  graph: Graph,
  extra: { client_id?: string; create_time?: number; [key: string]: unknown },
  outputs: string[],
]

export type Message = [event: string, data: Record<string, unknown>]

export interface HistoryEntry {
  prompt: QueueItem
  outputs: Record<string, Record<string, unknown>>
  status: { status_str: "success" | "error"; completed: boolean; messages: Message[] }
  meta: Record<string, { node_id: string; display_node: string; parent_node: null; real_node_id: string }>
}

/** What the server does wrong; a test sets and clears it at any time. */
export interface Faults {
  /** Requests whose path matches get this status; counted down where `times` is given. */
  fail?: { path: RegExp; status: number; times?: number } | undefined
  /** POST /prompt: the connection breaks before the graph is taken, or after. */
  post?: "cut_before" | "cut_after" | undefined
  /** Runs on the GPU fail: until memory was freed, or whatever is done. */
  memory?: "until_freed" | "always" | undefined
  /** The file that /view gives: missing once, always missing, in drops, its first bytes only, or none of them. */
  view?: "gone_once" | "gone" | "slow" | "stalled" | "half" | undefined
  /** Says done and gives nothing, or the files of somebody else, or the entry of somebody else. */
  lie?: "no_outputs" | "other_files" | "other_run" | undefined
  /** Sockets stay open and say nothing. */
  silent?: boolean | undefined
  /** Sockets are refused. */
  noSockets?: boolean | undefined
}

export interface Options {
  /** "0.3.64" has no /api/jobs; "0.38.1" has it, and takes canonical UUIDs only. */
  version?: "0.3.64" | "0.38.1"
  /** A fixed port, to come back on; default: any. */
  port?: number
  models?: ModelFiles
  /** Node classes that this server lacks. */
  without?: readonly string[]
  /** Milliseconds for each step of a sampler. */
  stepMs?: number
  /** Absent: a server without a GPU. */
  vramMb?: number
  faults?: Faults
}

/** Everything that is gone when the process ends. */
export interface Memory {
  queue: QueueItem[]
  running: QueueItem | undefined
  history: Map<string, HistoryEntry>
  /** Outputs of nodes by what made them. */
  cache: Map<string, CacheEntry>
  number: number
  flags: { unload_models?: boolean; free_memory?: boolean }
  isInterrupted: boolean
  /** Files of /view?type=temp. */
  temp: Map<string, Buffer>
  freedTimes: number
}

export interface CacheEntry {
  ui?: Record<string, unknown>
  outputs: unknown[]
}

/** What stays on its disk. */
export interface Disk {
  input: Map<string, Buffer>
  output: Map<string, Buffer>
}

export interface Sim {
  options: Options
  faults: Faults
  memory: Memory
  disk: Disk
  sockets: Map<string, { socket: WebSocket; features: Record<string, unknown> }>
  /** Whose run is executed now. */
  clientId: string | undefined
  lastNode: string | undefined
  /** Wakes the worker. */
  wake: () => void
  /** "POST /prompt", in order. */
  requests: string[]
  /** Whom each /interrupt was for; undefined is whoever runs. */
  interrupts: unknown[]
  /** Ids of accepted prompts, in order, over restarts. */
  posted: string[]
  isUp: boolean
  /** The node classes, and which files they were made for. */
  info?: { of: string; nodes: Record<string, NodeInfo> }
}

export function emptyMemory(): Memory {
  return {
    queue: [],
    running: undefined,
    history: new Map(),
    cache: new Map(),
    number: 0,
    flags: {},
    isInterrupted: false,
    temp: new Map(),
    freedTimes: 0,
  }
}

/** An event to one client, or to all when no client is named, as send_sync does. */
export function tell(sim: Sim, event: string, data: object, clientId?: string): void {
  const text = JSON.stringify({ type: event, data })
  for (const [id, { socket }] of sim.sockets)
    if (!sim.faults.silent && (clientId === undefined || clientId === id)) socket.send(text)
}

export function tellBytes(sim: Sim, bytes: Buffer, clientId: string | undefined): void {
  for (const [id, { socket }] of sim.sockets)
    if (!sim.faults.silent && (clientId === undefined || clientId === id)) socket.send(bytes)
}

export function queueChanged(sim: Sim): void {
  tell(sim, "status", { status: queueInfo(sim) })
}

export function queueInfo({ memory }: Sim): { exec_info: { queue_remaining: number } } {
  return { exec_info: { queue_remaining: memory.queue.length + (memory.running ? 1 : 0) } }
}

/** A smaller number is earlier; equal ones keep their order. */
export function enqueue(sim: Sim, item: QueueItem): void {
  sim.memory.queue.push(item)
  sim.memory.queue.sort((a, b) => a[0] - b[0])
  sim.posted.push(item[1])
  queueChanged(sim)
  sim.wake()
}

export const freshId = () => randomUUID()
