import { randomUUID } from "node:crypto"
import { ProtocolError, type InputRequests, type Result } from "@modelcontextprotocol/server"
import type { TaskDetails } from "#src/platform/mcp/offer.ts"

const POLL_MS = 200
const KEPT_MS = 600_000
const INTERNAL_ERROR = -32_603

/** What the work of a fixture's task may do. */
export interface TaskWork {
  signal: AbortSignal
  /** Waits until the client has answered every request. */
  ask(requests: InputRequests): Promise<Record<string, unknown>>
}

/** Tasks that only the fixtures start: held in memory, since jobs of the studio never ask in the middle. */
export interface FixtureTasks {
  /** Starts the work and gives the handle to answer with. */
  start(accountId: string, work: (task: TaskWork) => Promise<Result>): Result
  get(accountId: string, id: string): TaskDetails | undefined
  cancel(accountId: string, id: string): boolean
  answer(accountId: string, id: string, responses: Record<string, unknown>): boolean
}

interface FixtureTask {
  accountId: string
  details: TaskDetails
  open: InputRequests
  given: Record<string, unknown>
  answered: PromiseWithResolvers<Record<string, unknown>> | undefined
  stop: AbortController
}

export function createFixtureTasks(): FixtureTasks {
  const tasks = new Map<string, FixtureTask>()
  const own = (accountId: string, id: string) => {
    const task = tasks.get(id)
    return task?.accountId === accountId ? task : undefined
  }
  return {
    start: (accountId, work) => {
      const task = newTask(accountId)
      tasks.set(task.details.taskId, task)
      setTimeout(() => tasks.delete(task.details.taskId), KEPT_MS).unref()
      void follow(task, work)
      return { resultType: "task", ...task.details }
    },
    get: (accountId, id) => {
      const task = own(accountId, id)
      if (!task) return undefined
      return Object.keys(task.open).length > 0 ? { ...task.details, inputRequests: task.open } : task.details
    },
    cancel: (accountId, id) => {
      const task = own(accountId, id)
      if (task?.details.status === "working" || task?.details.status === "input_required") {
        settle(task, { status: "cancelled" })
        task.stop.abort()
      }
      return task !== undefined
    },
    answer: (accountId, id, responses) => {
      const task = own(accountId, id)
      if (task) take(task, responses)
      return task !== undefined
    },
  }
}

function newTask(accountId: string): FixtureTask {
  const now = new Date().toISOString()
  const details = {
    taskId: randomUUID(),
    status: "working",
    createdAt: now,
    lastUpdatedAt: now,
    ttlMs: KEPT_MS,
    pollIntervalMs: POLL_MS,
  }
  return { accountId, details, open: {}, given: {}, answered: undefined, stop: new AbortController() }
}

async function follow(task: FixtureTask, work: (task: TaskWork) => Promise<Result>): Promise<void> {
  const ask: TaskWork["ask"] = (requests) => {
    task.open = requests
    settle(task, { status: "input_required" })
    task.answered = Promise.withResolvers()
    return task.answered.promise
  }
  try {
    const result = await work({ signal: task.stop.signal, ask })
    settle(task, { status: "completed", result })
  } catch (error) {
    const { code, message } =
      error instanceof ProtocolError ? error : { code: INTERNAL_ERROR, message: "The task broke." }
    settle(task, { status: "failed", error: { code, message } })
  }
}

/** A task that has ended stays as it ended. */
function settle(
  task: FixtureTask,
  change: { status: string; result?: Result; error?: { code: number; message: string } },
): void {
  if (["completed", "failed", "cancelled"].includes(task.details.status)) return
  if (change.status !== "input_required") task.open = {}
  task.details = { ...task.details, ...change, lastUpdatedAt: new Date().toISOString() }
}

function take(task: FixtureTask, responses: Record<string, unknown>): void {
  for (const [key, response] of Object.entries(responses)) {
    if (!(key in task.open)) continue
    task.given[key] = response
    const { [key]: _, ...rest } = task.open
    task.open = rest
  }
  if (!task.answered || Object.keys(task.open).length > 0) return
  settle(task, { status: "working" })
  task.answered.resolve(task.given)
  task.answered = undefined
}
