import { z } from "zod"
import { inWords } from "#src/job.ts"
import { defineTool } from "#src/tool.ts"

const state = z.enum(["waiting", "running", "done", "failed", "cancelled"])
const MOST = 50

export const tool = defineTool({
  name: "job_list",
  title: "List jobs",
  description: "Your long work, newest first: what waits, runs and has ended, with ids for job_wait and job_cancel.",
  effect: "reads",
  cost: "free",
  role: "viewer",
  input: z.object({
    states: z.array(state).max(5).optional().describe("Only jobs in these states; left out: all."),
    limit: z.number().int().min(1).max(MOST).default(10).describe("How many at most."),
  }),
  output: z.object({
    jobs: z.array(
      z.object({ id: z.string(), title: z.string(), state, created_at: z.string(), eta_s: z.number().optional() }),
    ),
  }),
  examples: [
    { say: "what is still running?", input: { states: ["waiting", "running"] } },
    { say: "list my jobs", input: {} },
  ],
  // oxlint-disable-next-line require-await -- tools are asynchronous
  async run({ states, limit }, studio) {
    const jobs = studio.jobs.list(studio.caller.accountId, { limit, ...(states && states.length > 0 && { states }) })
    const lines = jobs.map((job) => `${job.title}: ${inWords(job)} (${job.id})`)
    return {
      say: lines.length > 0 ? lines.join("\n") : "There are no such jobs.",
      data: {
        jobs: jobs.map((job) => ({
          id: job.id,
          title: job.title,
          state: job.state,
          created_at: new Date(job.createdAt).toISOString(),
          ...(job.etaS !== undefined && { eta_s: job.etaS }),
        })),
      },
      next: jobs
        .filter((job) => job.state === "waiting" || job.state === "running")
        .slice(0, 3)
        .map((job) => ({ label: `Wait for ${job.title}`, tool: "job_wait", input: { job_id: job.id } })),
    }
  },
})
