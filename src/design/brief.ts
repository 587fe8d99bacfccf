import { z } from "zod"
import { bandProfiles } from "#src/design/band.ts"
import { finishes, metalIds, metalOf } from "#src/design/metals.ts"
import { sizeSystems, sizeSystemWords } from "#src/design/ring-size.ts"
import { stoneIds, stoneOf } from "#src/design/stones.ts"

/** Words for each value of a field, for readers of sentences. */
function wordsFor<V extends string>(
  values: readonly V[],
  words: (value: V) => readonly string[],
): Record<string, string[]> {
  return Object.fromEntries(values.map((value) => [value, [...words(value)]]))
}

/**
 * What people say about a ring. Everything may be left out; what is left out gets a default of the trade. The limits are wide
 * enough for designs that the checks will refuse with a number and a remedy, and narrow enough to be drawn.
 */
export const briefSchema = z.object({
  piece: z
    .enum(["solitaire"])
    .optional()
    .describe("Kind of jewellery.")
    .meta({
      aliases: { solitaire: ["solitaire ring", "engagement ring", "ring"] },
      unavailable: ["necklace bracelet earrings pendant brooch bangle chain tiara"],
    }),
  size: z
    .union([z.string().min(1).max(20), z.number().min(0).max(80)])
    .optional()
    .describe('Ring size as the system writes it: 7, "7 1/4", "N½", 54; or with the system: "UK N", "17.3 mm".')
    .meta({ cue: ["size", "ring size", "finger size", "sz"] }),
  size_system: z
    .enum(sizeSystems)
    .optional()
    .describe(
      "System of the size; needed when the number alone could mean several. iso = circumference in mm (EU), it = circumference - 40.",
    )
    .meta({ aliases: wordsFor(sizeSystems, (it) => sizeSystemWords[it]) }),
  metal: z
    .enum(metalIds)
    .optional()
    .describe("Metal of the ring.")
    .meta({
      aliases: wordsFor(metalIds, (it) => [metalOf(it).title, ...metalOf(it).aliases]),
      cue: ["metal", "in", "made of"],
    }),
  finish: z
    .enum(finishes)
    .optional()
    .describe("Surface of the metal.")
    .meta({
      aliases: {
        polished: ["shiny", "high polish", "glossy", "polish"],
        satin: ["brushed", "matte", "matt", "brush"],
        sandblasted: ["sand blasted", "frosted", "sandblast"],
      },
      cue: ["finish", "surface"],
    }),
  stone: z
    .enum(stoneIds)
    .optional()
    .describe("Species of the stone.")
    .meta({
      aliases: wordsFor(stoneIds, (it) => [stoneOf(it).title, ...stoneOf(it).aliases]),
      cue: ["stone", "gem", "centre stone"],
    }),
  cut: z
    .enum(["round"])
    .optional()
    .describe("Cut of the stone: round brilliant.")
    .meta({
      aliases: { round: ["round brilliant", "brilliant cut", "round cut", "rbc"] },
      cue: ["cut", "shape"],
      unavailable: ["oval princess cushion pear marquise heart radiant asscher baguette trillion square rectangular"],
    }),
  carat: z
    .number()
    .min(0.03)
    .max(60)
    .optional()
    .describe("Weight of the stone; its diameter follows from the species. Give this or stone_diameter_mm.")
    .meta({ unit: "ct", cue: ["carat", "carats", "ct", "stone weight"], excludes: ["stone_diameter_mm"] }),
  stone_diameter_mm: z
    .number()
    .min(2)
    .max(20)
    .optional()
    .describe("Diameter of the stone at the girdle; its weight follows.")
    .meta({ unit: "mm", cue: ["stone", "stone diameter", "stone size", "diamond"] }),
  prongs: z
    .literal([4, 6])
    .optional()
    .describe("Number of prongs that hold the stone: 4 or 6.")
    .meta({ cue: ["prong", "prongs", "claw", "claws"] }),
  prong_diameter_mm: z
    .number()
    .min(0.2)
    .max(3)
    .optional()
    .describe("Thickness of each prong at the girdle.")
    .meta({
      unit: "mm",
      cue: ["prong thickness", "prong diameter", "prongs", "claw thickness", "prong size", "claw size"],
    }),
  band_profile: z
    .enum(bandProfiles)
    .optional()
    .describe("Cross-section of the band: d = flat inside and domed outside, flat, comfort = rounded inside too.")
    .meta({
      aliases: {
        d: ["d shape", "d-shape", "d shaped", "d profile", "d band", "domed", "half round"],
        flat: ["flat band", "flat profile"],
        comfort: ["comfort fit", "comfort-fit", "court"],
      },
      cue: ["profile", "band profile"],
    }),
  band_width_mm: z
    .number()
    .min(1)
    .max(15)
    .optional()
    .describe("Width of the band along the finger.")
    .meta({ unit: "mm", cue: ["wide", "width", "band", "band width", "shank"] }),
  band_thickness_mm: z
    .number()
    .min(0.3)
    .max(6)
    .optional()
    .describe("Thickness of the band from finger to outside.")
    .meta({ unit: "mm", cue: ["thick", "thickness", "band thickness"] }),
  name: z
    .string()
    .min(1)
    .max(80)
    .optional()
    .describe("A name for the design.")
    .meta({ cue: ["called", "named", "name"] }),
})

export type Brief = z.output<typeof briefSchema>
export type BriefField = keyof Brief
