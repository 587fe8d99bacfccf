import { appendFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { defineHandler } from "#src/job.ts"
import { job } from "#tests/chaos/jobs/chaos/step.job.ts"

export const handler = defineHandler({
  contract: job,
  async run({ key, ms, trail }, { signal, attempt }) {
    appendFileSync(trail, `${key} ${attempt} ${process.pid}\n`)
    await sleep(ms, undefined, { signal })
    return { key, pid: process.pid }
  },
})
