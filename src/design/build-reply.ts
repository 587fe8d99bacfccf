import { z } from "zod"
import { job } from "#src/design/build.job.ts"
import type { Design } from "#src/design/designs.store.ts"
import { fileStem } from "#src/design/file-stem.ts"
import { describeRecipe, parametersOf } from "#src/design/recipe.ts"
import type { Change, Recipe } from "#src/design/recipe.ts"
import { contentGroup, contentKey, followJob, submitJob } from "#src/job.ts"
import type { JobView, Studio } from "#src/studio.ts"
import type { Reply } from "#src/tool.ts"

/** Raise when the same recipe would give other bytes: finished builds of older programs are then not reused. */
const BUILD_VERSION = 2

const scalar = z.union([z.string(), z.number()])

/**
 * What every design tool answers with. The schema is listed with each tool and read by models at every turn, so it names
 * what they use; the report carries all of reportSchema.
 */
export const designAnswer = z.object({
  design: z.string().describe("Id of the design, for design_edit, design_show and export_file."),
  revision: z.number().int().describe("Number of the revision shown."),
  description: z.string().describe("The design in one line."),
  parameters: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .describe("Every parameter, in the words of design_edit."),
  changes: z
    .array(z.object({ field: z.string(), from: scalar, to: scalar }))
    .describe("What differs from the revision before."),
  defaults: z.array(z.string()).describe("Fields nobody asked for, filled with a default."),
  report: z
    .looseObject({ castable: z.boolean() })
    .optional()
    .describe("Sizes, masses in every alloy, stones, dimensions and checks; absent while the job still runs."),
})

export type DesignAnswer = z.input<typeof designAnswer>

/** A design to be shown, and what differs from the one before. */
export interface MadeDesign {
  design: Design
  changes: Change[]
}

/**
 * Builds (or finds the finished build of) a design's recipe and answers as every design tool does. What `make` stores is
 * kept only when the build is accepted: a refused call leaves no half-made design behind.
 */
export async function buildDesignReply(
  studio: Studio,
  make: () => MadeDesign,
  options: {
    files: string[]
    picture: "draft" | "standard" | "high"
    waitS: number
    defaults: string[]
  },
): Promise<Reply<DesignAnswer>> {
  const { design, changes, accepted } = studio.items.atomically(() => {
    const made = make()
    return { ...made, accepted: submitBuild(studio, made.design.recipe, options) }
  })
  const { recipe } = design
  const { view, reply, result } = await followJob(studio, job, accepted, options.waitS)
  if (result)
    studio.artifacts.link(
      `item:${design.item.id}`,
      result.artifacts.map((artifact) => artifact.id),
    )
  const lines = [
    reply.say,
    changes.length > 0 ? `Changed: ${changes.map(changeInWords).join(", ")}.` : "",
    options.defaults.length > 0 ? `Chosen by default: ${options.defaults.map(fieldInWords).join(", ")}.` : "",
  ]
  return {
    ...reply,
    say: lines.filter(Boolean).join("\n"),
    data: {
      design: design.item.id,
      revision: design.revision.number,
      description: describeRecipe(recipe),
      parameters: parametersOf(recipe),
      changes,
      defaults: options.defaults,
      ...(result ? { report: result.report } : {}),
    },
    job: { id: view.id, state: view.state },
    next: result
      ? [{ label: "Export STL", tool: "export_file", input: { design: design.item.id, format: "stl" } }]
      : (reply.next ?? []),
  }
}

function submitBuild(
  studio: Studio,
  recipe: Recipe,
  { files, picture }: { files: string[]; picture: "draft" | "standard" | "high" },
): JobView {
  const payload = {
    recipe,
    name: fileStem(recipe),
    picture,
    files: [...new Set(["glb", ...files])].sort(),
    group: contentGroup(recipe),
  }
  const cacheKey = contentKey(job.type, BUILD_VERSION, payload)
  return submitJob(studio, job, payload, { title: describeRecipe(recipe), cacheKey })
}

function changeInWords({ field, from, to }: Change): string {
  const unit = field.endsWith("_mm") ? " mm" : ""
  const [before, after] = [from, to].map((it) => String(it).replaceAll("_", " "))
  return `${fieldInWords(field)} ${before} → ${after}${unit}`
}

/** "band_width_mm" → "band width". */
const fieldInWords = (field: string): string => field.replace(/_mm$/, "").replaceAll("_", " ")
