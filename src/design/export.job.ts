import { z } from "zod"
import { artifactRef } from "#src/artifact-ref.ts"
import { recipeSchema } from "#src/design/recipe.ts"
import { defineJob } from "#src/job.ts"

/** Writes a design as one file in one format. */
export const job = defineJob({
  type: "design.export",
  payload: z.object({
    recipe: recipeSchema,
    /** File name without extension. */
    name: z.string().min(1).max(120),
    /** Id of an export format. */
    format: z.string().max(20),
    /** Options of that format, checked by its own schema. */
    options: z.record(z.string().max(40), z.union([z.number(), z.boolean(), z.string().max(100)])),
    group: z.string().max(80),
  }),
  result: z.object({ artifacts: z.array(artifactRef).length(1), note: z.string() }),
  lane: "cpu",
  timeLimitS: 120,
  attempts: 3,
  estimate: () => ({ seconds: 2 }),
  summarize: ({ artifacts, note }) => ({
    say: `${artifacts[0]?.name ?? "The file"} is ready. ${note}`,
    data: {},
    artifacts,
  }),
})
