import { z } from "zod"
import { failureSchema, type Failed } from "#workers/backends/comfyui/failure.ts"
import { read, send, withoutNan, type Wire } from "#workers/backends/comfyui/request.ts"
import { parseJson } from "#workers/backends/shared/http.ts"

/** Where a run is, as the server says at this moment. */
export type Look =
  | { state: "absent" }
  | { state: "pending"; ahead: number | undefined }
  | { state: "running" }
  | { state: "ended"; end: Ended }

export interface Ended {
  /** Whose it is, by the server's own words. */
  promptId: string
  outputs: Record<string, unknown>
  failed?: Failed
  wasInterrupted: boolean
  /** On the GPU, without waiting. */
  seconds?: number
  /** Nodes that came from the cache. */
  cached: number
}

const messages = z.array(z.tuple([z.string(), z.unknown()]).rest(z.unknown())).catch([])
const status = z.object({ status_str: z.string().catch(""), messages }).nullish()
const outputs = z.record(z.string(), z.unknown()).catch({})
/** The prompt of a history entry is [number, id, graph, extra data, outputs]. */
const historySchema = z.record(z.string(), z.object({ prompt: z.array(z.unknown()).catch([]), outputs, status }))
const jobSchema = z.object({
  id: z.string(),
  status: z.string(),
  outputs: outputs.optional(),
  execution_status: status,
})
const queueItem = z.array(z.unknown())
const queueSchema = z.object({ queue_running: z.array(queueItem), queue_pending: z.array(queueItem) })

/**
 * Asks what became of a run: /api/jobs where there is one, else the history and the queue. "absent" is only said after
 * everything was asked in an order in which a run that just ends cannot slip through, because it means to pay again.
 */
export async function look(wire: Wire, promptId: string): Promise<Look> {
  const job = await lookAtJob(wire, promptId)
  if (job && job.state !== "pending") return job
  const ended = job ? undefined : await lookAtHistory(wire, promptId)
  if (ended) return ended
  const queued = await lookAtQueue(wire, promptId)
  if (queued) return queued
  return (await lookAtHistory(wire, promptId)) ?? job ?? { state: "absent" }
}

/** Servers before 0.4 answer 404 or 405 here whatever the id is. */
async function lookAtJob(wire: Wire, promptId: string): Promise<Look | undefined> {
  const answer = await send(wire, `api/jobs/${promptId}`, { expected: [400, 404, 405, 501] })
  if (answer.status !== 200) return undefined
  const job = parseJson(jobSchema, wire.server, withoutNan(answer.bytes))
  if (job.status === "pending") return { state: "pending", ahead: undefined }
  if (job.status === "in_progress") return { state: "running" }
  return { state: "ended", end: endOf(job.id, job.outputs ?? {}, job.execution_status) }
}

async function lookAtHistory(wire: Wire, promptId: string): Promise<Look | undefined> {
  const history = await read(historySchema, wire, `history/${promptId}`)
  const entry = history?.[promptId]
  if (!entry) return undefined
  const id = typeof entry.prompt[1] === "string" ? entry.prompt[1] : promptId
  return { state: "ended", end: endOf(id, entry.outputs, entry.status) }
}

async function lookAtQueue(wire: Wire, promptId: string): Promise<Look | undefined> {
  const queue = await read(queueSchema, wire, "queue")
  if (!queue) return undefined
  const isIt = (item: unknown[]) => item[1] === promptId
  if (queue.queue_running.some(isIt)) return { state: "running" }
  const own = queue.queue_pending.find(isIt)
  if (!own) return undefined
  const number = Number(own[0])
  const before = queue.queue_pending.filter((item) => Number(item[0]) < number).length
  return { state: "pending", ahead: before + queue.queue_running.length }
}

function endOf(promptId: string, outputs: Record<string, unknown>, told: z.output<typeof status>): Ended {
  const events = new Map((told?.messages ?? []).map(([name, data]) => [name, data]))
  const failed = failureSchema.safeParse(events.get("execution_error"))
  const started = timeOf(events.get("execution_start"))
  const ended = timeOf(events.get("execution_success"))
  return {
    promptId,
    outputs,
    ...(failed.success && { failed: failed.data }),
    wasInterrupted: events.has("execution_interrupted"),
    ...(started !== undefined && ended !== undefined && { seconds: (ended - started) / 1000 }),
    cached: cachedIn(events.get("execution_cached")),
  }
}

const timeSchema = z.object({ timestamp: z.number() })
function timeOf(data: unknown): number | undefined {
  return timeSchema.safeParse(data).data?.timestamp
}

const cachedSchema = z.object({ nodes: z.array(z.string()) })
function cachedIn(data: unknown): number {
  return cachedSchema.safeParse(data).data?.nodes.length ?? 0
}
