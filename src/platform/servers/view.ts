import { z } from "zod"
import type { ServerView } from "#src/studio.ts"

/** A server in the answers of tools. */
export const serverShape = z.object({
  name: z.string(),
  kind: z.string(),
  url: z.string(),
  state: z.enum(["ready", "busy", "draining", "resting", "down", "new"]),
  detail: z.string(),
  slots: z.number(),
  running: z.number(),
  waiting: z.number(),
  queue: z.number().optional().describe("Runs that it reports itself, others' included."),
  vram_mb: z.number().optional(),
  free_vram_mb: z.number().optional(),
  version: z.string().optional(),
  loaded: z.array(z.string()).describe("Signatures of the models in its memory, newest first."),
  runs_done: z.number(),
  runs_failed: z.number(),
  probed_at: z.string().optional(),
})

export function shownServer(view: ServerView): z.output<typeof serverShape> {
  return {
    name: view.name,
    kind: view.kind,
    url: view.url,
    state: view.state,
    detail: view.detail,
    slots: view.slots,
    running: view.running,
    waiting: view.waiting,
    loaded: view.warm,
    runs_done: view.runsDone,
    runs_failed: view.runsFailed,
    ...(view.busy === undefined ? {} : { queue: view.busy }),
    ...(view.vramMb === undefined ? {} : { vram_mb: view.vramMb }),
    ...(view.freeVramMb === undefined ? {} : { free_vram_mb: view.freeVramMb }),
    ...(view.version === undefined ? {} : { version: view.version }),
    ...(view.probedAt === undefined ? {} : { probed_at: new Date(view.probedAt).toISOString() }),
  }
}

/** "gpu1 (comfyui, ready): 1 of 1 running, 3 waiting, 24 GB with 11 GB free, 40 done, 1 failed. 0.3.64, cuda:0 RTX 4090". */
export function serverLine(view: ServerView): string {
  const memory = view.vramMb === undefined ? "" : `, ${inGigabytes(view.vramMb)}`
  const free = view.freeVramMb === undefined || !memory ? "" : ` with ${inGigabytes(view.freeVramMb)} free`
  const runs = view.runsDone + view.runsFailed
  const failed = view.runsFailed === 0 ? "" : `, ${view.runsFailed} of ${runs} failed`
  return `${view.name} (${view.kind}, ${view.state}): ${view.running} of ${view.slots} running, ${view.waiting} waiting${memory}${free}, ${view.runsDone} done${failed}. ${view.detail}`.trim()
}

function inGigabytes(megabytes: number): string {
  return `${Math.round(megabytes / 102.4) / 10} GB`
}
