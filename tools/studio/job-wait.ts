import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { inWords, MAX_WAIT_S, unfinished } from "#src/job.ts"
import { defineTool } from "#src/tool.ts"

export const tool = defineTool({
  name: "job_wait",
  title: "Wait for a job",
  description:
    "Waits for long work that another tool started, at most `wait_s` seconds, and answers with its result, or with how far it is. " +
    "Call it again until the state is done; waiting neither starts nor stops anything.",
  effect: "reads",
  cost: "free",
  role: "viewer",
  view: "model",
  input: z.object({
    job_id: z.string().min(1).max(80).describe("Id of the job, from the answer of the tool that started it."),
    wait_s: z.number().int().min(0).max(MAX_WAIT_S).default(20).describe("Longest wait in seconds."),
  }),
  output: z.object({
    title: z.string(),
    state: z.enum(["waiting", "running", "done", "failed", "cancelled"]),
    eta_s: z.number().optional(),
    result: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("What the tool that started the job would have answered."),
  }),
  examples: [{ say: "is my ring ready?", input: { job_id: "job_7Qm2" } }],
  async run({ job_id, wait_s }, studio) {
    const { accountId } = studio.caller
    if (!studio.jobs.get(accountId, job_id))
      throw new UserError(`There is no job "${job_id}".`, "job_list shows your jobs and their ids.", "not_found")
    const view = await studio.jobs.wait(job_id, {
      timeoutMs: wait_s * 1000,
      signal: studio.signal,
      onProgress: (now) => studio.progress(now.progress ?? { text: inWords(now) }),
    })
    const { title, state } = view
    if (state === "failed") {
      const { problem, hint } = view.error ?? { problem: `${title} failed.`, hint: "Nothing was charged. Try again." }
      throw new UserError(problem, hint, "backend")
    }
    if (state === "cancelled")
      return { say: `${title} was cancelled.`, data: { title, state }, job: { id: job_id, state } }
    const reply = studio.jobs.reply(view)
    if (!reply) {
      const eta = view.etaS === undefined ? {} : { eta_s: view.etaS }
      return { ...unfinished(view), data: { title, state, ...eta } }
    }
    return { ...reply, data: { title, state, result: reply.data }, job: { id: job_id, state } }
  },
})
