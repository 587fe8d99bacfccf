import { z } from "zod"
import { addDesign } from "#src/design/designs.store.ts"
import { briefSchema } from "#src/design/brief.ts"
import { pictureField, filesField, waitField } from "#src/design/build-fields.ts"
import { buildDesignReply, designAnswer } from "#src/design/build-reply.ts"
import { describeRecipe, newRecipe } from "#src/design/recipe.ts"
import { defineTool } from "#src/tool.ts"

export const tool = defineTool({
  name: "design_create",
  title: "Create a jewellery design",
  description:
    "Makes a ring from what somebody asked for: castable metal with the seat cut, the stone, a rendered picture, a GLB for the viewer, " +
    "the files named in `files`, and a report (size, mass, carat, checks). What is left out gets a sensible default, named in the answer. " +
    "Asks when a ring size could mean several systems.",
  effect: "writes",
  cost: "metered",
  role: "user",
  view: "model",
  input: z.object({ ...briefSchema.shape, files: filesField, picture: pictureField, wait_s: waitField }),
  output: designAnswer,
  examples: [
    {
      say: "a 14k rose gold solitaire, US size 7, with a 1 carat round diamond, and the STL please",
      input: {
        metal: "14k_rose_gold",
        size: "7",
        size_system: "us",
        stone: "diamond",
        carat: 1,
        cut: "round",
        piece: "solitaire",
        files: ["stl"],
      },
    },
    {
      say: "platinum ring with six prongs, UK size N, 6 mm sapphire, comfort fit band 2.2 mm wide",
      input: {
        metal: "platinum_950",
        prongs: 6,
        size: "N",
        size_system: "uk",
        stone: "sapphire",
        stone_diameter_mm: 6,
        band_profile: "comfort",
        band_width_mm: 2.2,
      },
    },
  ],
  async run({ files, picture, wait_s, ...brief }, studio) {
    const { recipe, defaults } = newRecipe(brief, studio.caller.locale)
    const words = describeRecipe(recipe)
    const make = () => {
      const { items, caller } = studio
      return { design: addDesign(items, caller, brief.name ?? words, recipe, `created: ${words}`), changes: [] }
    }
    return buildDesignReply(studio, make, { files, picture, waitS: wait_s, defaults })
  },
})
