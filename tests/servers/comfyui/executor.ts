import { createHash } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { execute, Interrupted, NodeFailure, type Result } from "#tests/servers/comfyui/nodes.ts"
import {
  queueChanged,
  tell,
  tellBytes,
  type CacheEntry,
  type Graph,
  type HistoryEntry,
  type Message,
  type QueueItem,
  type Sim,
} from "#tests/servers/comfyui/state.ts"

/** Takes one run after the other until the server goes down. */
export async function worker(sim: Sim, isAlive: () => boolean): Promise<void> {
  while (isAlive()) {
    const item = sim.memory.queue.shift()
    if (item) await runItem(sim, item, isAlive)
    else
      await new Promise<void>((resolve) => {
        sim.wake = resolve
      })
    if (isAlive()) free(sim)
  }
}

/** Flags of /free count after a run, or while nothing waits. */
function free({ memory, faults }: Sim): void {
  const { flags } = memory
  memory.flags = {}
  if (!flags.unload_models && !flags.free_memory) return
  memory.freedTimes++
  if (faults.memory === "until_freed") faults.memory = undefined
  if (flags.free_memory) memory.cache.clear()
}

interface Execution {
  sim: Sim
  item: QueueItem
  messages: Message[]
  entry: HistoryEntry
  progress: Map<string, { value: number; max: number; state: "running" | "finished" }>
  executed: Set<string>
  keys: Map<string, string>
  isAlive: () => boolean
}

async function runItem(sim: Sim, item: QueueItem, isAlive: () => boolean): Promise<void> {
  const { memory } = sim
  const [, promptId, graph, extra] = item
  memory.running = item
  memory.isInterrupted = false
  queueChanged(sim)
  sim.clientId = extra.client_id
  const messages: Message[] = []
  const entry: HistoryEntry = {
    prompt: item,
    outputs: {},
    status: { status_str: "success", completed: true, messages },
    meta: {},
  }
  const run: Execution = {
    sim,
    item,
    messages,
    entry,
    progress: new Map(),
    executed: new Set(),
    keys: new Map(),
    isAlive,
  }
  message(run, "execution_start", { prompt_id: promptId })
  for (const id of Object.keys(graph)) cacheKey(run, id)
  for (const key of memory.cache.keys()) if (![...run.keys.values()].includes(key)) memory.cache.delete(key)
  const cached = [...run.keys].filter(([, key]) => memory.cache.has(key)).map(([id]) => id)
  message(run, "execution_cached", { nodes: cached, prompt_id: promptId })
  const isGood = await runOutputs(run)
  if (!isAlive()) return
  if (isGood) message(run, "execution_success", { prompt_id: promptId })
  else Object.assign(entry.status, { status_str: "error", completed: false })
  // Between the event and the history there is a moment in which the run still counts as running.
  await sleep(5)
  if (!isAlive()) return
  memory.running = undefined
  memory.history.set(promptId, entry)
  sim.lastNode = undefined
  queueChanged(sim)
  if (sim.clientId !== undefined) tell(sim, "executing", { node: null, prompt_id: promptId }, sim.clientId)
}

async function runOutputs(run: Execution): Promise<boolean> {
  const { item, executed } = run
  let at = ""
  try {
    for (const output of item[4])
      for (const id of order(item[2], output)) {
        at = id
        await runNode(run, id)
      }
    return true
  } catch (error) {
    if (!run.isAlive()) return false
    const common = { prompt_id: item[1], node_id: at, node_type: item[2][at]?.class_type, executed: [...executed] }
    if (error instanceof Interrupted) message(run, "execution_interrupted", common, true)
    else message(run, "execution_error", { ...common, ...described(run, at, error) })
    return false
  }
}

/** With the inputs of the node as text: tensors make that very long. */
function described({ item }: Execution, id: string, error: unknown) {
  const failure = error instanceof NodeFailure ? error : new NodeFailure("RuntimeError", String(error))
  return {
    exception_message: `${failure.message}\n`,
    exception_type: failure.type,
    traceback: ['  File "/opt/ComfyUI/execution.py", line 496, in execute\n    output_data, output_ui = …\n'],
    current_inputs: { ...item[2][id]?.inputs, tensor: [`tensor([[${"0.1234, ".repeat(2000)}]])`] },
    current_outputs: [],
  }
}

/** A node and all that it needs, what is needed first. */
function order(graph: Graph, output: string): string[] {
  const seen = new Set<string>()
  const visit = (id: string) => {
    if (seen.has(id)) return
    for (const value of Object.values(graph[id]?.inputs ?? {})) if (Array.isArray(value)) visit(String(value[0]))
    seen.add(id)
  }
  visit(output)
  return [...seen]
}

async function runNode(run: Execution, id: string): Promise<void> {
  const { sim, item, executed, keys, entry } = run
  if (executed.has(id)) return
  const key = keys.get(id) ?? ""
  const cached = sim.memory.cache.get(key)
  if (cached) {
    if (cached.ui) tellExecuted(run, id, cached.ui)
    finish(run, id)
    executed.add(id)
    return
  }
  sim.lastNode = id
  run.progress.set(id, { value: 0, max: 1, state: "running" })
  tellState(run)
  tell(sim, "executing", { node: id, display_node: id, prompt_id: item[1] }, sim.clientId)
  if (sim.memory.isInterrupted) throw new Interrupted()
  const node = item[2][id]
  const result: Result = await execute(
    { sim, graph: item[2], step: (value, max, preview) => step(run, id, { value, max, preview }) },
    node?.class_type ?? "",
    resolved(run, node?.inputs ?? {}),
  )
  if (!run.isAlive()) throw new Interrupted()
  if (result.ui) tellExecuted(run, id, result.ui)
  const made: CacheEntry = { outputs: result.outputs, ...(result.ui && { ui: result.ui }) }
  sim.memory.cache.set(key, made)
  finish(run, id)
  executed.add(id)
  entry.meta[id] = { node_id: id, display_node: id, parent_node: null, real_node_id: id }
}

function resolved({ sim, keys }: Execution, inputs: Record<string, unknown>): Record<string, unknown> {
  const values = Object.entries(inputs).map(([name, value]) => {
    if (!Array.isArray(value)) return [name, value] as const
    const [id, slot] = value as [string, number] // validated when it was queued
    return [name, sim.memory.cache.get(keys.get(id) ?? "")?.outputs[slot]] as const
  })
  return Object.fromEntries(values)
}

/** What made it: its class and inputs, and those of everything before it. A file in the input folder counts by its content. */
function cacheKey(run: Execution, id: string): string {
  const known = run.keys.get(id)
  if (known !== undefined) return known
  const node = run.item[2][id]
  const inputs = Object.entries(node?.inputs ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      if (Array.isArray(value)) return [name, cacheKey(run, String(value[0])), value[1] as number]
      const file = typeof value === "string" ? run.sim.disk.input.get(value)?.toString("base64") : undefined
      return [name, value, file]
    })
  const key = createHash("sha256")
    .update(JSON.stringify([node?.class_type, inputs]))
    .digest("hex")
  run.keys.set(id, key)
  return key
}

async function step(
  run: Execution,
  id: string,
  { value, max, preview }: { value: number; max: number; preview: Buffer | undefined },
): Promise<void> {
  const { sim, item } = run
  await sleep(sim.options.stepMs ?? 1)
  if (!run.isAlive() || sim.memory.isInterrupted) throw new Interrupted()
  run.progress.set(id, { value, max, state: "running" })
  tellState(run)
  if (preview) tellPreview(run, id, preview)
  tell(sim, "progress", { value, max, prompt_id: item[1], node: id }, sim.clientId)
}

/** Type 4 to those who asked for it with their first message, type 1 to the others. */
function tellPreview({ sim, item }: Execution, id: string, picture: Buffer): void {
  const features = sim.sockets.get(sim.clientId ?? "")?.features
  const words = (...values: number[]) => {
    const out = Buffer.alloc(values.length * 4)
    values.forEach((value, at) => out.writeUInt32BE(value, at * 4))
    return out
  }
  if (features?.["supports_preview_metadata"] !== true)
    return tellBytes(sim, Buffer.concat([words(1, 2), picture]), sim.clientId)
  const about = {
    node_id: id,
    prompt_id: item[1],
    display_node_id: id,
    parent_node_id: null,
    real_node_id: id,
    image_type: "image/png",
  }
  const json = Buffer.from(JSON.stringify(about))
  tellBytes(sim, Buffer.concat([words(4, json.byteLength), json, picture]), sim.clientId)
}

function tellExecuted({ sim, item, entry }: Execution, id: string, ui: Record<string, unknown>): void {
  entry.outputs[id] = ui
  tell(sim, "executed", { node: id, display_node: id, output: ui, prompt_id: item[1] }, sim.clientId)
}

function finish(run: Execution, id: string): void {
  const { max } = run.progress.get(id) ?? { max: 1 }
  run.progress.set(id, { value: max, max, state: "finished" })
  tellState(run)
}

function tellState({ sim, item, progress }: Execution): void {
  const nodes = [...progress].map(([id, it]) => [
    id,
    { ...it, node_id: id, prompt_id: item[1], display_node_id: id, parent_node_id: null, real_node_id: id },
  ])
  tell(sim, "progress_state", { prompt_id: item[1], nodes: Object.fromEntries(nodes) as object }, sim.clientId)
}

/** Kept for the history and told to the client; an interruption to everybody. */
function message({ sim, messages }: Execution, event: string, data: Record<string, unknown>, broadcast = false): void {
  const stamped = { ...data, timestamp: Date.now() }
  messages.push([event, stamped])
  if (broadcast) tell(sim, event, stamped)
  else if (sim.clientId !== undefined) tell(sim, event, stamped, sim.clientId)
}
