import { beforeAll, expect, test } from "vitest"
import type { Focus } from "#src/conversation/rules/focus.ts"
import { planFor } from "#src/conversation/rules/read.ts"
import { changeRecipe, newRecipe, parametersOf, type Recipe } from "#src/design/recipe.ts"
import type { Tool } from "#src/tool.ts"
import { loadRegistry } from "#tools/registry.ts"

let tools: readonly Tool[]
beforeAll(async () => void (tools = (await loadRegistry(["design", "export", "media", "studio"])).visible("user")))

type Values = Record<string, string | number>

/** What somebody says about one ring in the course of an afternoon, and what is different after it. */
const afternoon: readonly (readonly [say: string, after: Values])[] = [
  ["ok can we make it 18k", { metal: "18k_yellow_gold" }],
  ["now in rose gold", { metal: "18k_rose_gold" }],
  ["band 2.5mm", { band_width_mm: 2.5 }],
  ["bit wider", { band_width_mm: 2.8 }],
  ["hmm too wide, 2.6", { band_width_mm: 2.6 }],
  ["and 2mm thick", { band_thickness_mm: 2 }],
  ["the stone should be a sapphire", { stone: "sapphire" }],
  ["make it 7mm", {}], // the stone or the band: asks
  ["7mm stone", { stone_diameter_mm: 7 }],
  ["four prongs", { prongs: 4 }],
  ["prongs are too thin, make em 1.3mm", { prong_diameter_mm: 1.3 }],
  ["matte finish pls", { finish: "satin" }],
  ["she's actually a size 6 us", { size: "US 6" }],
  ["half a size up", { size: "US 6 1/2" }],
  ["comfort fit band would be nicer", { band_profile: "comfort" }],
  ["undo that", { band_profile: "d" }],
  ["wait, flat band", { band_profile: "flat" }],
  ["thin the band out a bit", { band_thickness_mm: 1.8 }],
  ["reduce the stone by 0.5 mm", { stone_diameter_mm: 6.5 }],
  ["swap the sapphire for a ruby", { stone: "ruby" }],
  ["my wife prefers white gold", { metal: "18k_white_gold" }],
  ["add two prongs", { prongs: 6 }],
  ["keep the stone but make it platinum", { metal: "platinum_950" }],
  ["band 1/10 inch wide", { band_width_mm: 2.54 }],
  ["sorry I meant 2.4mm wide", { band_width_mm: 2.4 }],
  ["would you mind making it shiny again", { finish: "polished" }],
  ["go up half a size", { size: "US 7" }],
  ["thicken the prongs a touch", { prong_diameter_mm: 1.4 }],
  ["change the band from 2.4 to 2.2 mm", { band_width_mm: 2.2 }],
  ["from flat to comfort fit", { band_profile: "comfort" }],
  ["go down to 4 claws", { prongs: 4 }],
  ["how about an emerald", { stone: "emerald" }],
  ["is there any chance of a slightly bigger stone?", { stone_diameter_mm: 7.2 }],
  ["nope", {}], // to nothing that was asked
  ["undo the last two changes", { stone: "ruby", stone_diameter_mm: 6.5 }],
  ["200 microns thinner", { band_thickness_mm: 1.6 }],
  ["1.2 carats please", { carat: 1.2 }],
  ["ok finally: silver, 2mm band, US 8", { metal: "sterling_silver", band_width_mm: 2, size: "US 8" }],
  ["put it back how it was", { metal: "platinum_950", band_width_mm: 2.2, size: "US 7" }],
  ["lets go with palladium", { metal: "palladium_950" }],
]

/** Weight follows the diameter and the other way round, usual prongs and rails follow the stone. */
const FOLLOWING = new Set(["carat", "stone_diameter_mm", "prong_diameter_mm", "rails"])

test("forty things that somebody says about one ring, one after another, change what they say and nothing else", () => {
  const revisions: Recipe[] = [newRecipe({ size: "7", size_system: "us" }).recipe]
  for (const [say, after] of afternoon) {
    const now = revisions.at(-1)
    if (!now) throw new Error("no ring")
    const parameters = parametersOf(now)
    const focus: Focus = { itemId: "design_1", kind: "design", name: "ring", revision: revisions.length, parameters }
    const { stages } = planFor(say, { tools, focus })
    for (const { input } of stages.flat())
      for (const { op, ...wishes } of input["operations"] as ({ op: string } & Values)[])
        // of the edit tool
        if (op === "undo") revisions.pop()
        else revisions.push(changeRecipe(revisions.at(-1) ?? now, wishes).recipe)
    const recipe = revisions.at(-1)
    const values = recipe && parametersOf(recipe)
    expect({ say, ...values }).toMatchObject({ say, ...after })
    const asked = Object.keys(after).length === 0
    expect([say, asked || stages.length > 0]).toEqual([say, true])
    const changed = Object.keys(parameters).filter((key) => values?.[key] !== parameters[key])
    const unasked = changed.filter((key) => !(key in after) && (asked || !FOLLOWING.has(key)))
    expect([say, unasked]).toEqual([say, []])
  }
})
