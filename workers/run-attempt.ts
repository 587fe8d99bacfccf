import type { Logger } from "pino"
import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { JobHandler } from "#src/job.ts"
import type { Config } from "#src/platform/config.ts"
import { attemptPayload } from "#src/platform/queue/offer.ts"
import { TimeLimit } from "#src/platform/queue/failure.ts"
import { traceId } from "#src/platform/trace.ts"
import { LaneStop } from "#src/platform/queue/lane.ts"
import type { LaneHandler } from "#src/platform/queue/lane.ts"
import type { ArtifactWriter } from "#src/studio.ts"

export interface AttemptOptions {
  config: Config
  /** Files of the account, for one attempt; `close` lets go of what was fetched for it. */
  artifacts: {
    writerFor(
      accountId: string,
      attempt: { access: string | undefined; signal: AbortSignal },
    ): ArtifactWriter & { close?(): Promise<void> }
  }
  log: Logger
  /** Folder of the handlers: <type>.ts exporting `handler`. */
  handlers: URL
  /** A handler went on after its signal had aborted and the grace was over: only ending the process stops it. */
  onRunaway: (type: string) => void
}

/** Time that a handler has to come to an end after its signal aborted. */
const OBEYS_WITHIN_MS = 1_500
const TYPE = /^[a-z0-9_]+\.[a-z0-9_-]+$/

/** Turns an attempt into a call of its handler: load, check the payload, run with signal and time limit, check the result. */
export function attemptRunner(options: AttemptOptions): LaneHandler {
  const loaded = new Map<string, Promise<JobHandler>>()
  const load = (type: string) => {
    let handler = loaded.get(type)
    if (!handler) loaded.set(type, (handler = loadHandler(options.handlers, type)))
    return handler
  }
  return async ({ jobId, attempt, payload: raw, handle }, outer, progress, keep) => {
    const { type, accountId, timeLimitS, payload, server, trace, access } = attemptPayload.parse(raw)
    const { contract, run } = await load(type)
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(new TimeLimit(timeLimitS)), timeLimitS * 1000)
    const signal = AbortSignal.any([outer, limit.signal])
    const log = options.log.child({
      job: jobId,
      attempt,
      type,
      ...(trace === undefined ? {} : { trace: traceId(trace) }),
      ...(server === undefined ? {} : { server: server.name }),
    })
    const artifacts = options.artifacts.writerFor(accountId, { access, signal })
    const context = {
      jobId,
      attempt,
      accountId,
      config: options.config,
      artifacts,
      signal,
      log,
      progress,
      keep,
      ...(server === undefined ? {} : { server: trace === undefined ? server : { ...server, trace } }),
      ...(handle === undefined ? {} : { handle }),
    }
    try {
      const result = await unlessIgnored(run(contract.payload.parse(payload), context), signal, () =>
        options.onRunaway(type),
      )
      return checked(contract.result, result, type)
    } catch (error) {
      // Whatever a handler throws after its time was up, the time limit is what happened.
      throw limit.signal.aborted && !(outer.reason instanceof LaneStop) ? limit.signal.reason : error
    } finally {
      clearTimeout(timer)
      await artifacts.close?.()
    }
  }
}

async function loadHandler(handlers: URL, type: string): Promise<JobHandler> {
  if (!TYPE.test(type)) throw new BackendError("worker", `there is no job "${type.slice(0, 80)}"`, "fatal")
  const { handler } = (await import(new URL(`${type}.ts`, handlers).href)) as { handler?: JobHandler } // checked next
  if (handler?.contract.type !== type) throw new Error(`workers/${type}.ts does not export "handler" of type ${type}`)
  return handler
}

/** The handler's outcome, or the abort reason when it does not stop in time. */
async function unlessIgnored<T>(work: Promise<T>, signal: AbortSignal, onIgnored: () => void): Promise<T> {
  const { promise: ignored, reject } = Promise.withResolvers<never>()
  let timer: NodeJS.Timeout | undefined
  const onAbort = () => {
    timer = setTimeout(() => {
      reject(signal.reason as Error) // LaneStop or TimeLimit
      onIgnored()
    }, OBEYS_WITHIN_MS)
  }
  signal.addEventListener("abort", onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([work, ignored])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener("abort", onAbort)
  }
}

/** Checked here too, where the stack of the handler is near; sent as given. */
function checked(schema: z.ZodType, result: unknown, type: string): unknown {
  const { error } = schema.safeParse(result)
  if (error)
    throw new Error(`${type} returned what its contract does not allow: ${z.prettifyError(error).slice(0, 500)}`)
  return result
}
