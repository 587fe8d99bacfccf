import { randomUUID } from "node:crypto"
import type { Call, TurnChoice, TurnQuestion } from "#src/conversation/result.ts"
import { BackendError, explain, Question, UserError, type Explanation } from "#src/errors.ts"
import { inWords } from "#src/job.ts"
import type { JobView, Studio } from "#src/studio.ts"
import type { ArtifactRef, JobRef, NextAction, Reply } from "#src/tool.ts"
import type { Registry } from "#tools/registry.ts"

/** One wait of the queue; several of them make up the patience. */
const WAIT_SLICE_MS = 20_000
const FINAL = new Set<string>(["done", "failed", "cancelled"])

export interface CarryOutOptions {
  registry: Registry
  studio: Studio
  /** How long to wait for long work, in milliseconds, before the job id is handed out instead; 0 = at once. */
  patienceMs: number
}

/** What came of one call. Data only: surfaces put it into their own form. */
export interface Outcome {
  outcome: "done" | "asked" | "failed"
  /** Plain text with plain URLs. */
  say: string
  data: Record<string, unknown>
  artifacts: ArtifactRef[]
  next: NextAction[]
  /** Absent where the result of a job is told without the call that began it. */
  call?: Call
  job?: JobRef
  question?: TurnQuestion
  error?: Explanation
}

/**
 * Calls one tool and waits for the job it may have started. A Question becomes choices that each hold the completed call;
 * every error becomes words. Never throws.
 */
export async function carryOut(call: Call, options: CarryOutOptions): Promise<Outcome> {
  const { registry, studio, patienceMs } = options
  try {
    const first = await registry.callTool(call.tool, call.input, studio)
    const reply =
      first.job && !FINAL.has(first.job.state) && patienceMs > 0 ? await finish(first, studio, patienceMs) : first
    return {
      outcome: "done",
      say: reply.say,
      data: reply.data,
      artifacts: reply.artifacts ?? [],
      next: reply.next ?? [],
      call,
      ...(reply.job ? { job: reply.job } : {}),
    }
  } catch (error) {
    const empty = { data: {}, artifacts: [], next: [], call }
    if (error instanceof Question) {
      const choices = error.choices.map((choice) => answer(call, error.field, choice.value, choice.label))
      return {
        ...empty,
        outcome: "asked",
        say: error.question,
        question: { text: error.question, field: error.field, choices },
      }
    }
    const reference = randomUUID().slice(0, 8)
    const isKnown = error instanceof UserError || error instanceof BackendError || studio.signal.aborted
    if (!isKnown) studio.log.error({ err: error, reference, tool: call.tool }, "a tool failed")
    const explanation = explain(studio.signal.aborted ? studio.signal.reason : error, reference)
    const stopped = studio.signal.aborted ? { ...explain(new DOMException("", "AbortError")) } : explanation
    return { ...empty, outcome: "failed", say: `${stopped.problem} ${stopped.hint}`.trim(), error: stopped }
  }
}

/** Waits in slices until the job ends; data of the first answer (ids, defaults) stays, the words are the job's own. */
async function finish(first: Reply, studio: Studio, patienceMs: number): Promise<Reply> {
  const id = first.job?.id ?? ""
  const until = Date.now() + patienceMs
  let view: JobView
  do {
    view = await studio.jobs.wait(id, {
      timeoutMs: Math.max(1, Math.min(WAIT_SLICE_MS, until - Date.now())),
      signal: studio.signal,
      onProgress: (now) => studio.progress(now.progress ?? { text: inWords(now) }),
    })
    studio.signal.throwIfAborted()
  } while (!FINAL.has(view.state) && Date.now() < until)
  const job = { id, state: view.state }
  if (view.state === "failed" || view.state === "cancelled") {
    const { problem, hint } = view.error ?? {
      problem: `${view.title} was ${view.state}.`,
      hint: "Nothing was charged. Try again.",
    }
    throw new UserError(problem, hint, view.state === "cancelled" ? "cancelled" : "backend")
  }
  const done = studio.jobs.reply(view)
  if (!done) return { ...first, job }
  return { ...done, data: { ...first.data, ...done.data }, job }
}

/** The same call with the asked field filled in. */
export function answer(call: Call, field: string, value: string, label: string): TurnChoice {
  const input = structuredClone(call.input)
  const path = field.split(".")
  let place = input
  for (const key of path.slice(0, -1)) {
    const next = (place[key] ??= {})
    if (typeof next !== "object" || next === null) return { value, label, does: { call } }
    place = next as Record<string, unknown> // an object or array, as just tested
  }
  const last = path.at(-1)
  if (last !== undefined) place[last] = value
  return { value, label, does: { call: { tool: call.tool, input } } }
}
