import { createHash } from "node:crypto"
import type { z } from "zod"
import type { Logger } from "pino"
import { UserError } from "#src/errors.ts"
import type { Config } from "#src/platform/config.ts"
import type { ArtifactWriter, JobView, Studio } from "#src/studio.ts"
import type { Reply } from "#src/tool.ts"

/** What a run is expected to take: seconds drive fairness, ETA and the gpu_seconds/jobs hold. */
export interface JobEstimate {
  seconds: number
}

/** What a job asks of the server that runs it. Decided once, when the job is accepted. */
export interface JobNeeds {
  /** Kinds of back end that can do it ("comfyui", "hunyuan3d"), any of them. */
  kinds: string[]
  /** What has to be in memory for it, e.g. a hash of the model files: equal signatures run after one another without a reload. */
  signature: string
  /** GPU memory, in MB. */
  vramMb?: number
  /** Names that the server's inventory must hold: "node:KSampler", "checkpoints/sd_xl_base_1.0.safetensors". */
  requires: string[]
  /** Only this server will do, by id. */
  server?: string
}

/** A server of the studio as a job handler sees it. Keys stay in the environment of whoever works. */
export interface ServerRef {
  id: string
  name: string
  /** The back end that speaks to it: a file in workers/backends/. */
  kind: string
  url: string
  /** Name of the environment variable that holds its key. */
  keyEnv?: string
  /** Checked by the back end's own schema. */
  settings: unknown
  /** W3C traceparent of what the server is asked for; sent along with requests. */
  trace?: string
}

/** The lane of jobs that run on servers; "cpu" is the other one. */
export const SERVER_LANE = "gpu"

/**
 * What a kind of long work is, known to whoever submits it. Lives in the family (src/<family>/<name>.job.ts);
 * the handler with the same `type` lives in workers/<type>.ts.
 */
export interface JobContract<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  /** `family.verb`, e.g. "design.build". */
  type: string
  payload: P
  result: R
  /** Which lane runs it: "cpu" is always there; SERVER_LANE for work on servers. */
  lane: string
  /** For work on servers: what the server must have. */
  needs?(payload: z.output<P>): JobNeeds
  /** A run is stopped after this many seconds. */
  timeLimitS: number
  /** How often a run may be started in all (crashes and transient failures). */
  attempts: number
  estimate(payload: z.output<P>): JobEstimate
  /** How a finished job reads: the same words whether the answer came at once or through job_wait. */
  summarize(result: z.output<R>, payload: z.output<P>): Reply
}

export function defineJob<P extends z.ZodType, R extends z.ZodType>(job: JobContract<P, R>): JobContract<P, R> {
  return job
}

export interface Progress {
  /** 0…1; absent when the share is unknown. */
  fraction?: number
  /** "cutting the seat", "sample 4 of 8". */
  text: string
}

/** What a handler may touch: artifacts to write, a signal to obey, progress to tell. Never the database, never a surface. */
export interface JobContext {
  jobId: string
  attempt: number
  accountId: string
  config: Config
  artifacts: ArtifactWriter
  signal: AbortSignal
  /** Every line says which job and which trace it is about. */
  log: Logger
  progress(progress: Progress): void
  /** The server that was chosen for this run, for jobs with `needs`. */
  server?: ServerRef
  /** What an earlier run kept, when that run was lost and this one is on the same server: re-attach instead of starting again. */
  handle?: unknown
  /** Stores durably what the back end calls this run. Rejects when the attempt is somebody else's by now. */
  keep(handle: unknown): Promise<void>
}

export interface JobHandler<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  contract: JobContract<P, R>
  run(payload: z.output<P>, context: JobContext): Promise<z.input<R>>
}

export function defineHandler<P extends z.ZodType, R extends z.ZodType>(handler: JobHandler<P, R>): JobHandler<P, R> {
  return handler
}

/** The longest a tool call may wait for its job, in seconds: the shortest client time limit seen is 60 s. */
export const MAX_WAIT_S = 25

/**
 * How every tool with long work submits it: accepted durably, waited for at most `waitS` seconds, then either the finished
 * reply or the job id with `job_wait` as the next step. A failed job becomes the UserError it ended with.
 */
export async function runJob<P extends z.ZodType, R extends z.ZodType>(
  studio: Studio,
  contract: JobContract<P, R>,
  payload: z.input<P>,
  { waitS, ...options }: { title: string; waitS: number; cacheKey?: string },
): Promise<JobOutcome<R>> {
  return followJob(studio, contract, submitJob(studio, contract, payload, options), waitS)
}

export interface JobOutcome<R extends z.ZodType> {
  view: JobView
  reply: Reply
  /** Absent while the job goes on. */
  result: z.output<R> | undefined
}

/** The first half of runJob, synchronous: what else belongs to the work can be stored in the same `items.atomically`. */
export function submitJob<P extends z.ZodType, R extends z.ZodType>(
  studio: Studio,
  contract: JobContract<P, R>,
  payload: z.input<P>,
  options: { title: string; cacheKey?: string },
): JobView {
  const { caller, idempotencyKey, trace } = studio
  return studio.jobs.submit(contract, payload, {
    caller,
    ...options,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(trace === undefined ? {} : { trace }),
  })
}

/** The second half of runJob. */
export async function followJob<P extends z.ZodType, R extends z.ZodType>(
  studio: Studio,
  contract: JobContract<P, R>,
  { id, title }: JobView,
  waitS: number,
): Promise<JobOutcome<R>> {
  const view = await studio.jobs.wait(id, {
    timeoutMs: Math.min(waitS, MAX_WAIT_S) * 1000,
    signal: studio.signal,
    onProgress: (now) => studio.progress(now.progress ?? { text: inWords(now) }),
  })
  if (view.state === "failed" || view.state === "cancelled") {
    const { problem, hint } = view.error ?? {
      problem: `${title} was ${view.state}.`,
      hint: "Nothing was charged. Try again.",
    }
    throw new UserError(problem, hint, view.state === "cancelled" ? "cancelled" : "backend")
  }
  const done = studio.jobs.reply(view)
  if (!done) return { view, reply: unfinished(view), result: undefined }
  return { view, reply: { ...done, job: { id: view.id, state: "done" } }, result: contract.result.parse(view.result) }
}

/** What is told about a job that is still going on. */
export function unfinished(view: JobView): Reply {
  return {
    say: `${view.title}: ${inWords(view)}. It goes on by itself as job ${view.id}.`,
    data: {},
    job: { id: view.id, state: view.state },
    next: [
      { label: "Wait for it", tool: "job_wait", input: { job_id: view.id } },
      { label: "Cancel", tool: "job_cancel", input: { job_id: view.id } },
    ],
  }
}

/** "position 3, about 40 s", "running: cutting the seat". */
export function inWords(view: JobView): string {
  const about = view.etaS === undefined ? "" : `, about ${Math.max(1, Math.round(view.etaS))} s left`
  if (view.state === "waiting" && view.progress) return `waiting: ${view.progress.text}`
  if (view.state === "waiting")
    return `waiting${view.position === undefined ? "" : `, position ${view.position}`}${about}`
  if (view.state === "running") return `running${view.progress ? `: ${view.progress.text}` : ""}${about}`
  return view.state
}

/** sha256 of the canonical JSON (sorted keys) of whatever determines a result: the key under which it may be reused. */
export function contentKey(...parts: unknown[]): string {
  return createHash("sha256").update(canonical(parts)).digest("hex")
}

/** The group of the files made of one content: they stand together on a page, and are found again from the content alone. */
export function contentGroup(content: unknown): string {
  return contentKey(content).slice(0, 24)
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, field]) => field !== undefined)
    return `{${entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`)
      .join(",")}}`
  }
  return JSON.stringify(value) ?? "null"
}
