import { setTimeout as sleep } from "node:timers/promises"
import type { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { JobContext } from "#src/job.ts"
import { LaneStop } from "#src/platform/queue/lane.ts"
import type { Backend, Link, Made, Started } from "#workers/backends/backend.ts"

/** A cancel is tried for this long; then the server is left to itself. */
const CANCEL_WITHIN_MS = 1_000
/** A poll that fails in passing is repeated this often in a row before the attempt is given up. */
const POLL_AGAIN = 5

/**
 * Runs an order on the server that was chosen for the attempt: re-attaches to the run of a lost attempt or starts one, keeps
 * its handle before the first look, polls to the end, and cancels on the server when the attempt is stopped.
 * Throws BackendError as the back end does, and whatever `context.signal` was aborted with.
 */
export async function runOnServer<O extends z.ZodType, H extends z.ZodType, S extends z.ZodType>(
  backend: Backend<O, H, S>,
  order: z.input<O>,
  context: Pick<JobContext, "server" | "handle" | "keep" | "signal" | "log" | "progress" | "config">,
): Promise<Made> {
  const { server, signal, log, progress } = context
  if (!server) throw new Error("no server was chosen for this attempt")
  const link: Link = { server, signal, log, progress, maxBytes: context.config.maxFileBytes }
  const started = await begin(backend, order, context, link)
  if ("made" in started) return started.made
  try {
    await context.keep(started.handle)
    return await pollToEnd(backend, started.handle, link)
  } catch (error) {
    if (signal.aborted && !goesOn(backend, signal)) await giveUp(backend, started.handle, link)
    throw error
  }
}

/** Whoever takes the attempt next finds the run by its handle. */
function goesOn(backend: Pick<Backend, "describe">, signal: AbortSignal): boolean {
  const reason: unknown = signal.reason
  return reason instanceof LaneStop && reason.why !== "cancelled" && backend.describe().resumable
}

async function begin<O extends z.ZodType, H extends z.ZodType, S extends z.ZodType>(
  backend: Backend<O, H, S>,
  order: z.input<O>,
  { handle }: Pick<JobContext, "handle">,
  link: Link,
): Promise<Started<z.output<H>>> {
  const kept = handle === undefined ? undefined : backend.handle.safeParse(handle)
  if (kept?.success) {
    const found = await backend.resume(kept.data, link)
    if (found !== undefined) {
      link.log.info({ server: link.server.name }, "re-attached to a run under way")
      return { handle: found }
    }
  }
  return backend.start(backend.order.parse(order), link)
}

async function pollToEnd<O extends z.ZodType, H extends z.ZodType, S extends z.ZodType>(
  backend: Backend<O, H, S>,
  handle: z.output<H>,
  link: Link,
): Promise<Made> {
  let missed = 0
  for (;;) {
    link.signal.throwIfAborted()
    // A server that is busy or restarting misses a poll; the run itself may be well.
    const poll = await backend.poll(handle, link).catch((error: unknown) => {
      const isPassing = error instanceof BackendError && error.retry === "transient" && !link.signal.aborted
      if (!isPassing || ++missed > POLL_AGAIN) throw error
    })
    if (poll) missed = 0
    if (poll?.state === "done") return poll.made
    if (poll?.state === "lost") throw new BackendError(link.server.name, poll.why, "transient")
    if (poll?.state === "running" && poll.progress) link.progress(poll.progress)
    if (poll?.state === "queued")
      link.progress({ text: `waiting on ${link.server.name}${poll.ahead ? `, ${poll.ahead} before it` : ""}` })
    await sleep(backend.pollEveryMs * (missed + 1), undefined, { signal: link.signal })
  }
}

async function giveUp<O extends z.ZodType, H extends z.ZodType, S extends z.ZodType>(
  backend: Backend<O, H, S>,
  handle: z.output<H>,
  link: Link,
): Promise<void> {
  try {
    await backend.cancel(handle, { ...link, signal: AbortSignal.timeout(CANCEL_WITHIN_MS) })
  } catch (error) {
    link.log.warn({ err: error, server: link.server.name }, "a run could not be cancelled on its server")
  }
}
