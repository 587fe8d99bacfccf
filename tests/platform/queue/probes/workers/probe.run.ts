import { appendFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { BackendError, UserError } from "#src/errors.ts"
import { defineHandler } from "#src/job.ts"
import { job } from "#tests/platform/queue/probes/probe/run.job.ts"

export const handler = defineHandler({
  contract: job,
  async run({ mode: asked, ms, untilAttempt, trail, note }, { jobId, attempt, signal, progress, artifacts }) {
    const mode = attempt <= untilAttempt ? asked : "sleep"
    progress({ fraction: 0.5, text: `probing ${note}` })
    await sleep(ms, undefined, mode === "ignore_signal" ? {} : { signal })
    if (trail) appendFileSync(trail, `${jobId} ${attempt} ${process.pid}\n`)
    if (mode === "crash") process.kill(process.pid, "SIGKILL")
    if (mode === "transient") throw new BackendError("probe", "not now", "transient")
    if (mode === "user_error") throw new UserError("The probe is 7 mm long.", "At most 6 mm fit.")
    if (mode === "bug") throw new TypeError("secret detail")
    if (mode === "bad_result") return { pid: "no number" as unknown as number, note } // the mistake that is tested
    const file =
      mode === "file"
        ? await artifacts.put(Buffer.from(`probe ${note}`), { name: "probe.txt", use: "file" })
        : undefined
    return { pid: process.pid, note, ...(file ? { artifacts: [{ id: file.id }] } : {}) }
  },
})
