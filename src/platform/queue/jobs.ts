import type { Logger } from "pino"
import type { WorkTicket } from "#src/platform/artifacts/worker-link.ts"
import { accept } from "#src/platform/queue/accept.ts"
import { cancel } from "#src/platform/queue/cancel.ts"
import type { Contracts } from "#src/platform/queue/contracts.ts"
import type { LaneTransport } from "#src/platform/queue/lane.ts"
import { createLoop } from "#src/platform/queue/loop.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import { createPulse } from "#src/platform/queue/pulse.ts"
import { purgeJobs } from "#src/platform/queue/purge.ts"
import { findRow, findView, listViews } from "#src/platform/queue/rows.ts"
import { wait } from "#src/platform/queue/wait.ts"
import type { ScheduleOptions } from "#src/platform/queue/schedule.ts"
import type { QuotaLedger } from "#src/platform/quota/quota.ts"
import { createKnownServers } from "#src/platform/servers/known.ts"
import type { Db } from "#src/platform/store/db.ts"
import { isTrace, traceId } from "#src/platform/trace.ts"
import type { Artifacts, Clock, Jobs } from "#src/studio.ts"

/** Whoever can bring workers to life; the embedded studio starts processes. */
export interface Workers {
  /** Starts those of a lane unless they are there. Called when there is work and no live worker on it. */
  start(lane: string): void
  stop(): Promise<void>
}

export interface JobsOptions {
  db: Db
  clock: Clock
  log: Logger
  lane: LaneTransport
  quota: QuotaLedger
  contracts: Contracts
  artifacts: Pick<Artifacts, "get" | "link">
  access?: JobParts["access"]
  /** Without: this process only accepts, and others work. */
  workers?: Workers
  backoffMs?: number
  /** How jobs and servers are brought together. */
  schedule?: ScheduleOptions
  monotonic?: () => number
}

export interface JobService extends Jobs {
  /** Begins to dispatch, settle and reconcile. Any number of processes may do so on one database. */
  start(): void
  /** Whose job it is when exactly this attempt of it is offered or running; undefined when that is over. */
  openAttempt(ticket: WorkTicket): string | undefined
  /** Forgets some jobs that ended before `before` (ms since the epoch); returns their ids, none when all are gone. */
  purge(before: number): string[]
  /** Stops own workers (they hand back what they run) and the loop. Open jobs stay for whoever comes next. */
  close(): Promise<void>
}

const FIRST_BACKOFF_MS = 1_000
const MAX_LIST = 200
const DEFAULT_LIST = 50

const traced = (trace: string | undefined) => (isTrace(trace) ? { trace: traceId(trace) } : {})

/** Jobs on SQLite: the rows decide, the lane below only carries. */
export function createJobs(options: JobsOptions): JobService {
  const { db, lane, contracts, workers } = options
  const pulse = createPulse(db)
  const parts: JobParts = {
    ...options,
    pulse,
    monotonic: options.monotonic ?? (() => performance.now()),
    backoffMs: options.backoffMs ?? FIRST_BACKOFF_MS,
    seen: { progress: new Map(), slots: new Map(), handles: new Map(), blocked: new Map() },
    servers: createKnownServers(db),
    schedule: options.schedule ?? {},
  }
  const loop = createLoop(parts, (lane) => workers?.start(lane))
  const stops: (() => void)[] = []

  const must = (id: string) => {
    const view = findView(parts, id)
    if (!view) throw new Error(`job ${id} vanished`)
    return view
  }
  return {
    start: () => {
      if (stops.length > 0) return
      stops.push(pulse.listen(loop.run), lane.subscribe(pulse.nudge))
      loop.run()
    },
    close: async () => {
      await workers?.stop()
      for (const stop of stops) stop()
      await loop.close()
      pulse.close()
    },
    openAttempt: ({ jobId, attempt, token }) => {
      const row = findRow(db, jobId)
      const isOpen = row?.attempt === attempt && row.token === token && ["offered", "running"].includes(row.state)
      return isOpen ? row.account_id : undefined
    },
    purge: (before) => purgeJobs(db, before),
    submit: (contract, payload, submit) => {
      contracts.remember(contract)
      const id = accept(parts, contract, payload, submit)
      parts.log.info(
        { job: id, type: contract.type, account: submit.caller.accountId, ...traced(submit.trace) },
        "a job was accepted",
      )
      pulse.nudge()
      return must(id)
    },
    wait: (id, how) => wait(parts, id, how),
    get: (accountId, id) => {
      const view = findView(parts, id)
      return view?.accountId === accountId ? view : undefined
    },
    list: (accountId, { states = [], limit = DEFAULT_LIST } = {}) =>
      listViews(parts, accountId, states, Math.max(1, Math.min(limit, MAX_LIST))),
    cancel: (accountId, id) => {
      cancel(parts, accountId, id)
      return must(id)
    },
    reply: (view) => {
      const contract = view.state === "done" ? contracts.get(view.type) : undefined
      return contract?.summarize(contract.result.parse(view.result), contract.payload.parse(view.payload))
    },
  }
}
