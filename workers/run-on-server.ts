import { setTimeout as sleep } from "node:timers/promises"
import type { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { JobContext } from "#src/job.ts"
import { LaneStop } from "#src/platform/queue/lane.ts"
import type { Backend, Link, Made, Poll, Started } from "#workers/backend.ts"

/** A cancel is tried for this long; then the server is left to itself. */
const CANCEL_WITHIN_MS = 5_000
/** A stopped run waits this long for it: the worker allows little more. The cancel itself goes on behind. */
const WAITS_FOR_CANCEL_MS = 1_000
/** A poll that fails in passing is repeated this often in a row before the attempt is given up. */
const POLL_AGAIN = 5
/** A run is started this often again on the same server; back ends count too, and earlier. */
const AGAIN = 3

/**
 * Runs an order on the server that was chosen for the attempt: re-attaches to the run of a lost attempt or starts one, keeps
 * its handle before the first look (before it is sent, where the back end can say it that early), polls to the end, and
 * cancels on the server when the attempt is stopped.
 * Throws BackendError as the back end does, and whatever `context.signal` was aborted with.
 */
export async function runOnServer<O extends z.ZodType, H extends z.ZodType, S extends z.ZodType>(
  backend: Backend<O, H, S>,
  order: z.input<O>,
  context: Pick<JobContext, "server" | "handle" | "keep" | "signal" | "log" | "progress" | "config">,
  { preview }: Pick<Link, "preview"> = {},
): Promise<Made> {
  const { server, signal, log, progress } = context
  if (!server) throw new BackendError("The studio", "the server of this run was removed", "transient")
  const link: Link = {
    server,
    signal,
    log,
    progress,
    maxBytes: context.config.maxFileBytes,
    ...(preview && { preview }),
  }
  const run: Run<O, H, S> = { backend, order: backend.order.parse(order), link, keep: context.keep }
  try {
    let started = await begin(run, context.handle)
    for (let time = 0; ; time++) {
      if ("made" in started) return started.made
      const end = await pollToEnd(run, started.handle)
      if (end.state === "done") return end.made
      if (time === AGAIN) throw new BackendError(server.name, end.why, "transient")
      log.info({ server: server.name, why: end.why }, "once more on the same server")
      started = await startKept(run, end.handle)
    }
  } catch (error) {
    if (run.handle !== undefined && (run.isOurs === false || (signal.aborted && !goesOn(backend, signal))))
      await giveUp(run, run.handle)
    signal.throwIfAborted()
    throw error
  }
}

interface Run<O extends z.ZodType, H extends z.ZodType, S extends z.ZodType> {
  backend: Backend<O, H, S>
  order: z.output<O>
  link: Link
  keep: JobContext["keep"]
  /** What may be running on the server now. */
  handle?: z.output<H>
  /** False when the handle of a run under way could not be kept: nobody will come back for it. */
  isOurs?: boolean
}

/** Whoever takes the attempt next finds the run by its handle. */
function goesOn(backend: Pick<Backend, "describe">, signal: AbortSignal): boolean {
  const reason: unknown = signal.reason
  return reason instanceof LaneStop && reason.why !== "cancelled" && backend.describe().resumable
}

async function begin<O extends z.ZodType, H extends z.ZodType, S extends z.ZodType>(
  run: Run<O, H, S>,
  handle: unknown,
): Promise<Started<z.output<H>>> {
  const { backend, order, link } = run
  const kept = handle === undefined ? undefined : backend.handle.safeParse(handle)
  if (kept?.success) {
    run.handle = kept.data
    const found = await backend.resume(kept.data, link)
    if (found !== undefined) {
      link.log.info({ server: link.server.name }, "re-attached to a run under way")
      run.handle = found
      await run.keep(found)
      return { handle: found }
    }
    // Kept, but never sent or forgotten by the server: its name is still free.
    if (backend.prepare) return startKept(run, kept.data)
  }
  if (backend.prepare) return startKept(run, backend.prepare(order, link))
  const started = await backend.start(order, link)
  if ("handle" in started) {
    run.handle = started.handle
    run.isOurs = false
    await run.keep(started.handle)
    run.isOurs = true
  }
  return started
}

/** Kept first, sent then. */
async function startKept<O extends z.ZodType, H extends z.ZodType, S extends z.ZodType>(
  run: Run<O, H, S>,
  handle: z.output<H>,
): Promise<Started<z.output<H>>> {
  await run.keep(handle)
  run.handle = handle
  const started = await run.backend.start(run.order, run.link, handle)
  // A server that names its runs itself: the name belongs into the handle as soon as it is known.
  if ("handle" in started && started.handle !== handle) {
    run.handle = started.handle
    await run.keep(started.handle)
  }
  return started
}

function outOfSight({ backend, problem, retry, cause }: BackendError): BackendError {
  return new BackendError(backend, problem, retry, { cause, goesOn: true })
}

type End<H> = Extract<Poll<H>, { state: "done" | "again" }>

async function pollToEnd<O extends z.ZodType, H extends z.ZodType, S extends z.ZodType>(
  { backend, link }: Run<O, H, S>,
  handle: z.output<H>,
): Promise<End<z.output<H>>> {
  let missed = 0
  let isSeen = false
  for (;;) {
    link.signal.throwIfAborted()
    // A server that is busy or restarting misses a poll; the run itself may be well.
    const poll = await backend.poll(handle, link).catch((error: unknown) => {
      const isPassing = error instanceof BackendError && error.retry === "transient" && !link.signal.aborted
      if (!isPassing) throw error
      // A run that was never seen in this attempt is not looked for again: then it is begun anew.
      if (++missed > POLL_AGAIN) throw isSeen ? outOfSight(error) : error
    })
    if (poll) [missed, isSeen] = [0, true]
    if (poll?.state === "done" || poll?.state === "again") return poll
    if (poll?.state === "lost") throw new BackendError(link.server.name, poll.why, "transient")
    if (poll?.state === "running" && poll.progress) link.progress(poll.progress)
    if (poll?.state === "queued")
      link.progress({ text: `waiting on ${link.server.name}${poll.ahead ? `, ${poll.ahead} before it` : ""}` })
    await sleep(backend.pollEveryMs * (missed + 1), undefined, { signal: link.signal })
  }
}

async function giveUp<O extends z.ZodType, H extends z.ZodType, S extends z.ZodType>(
  { backend, link }: Run<O, H, S>,
  handle: z.output<H>,
): Promise<void> {
  const cancelled = backend
    .cancel(handle, { ...link, signal: AbortSignal.timeout(CANCEL_WITHIN_MS) })
    .catch((error: unknown) =>
      link.log.warn({ err: error, server: link.server.name }, "a run could not be cancelled on its server"),
    )
  await Promise.race([cancelled, sleep(WAITS_FOR_CANCEL_MS)])
}
