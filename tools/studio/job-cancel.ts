import { z } from "zod"
import { defineTool } from "#src/tool.ts"

export const tool = defineTool({
  name: "job_cancel",
  title: "Cancel a job",
  description:
    "Stops long work: at once while it waits, within a moment while it runs. What did not run is not charged.",
  effect: "destroys",
  cost: "free",
  role: "user",
  input: z.object({ job_id: z.string().min(1).max(80).describe("Id of the job, from job_list.") }),
  output: z.object({ title: z.string(), state: z.enum(["waiting", "running", "done", "failed", "cancelled"]) }),
  examples: [{ say: "stop that job", input: { job_id: "job_7Qm2" } }],
  // oxlint-disable-next-line require-await -- tools are asynchronous
  async run({ job_id }, studio) {
    const { title, state } = studio.jobs.cancel(studio.caller.accountId, job_id)
    const say = state === "cancelled" ? `${title} was cancelled.` : `${title} is being stopped.`
    return { say, data: { title, state }, job: { id: job_id, state } }
  },
})
