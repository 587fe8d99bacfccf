import { z } from "zod"
import { designField, pictureField, revisionField, waitField } from "#src/design/build-fields.ts"
import { buildDesignReply, designAnswer } from "#src/design/build-reply.ts"
import { findDesign } from "#src/design/designs.store.ts"
import { compareRecipes } from "#src/design/recipe.ts"
import { defineTool } from "#src/tool.ts"

const MAX_HISTORY = 50

const history = z
  .array(
    z.object({ revision: z.number().int(), from: z.number().int().nullable(), note: z.string(), current: z.boolean() }),
  )
  .describe("The revisions, newest first.")

export const tool = defineTool({
  name: "design_show",
  title: "Show a design",
  description:
    "Shows a design as it is now or at an earlier revision: parameters, report with sizes, masses and checks, picture, files, and its history. " +
    "With `compare_with` it also lists what differs from another revision.",
  effect: "reads",
  cost: "metered",
  role: "user",
  view: "model",
  input: z.object({
    design: designField,
    revision: revisionField,
    compare_with: revisionField
      .describe("Another revision to compare with.")
      .meta({ cue: ["compare with", "compare with revision", "compare to", "compare to revision", "compare it with"] }),
    picture: pictureField,
    wait_s: waitField,
  }),
  output: designAnswer.extend({ history }),
  examples: [
    { say: "show the design", input: {} },
    { say: "show revision 2", input: { revision: 2 } },
  ],
  async run({ design: id, revision, compare_with, picture, wait_s }, studio) {
    const design = findDesign(studio.items, studio.caller, id, revision)
    const changes =
      compare_with === undefined
        ? []
        : compareRecipes(findDesign(studio.items, studio.caller, design.item.id, compare_with).recipe, design.recipe)
    const reply = await buildDesignReply(studio, () => ({ design, changes }), {
      files: [],
      picture,
      waitS: wait_s,
      defaults: [],
    })
    const revisions = studio.items.revisions(design.item.id, MAX_HISTORY)
    return {
      ...reply,
      data: {
        ...reply.data,
        history: revisions.map((it) => ({
          revision: it.number,
          from: it.parent,
          note: it.note,
          current: it.number === design.item.head,
        })),
      },
    }
  },
})
