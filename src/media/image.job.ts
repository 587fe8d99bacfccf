import { z } from "zod"
import { artifactRef } from "#src/artifact-ref.ts"
import { defineJob, SERVER_LANE } from "#src/job.ts"
import { needsOf } from "#src/media/needs.ts"
import { MAX_COUNT, orderSchema } from "#src/media/order.ts"
import { effectiveSchema, picturesInWords } from "#src/media/result.ts"

/** Makes one to four pictures with one model, on a server. */
export const job = defineJob({
  type: "media.image",
  payload: z.object({
    order: orderSchema,
    /** File name without extension. */
    name: z.string().min(1).max(100),
    /** The pictures of one order stand together on a page. */
    group: z.string().max(80),
    /** Only this server, by id. */
    server: z.string().max(80).optional(),
  }),
  result: z.object({
    artifacts: z.array(artifactRef).min(1).max(MAX_COUNT),
    effective: effectiveSchema,
  }),
  lane: SERVER_LANE,
  needs: ({ order, server }) => ({ ...needsOf(order), ...(server === undefined ? {} : { server }) }),
  timeLimitS: 1_800,
  attempts: 4,
  estimate: ({ order }) => ({ seconds: order.seconds }),
  summarize: ({ artifacts, effective }, { order }) => ({
    say: picturesInWords(order, effective),
    data: { effective },
    artifacts,
  }),
})
