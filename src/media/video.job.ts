import { z } from "zod"
import { artifactRef } from "#src/artifact-ref.ts"
import { defineJob, SERVER_LANE } from "#src/job.ts"
import { needsOf } from "#src/media/needs.ts"
import { orderSchema } from "#src/media/order.ts"
import { effectiveSchema, videoInWords } from "#src/media/result.ts"

/** Makes a video with a model, on a server: the file, and its first frame as a picture to show where the server gives one. */
export const job = defineJob({
  type: "media.video",
  payload: z.object({
    order: orderSchema,
    /** File name without extension. */
    name: z.string().min(1).max(100),
    group: z.string().max(80),
    /** Only this server, by id. */
    server: z.string().max(80).optional(),
  }),
  result: z.object({
    artifacts: z.array(artifactRef).min(1).max(4),
    effective: effectiveSchema,
  }),
  lane: SERVER_LANE,
  needs: ({ order, server }) => ({ ...needsOf(order), ...(server === undefined ? {} : { server }) }),
  // An hour of work, behind others on the same server.
  timeLimitS: 3 * 3_600,
  attempts: 4,
  estimate: ({ order }) => ({ seconds: order.seconds }),
  summarize: ({ artifacts, effective }, { order }) => ({
    say: videoInWords(order, effective),
    data: { effective },
    artifacts,
  }),
})
