import type { Host, Io, OpenHost } from "#bots/terminal/host.ts"
import { createProgress } from "#bots/terminal/progress.ts"
import { UserError } from "#src/errors.ts"
import type { Jobs, Studio } from "#src/studio.ts"

/** A running job that was asked to stop ends within two seconds. */
const STOP_WITHIN_MS = 4_000

/** Opens the studio for one piece of work, shows how far it is, and closes it whatever happens. */
export async function withStudio<T>(
  host: Host,
  io: Io,
  work: (open: OpenHost, studio: Studio) => Promise<T>,
): Promise<T> {
  const open = await host.open()
  const progress = createProgress(io)
  const begun: { accountId: string; id: string }[] = []
  try {
    const studio = open.studioFor({ signal: io.signal, progress: (it) => progress.show(it) })
    const jobs = noting(studio.jobs, begun)
    return await work(open, { ...studio, jobs, progress: (it) => progress.show(it) })
  } finally {
    progress.clear()
    if (io.signal.aborted) await Promise.all(begun.map((job) => stopJob(open.services.jobs, job)))
    await open.close()
  }
}

/** The same queue; what is submitted through it is noted in `begun`. */
const noting = (jobs: Jobs, begun: { accountId: string; id: string }[]): Jobs => ({
  ...jobs,
  submit: (contract, payload, options) => {
    const view = jobs.submit(contract, payload, options)
    begun.push(view)
    return view
  },
})

/** Whoever interrupts a command wants its work stopped, and nothing held for it. */
export async function stopJob(jobs: Jobs, { accountId, id }: { accountId: string; id: string }): Promise<void> {
  try {
    jobs.cancel(accountId, id)
    await jobs.wait(id, { timeoutMs: STOP_WITHIN_MS })
  } catch (error) {
    // It ended in the meantime.
    if (!(error instanceof UserError)) throw error
  }
}
