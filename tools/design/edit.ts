import { z } from "zod"
import { briefSchema } from "#src/design/brief.ts"
import { designField, filesField, pictureField, waitField } from "#src/design/build-fields.ts"
import { buildDesignReply, designAnswer } from "#src/design/build-reply.ts"
import type { MadeDesign } from "#src/design/build-reply.ts"
import { findDesign, reviseDesign, stepDesign } from "#src/design/designs.store.ts"
import type { Design } from "#src/design/designs.store.ts"
import { changeRecipe } from "#src/design/recipe.ts"
import type { Change } from "#src/design/recipe.ts"
import { UserError } from "#src/errors.ts"
import type { Studio } from "#src/studio.ts"
import { defineTool } from "#src/tool.ts"

const { piece: _piece, name: _name, ...changeable } = briefSchema.shape

const operation = z.discriminatedUnion("op", [
  z
    .strictObject({ op: z.literal("set"), ...z.object(changeable).partial().shape })
    .describe("Change any fields of the design; everything else follows.")
    .meta({ cue: ["change", "make it", "set", "use", "switch", "turn", "make the"] }),
  z
    .strictObject({ op: z.literal("undo") })
    .describe("Go back one revision.")
    .meta({ cue: ["undo", "take that back", "go back"] }),
  z
    .strictObject({ op: z.literal("redo") })
    .describe("Go forward again.")
    .meta({ cue: ["redo"] }),
])

export const tool = defineTool({
  name: "design_edit",
  title: "Change a design",
  description:
    "Applies operations to a design in the order given: `set` with any fields of design_create (size, metal, stone, carat, prongs, band …), `undo`, `redo`. " +
    "Each change is a new revision; nothing is lost. A new size keeps the stone and its head. Answers like design_create, with the changed fields.",
  effect: "writes",
  cost: "metered",
  role: "user",
  view: "model",
  input: z.object({
    design: designField,
    operations: z.array(operation).min(1).max(20).describe("What to do, in order."),
    files: filesField,
    picture: pictureField,
    wait_s: waitField,
  }),
  output: designAnswer,
  examples: [
    {
      say: "make it platinum and the band 2.5 mm wide",
      input: { operations: [{ op: "set", metal: "platinum_950", band_width_mm: 2.5 }] },
    },
    { say: "change the stone to a 1.5 carat ruby", input: { operations: [{ op: "set", stone: "ruby", carat: 1.5 }] } },
    { say: "undo that", input: { operations: [{ op: "undo" }] } },
  ],
  async run({ design: id, operations, files, picture, wait_s }, studio) {
    const { items, caller } = studio
    const make = () => applyAll(findDesign(items, caller, id), operations, studio)
    return buildDesignReply(studio, make, { files, picture, waitS: wait_s, defaults: [] })
  },
})

/** The design after all operations. Throws UserError at the first that cannot be done. */
function applyAll(start: Design, operations: z.output<typeof operation>[], { items, caller }: Studio): MadeDesign {
  let design = start
  const changes: Change[] = []
  for (const step of operations) {
    if (step.op !== "set") {
      design = stepDesign(items, caller, design, step.op)
      continue
    }
    const { op: _op, ...wishes } = step
    const made = changeRecipe(design.recipe, wishes, caller.locale)
    if (made.changes.length === 0 && operations.length === 1)
      throw new UserError(
        "That changes nothing: the design is already so.",
        "design_show lists its parameters.",
        "conflict",
      )
    if (made.changes.length > 0)
      design = reviseDesign(
        items,
        caller,
        design,
        made.recipe,
        `set ${made.changes.map((change) => change.field).join(", ")}`,
      )
    changes.push(...made.changes)
  }
  return { design, changes }
}
