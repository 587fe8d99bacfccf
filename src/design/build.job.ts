import { z } from "zod"
import { artifactRef } from "#src/artifact-ref.ts"
import { describeRecipe, recipeSchema } from "#src/design/recipe.ts"
import { reportInWords, reportSchema } from "#src/design/report.ts"
import { defineJob } from "#src/job.ts"

/** Sharpness of the picture that comes with a build. */
export const pictureQualities = ["draft", "standard", "high"] as const

/** Builds the solids of a recipe, checks them, renders the picture and writes the files asked for. */
export const job = defineJob({
  type: "design.build",
  payload: z.object({
    recipe: recipeSchema,
    /** File name without extension. */
    name: z.string().min(1).max(120),
    picture: z.enum(pictureQualities),
    /** Ids of export formats; "glb" is always written for the viewer. */
    files: z.array(z.string().max(20)).max(10),
    /** Files of one recipe share this group: they stand together on the viewer page. */
    group: z.string().max(80),
  }),
  result: z.object({ report: reportSchema, artifacts: z.array(artifactRef).max(20) }),
  lane: "cpu",
  timeLimitS: 180,
  attempts: 3,
  estimate: ({ picture }) => ({ seconds: { draft: 3, standard: 5, high: 10 }[picture] }),
  summarize: ({ report, artifacts }, { recipe }) => ({
    say: `${describeRecipe(recipe)}\n${reportInWords(report, recipe)}`,
    data: { report },
    artifacts,
  }),
})
