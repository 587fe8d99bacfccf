import { z } from "zod"
import { defineJob, SERVER_LANE } from "#src/job.ts"

/** A picture by a ComfyUI server, without any model. */
export const job = defineJob({
  type: "chaos.picture",
  payload: z.object({ key: z.string(), trail: z.string() }),
  result: z.object({ key: z.string(), server: z.string(), bytes: z.number() }),
  lane: SERVER_LANE,
  timeLimitS: 60,
  attempts: 1_000,
  estimate: () => ({ seconds: 1 }),
  needs: () => ({ kinds: ["comfyui"], signature: "", requires: ["node:EmptyImage", "node:SaveImage"] }),
  summarize: ({ key }) => ({ say: key, data: {} }),
})
