import { z } from "zod"
import { defineJob } from "#src/job.ts"

/** Work whose behaviour the test chooses. */
export const job = defineJob({
  type: "probe.run",
  payload: z.object({
    mode: z
      .enum(["sleep", "crash", "transient", "user_error", "ignore_signal", "bad_result", "file", "bug"])
      .default("sleep"),
    ms: z.number().min(0).max(60_000).default(0),
    /** Attempts up to this one behave as `mode` says, later ones just succeed. */
    untilAttempt: z.number().default(99),
    /** A line is appended here whenever a run ends its work: "jobId attempt pid". */
    trail: z.string().optional(),
    note: z.string().default(""),
  }),
  result: z.object({
    pid: z.number(),
    note: z.string(),
    artifacts: z.array(z.object({ id: z.string() })).optional(),
  }),
  lane: "cpu",
  timeLimitS: 8,
  attempts: 3,
  estimate: ({ ms }) => ({ seconds: ms / 1000 }),
  summarize: ({ note }) => ({ say: `probed ${note}`, data: { note } }),
})
