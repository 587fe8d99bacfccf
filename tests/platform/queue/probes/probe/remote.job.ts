import { z } from "zod"
import { defineJob, SERVER_LANE } from "#src/job.ts"

/** Work for a server that only says what it needs; what happens there is the test's. */
export const job = defineJob({
  type: "probe.remote",
  payload: z.object({
    note: z.string(),
    kinds: z.array(z.string()).default(["comfyui"]),
    model: z.string().default("flux"),
    vramMb: z.number().optional(),
    requires: z.array(z.string()).default([]),
    seconds: z.number().default(10),
  }),
  result: z.object({ server: z.string(), note: z.string() }),
  lane: SERVER_LANE,
  timeLimitS: 60,
  attempts: 4,
  estimate: ({ seconds }) => ({ seconds }),
  needs: ({ kinds, model, vramMb, requires }) => ({
    kinds,
    signature: model,
    requires,
    ...(vramMb === undefined ? {} : { vramMb }),
  }),
  summarize: ({ server, note }) => ({ say: `${note} on ${server}`, data: {} }),
})
