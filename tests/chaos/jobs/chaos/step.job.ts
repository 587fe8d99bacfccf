import { z } from "zod"
import { defineJob } from "#src/job.ts"

/** Work of this machine that takes a while, and writes down that it ran. */
export const job = defineJob({
  type: "chaos.step",
  payload: z.object({ key: z.string(), ms: z.number(), trail: z.string() }),
  result: z.object({ key: z.string(), pid: z.number() }),
  lane: "cpu",
  timeLimitS: 60,
  attempts: 1_000,
  estimate: ({ ms }) => ({ seconds: ms / 1000 }),
  summarize: ({ key }) => ({ say: key, data: {} }),
})
