import type { Result } from "@modelcontextprotocol/server"
import { inWords } from "#src/job.ts"
import type { Call, TaskDetails } from "#src/platform/mcp/offer.ts"
import { explained, toolResult } from "#src/platform/mcp/result.ts"
import type { JobView, Studio } from "#src/studio.ts"

const TASKS_EXTENSION = "io.modelcontextprotocol/tasks"
const POLL_MS = 2_000

/** The capability that a client must declare to be given tasks, and that the server declares. */
export const TASKS_REQUIRED = { extensions: { [TASKS_EXTENSION]: {} } }

/** Whether the client of this request takes a task handle for an answer. */
export function speaksTasks({ client, era }: Call): boolean {
  return era === "modern" && client.extensions?.[TASKS_EXTENSION] !== undefined
}

/** A job as the handle that `tools/call` answers with: the task id is the job id, so it survives a restart. */
export function taskHandle(view: JobView): Result {
  return { resultType: "task", ...facts(view) }
}

/** A job as `tasks/get` tells it; undefined when it is not this account's. Work that failed is a finished task with an error. */
export async function taskDetails(id: string, studio: Studio): Promise<TaskDetails | undefined> {
  const view = studio.jobs.get(studio.caller.accountId, id)
  if (!view) return undefined
  if (view.state === "failed") {
    const { problem, hint } = view.error ?? {
      problem: `${view.title} failed.`,
      hint: "Nothing was charged. Try again.",
    }
    return { ...facts(view), result: explained({ code: "backend", problem, hint }) }
  }
  const reply = studio.jobs.reply(view)
  if (!reply) return facts(view)
  return {
    ...facts(view),
    result: await toolResult({ ...reply, job: { id: view.id, state: view.state } }, studio.artifacts),
  }
}

/** Asks a job to stop; one that has ended stays as it is. False when it is not this account's. */
export function cancelTask(id: string, studio: Studio): boolean {
  const view = studio.jobs.get(studio.caller.accountId, id)
  if (view && (view.state === "waiting" || view.state === "running")) studio.jobs.cancel(studio.caller.accountId, id)
  return view !== undefined
}

function facts(view: JobView): TaskDetails {
  return {
    taskId: view.id,
    status: STATUS[view.state],
    statusMessage: inWords(view),
    createdAt: new Date(view.createdAt).toISOString(),
    lastUpdatedAt: new Date(view.endedAt ?? view.startedAt ?? view.createdAt).toISOString(),
    ttlMs: null,
    pollIntervalMs: POLL_MS,
  }
}

const STATUS: Record<JobView["state"], string> = {
  waiting: "working",
  running: "working",
  done: "completed",
  failed: "completed",
  cancelled: "cancelled",
}
