import { z } from "zod"
import { designField, formatField, revisionField, waitField } from "#src/design/build-fields.ts"
import { findDesign } from "#src/design/designs.store.ts"
import { fileStem } from "#src/design/file-stem.ts"
import { describeRecipe } from "#src/design/recipe.ts"
import { job } from "#src/design/export.job.ts"
import { contentGroup, contentKey, runJob } from "#src/job.ts"
import { defineTool } from "#src/tool.ts"

/** Raise when the same model would give other bytes. */
const WRITE_VERSION = 2

export const tool = defineTool({
  name: "export_file",
  title: "Export a file",
  description:
    "Writes a design as a file and gives a download link: stl or 3mf (millimetres, metal only, for casting and printing), glb (metres, with stones, for viewers). " +
    "`shrinkage_pct` enlarges the file for casting; the design itself stays nominal.",
  effect: "reads",
  cost: "metered",
  role: "user",
  input: z.object({
    design: designField,
    revision: revisionField,
    format: formatField,
    shrinkage_pct: z
      .number()
      .min(0)
      .max(5)
      .default(0)
      .describe(
        "Linear casting shrinkage to allow for, in percent: 1.3 for direct print and cast, 3.5 with a rubber mould.",
      )
      .meta({ unit: "%", cue: ["shrinkage"] }),
    stones: z
      .boolean()
      .default(false)
      .describe("Also put the stones into an stl or 3mf (for display prints, not for casting).")
      .meta({ cue: ["with stones"] }),
    wait_s: waitField,
  }),
  output: z.object({
    design: z.string().describe("Id of the design."),
    revision: z.number().int().describe("The revision that was written."),
    format: z.string().describe("The format written."),
    note: z.string().optional().describe("What the file holds: unit, triangles, shrinkage."),
  }),
  examples: [
    { say: "export the STL", input: { format: "stl" } },
    { say: "give me a 3mf with 1.3 % shrinkage", input: { format: "3mf", shrinkage_pct: 1.3 } },
  ],
  async run({ design: id, revision, format, shrinkage_pct, stones, wait_s }, studio) {
    const design = findDesign(studio.items, studio.caller, id, revision)
    const options = { shrinkagePct: shrinkage_pct, ...(stones && format !== "glb" ? { stones } : {}) }
    const payload = {
      recipe: design.recipe,
      name: fileStem(design.recipe),
      format,
      options,
      group: contentGroup(design.recipe),
    }
    const { view, reply, result } = await runJob(studio, job, payload, {
      title: `${format.toUpperCase()} of ${describeRecipe(design.recipe)}`,
      waitS: wait_s,
      cacheKey: contentKey(job.type, WRITE_VERSION, payload),
    })
    if (result)
      studio.artifacts.link(
        `item:${design.item.id}`,
        result.artifacts.map((artifact) => artifact.id),
      )
    return {
      ...reply,
      data: {
        design: design.item.id,
        revision: design.revision.number,
        format,
        ...(result ? { note: result.note } : {}),
      },
      job: { id: view.id, state: view.state },
    }
  },
})
