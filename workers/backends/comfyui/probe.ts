import { randomUUID } from "node:crypto"
import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"
import type { Probe } from "#workers/backend.ts"
import { inventoryOf } from "#workers/backends/comfyui/inventory.ts"
import { read, send, type Wire } from "#workers/backends/comfyui/request.ts"
import { serverWords } from "#workers/backends/shared/failure.ts"

const PROBE_MS = 5_000
const PART_MS = 4_500
const MB = 1024 ** 2

const number = z.number().catch(0)
const statsSchema = z.object({
  system: z.object({ comfyui_version: z.string().max(100).catch("of unknown version") }),
  devices: z
    .array(z.object({ name: z.string().catch(""), type: z.string().catch(""), vram_total: number, vram_free: number }))
    .catch([]),
})
type Stats = z.output<typeof statsSchema>
const promptSchema = z.object({ exec_info: z.object({ queue_remaining: z.number() }) })

/** Version, memory, length of the queue, nodes and files. Never longer than five seconds. */
export async function probe(server: ServerRef, outer: AbortSignal): Promise<Probe> {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(PROBE_MS)])
  const wire: Wire = { server, signal }
  try {
    const stats = await read(statsSchema, wire, "system_stats", { timeoutMs: PART_MS })
    if (!stats) throw new BackendError(server.name, "it does not say what it is", "transient")
    const [queue, instanceId, inventory] = await Promise.all([
      read(promptSchema, wire, "prompt", { timeoutMs: PART_MS }),
      instanceOf(wire),
      inventoryOf(wire, PART_MS),
    ])
    return {
      ok: true,
      version: stats.system.comfyui_version,
      ...memoryOf(stats),
      detail: `${inWords(stats)}${inventory ? "" : "; its nodes and files could not be read in time"}`,
      ...(queue && { busy: queue.exec_info.queue_remaining }),
      ...(instanceId !== undefined && { instanceId }),
      ...(inventory && { inventory }),
    }
  } catch (error) {
    if (outer.aborted) throw error
    if (error instanceof BackendError) return { ok: false, detail: `${error.problem}; is ComfyUI running there?` }
    if (signal.aborted) return { ok: false, detail: "it does not answer within 5 s" }
    throw error
  }
}

function gpusOf({ devices }: Stats): Stats["devices"] {
  return devices.filter(({ type }) => type !== "cpu").sort((a, b) => b.vram_total - a.vram_total)
}

function memoryOf(stats: Stats): Pick<Probe, "vramMb" | "freeVramMb"> {
  const [largest] = gpusOf(stats)
  return largest ? { vramMb: Math.round(largest.vram_total / MB), freeVramMb: Math.round(largest.vram_free / MB) } : {}
}

function inWords(stats: Stats): string {
  const [gpu] = gpusOf(stats)
  const version = serverWords(stats.system.comfyui_version)
  if (!gpu) return `ComfyUI ${version} without a GPU`
  // "cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync"
  const name = serverWords(gpu.name)
    .replace(/^\w+:\d+ /, "")
    .replace(/ : \w+$/, "")
  return `ComfyUI ${version} on ${name}, ${(gpu.vram_total / MB / 1024).toFixed(0)} GB`
}

const MARKER = "atelier-instance.txt"
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * ComfyUI has no name for its run. But it empties its folder of temporary files whenever it starts (main.py), so a small file
 * put there is gone exactly when the models in memory, the queue and the history are. Whoever finds none puts one; undefined
 * when the server does not let us. Somebody who empties that folder by hand makes it look like a restart, which costs a reload.
 */
async function instanceOf(wire: Wire): Promise<string | undefined> {
  try {
    const found = await readMarker(wire)
    if (found !== undefined) return found
    const form = new FormData()
    form.set("image", new Blob([randomUUID()], { type: "text/plain" }), MARKER)
    form.set("type", "temp")
    // Not overwritten: of two that come at the same time the first counts, and the other's gets another name.
    await send(wire, "upload/image", { body: { form }, timeoutMs: PART_MS })
    return await readMarker(wire)
  } catch (error) {
    if (error instanceof BackendError) return undefined
    throw error
  }
}

async function readMarker(wire: Wire): Promise<string | undefined> {
  const query = new URLSearchParams({ filename: MARKER, type: "temp" })
  const answer = await send(wire, `view?${query}`, { expected: [404], timeoutMs: PART_MS, maxBytes: 1_000 })
  const text = Buffer.from(answer.bytes).toString("latin1").trim()
  return answer.status === 200 && UUID.test(text) ? text : undefined
}
