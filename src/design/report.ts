import { z } from "zod"
import { brilliantHeights } from "#src/design/brilliant.ts"
import { checkDesign, checkSchema } from "#src/design/checks.ts"
import type { Measures } from "#src/design/measures.ts"
import { massOf, metalIds, metalOf } from "#src/design/metals.ts"
import { describeRecipe } from "#src/design/recipe.ts"
import type { Recipe } from "#src/design/recipe.ts"
import { nearestSizes, sizeInWords, sizeName, sizeSystems } from "#src/design/ring-size.ts"
import { caratOf, stoneIds, stoneOf } from "#src/design/stones.ts"

/** What a maker needs to know of the finished solids. mm, mm³, g, ct. */
export const reportSchema = z.object({
  size: z.object({
    wanted: z.string(),
    innerDiameterMm: z.number().describe("Measured bore."),
    circumferenceMm: z.number(),
    nearest: z.array(z.object({ system: z.enum(sizeSystems), text: z.string() })),
  }),
  band: z.object({ profile: z.string(), widthMm: z.number(), thicknessMm: z.number() }),
  overallMm: z.object({ width: z.number(), height: z.number(), depth: z.number() }),
  metal: z.object({
    id: z.enum(metalIds),
    title: z.string(),
    volumeMm3: z.number(),
    massG: z.number(),
    densitySource: z.string(),
  }),
  otherMetalsG: z.array(z.object({ metal: z.enum(metalIds), massG: z.number() })),
  stones: z.array(
    z.object({
      species: z.enum(stoneIds),
      cut: z.string(),
      diameterMm: z.number(),
      depthMm: z.number(),
      carat: z.number().describe("From the volume of its facets."),
      tradeCarat: z.number().describe("The trade's formula for the cut, as a cross-check."),
      agrees: z.boolean().describe("Both within 5 %."),
    }),
  ),
  mesh: z.object({ triangles: z.number().int(), genus: z.number(), watertight: z.boolean() }),
  checks: z.array(checkSchema),
  castable: z.boolean().describe("No check failed."),
})

export type Report = z.output<typeof reportSchema>

/** Weight of a round brilliant diamond: 0.0061 d² h ct; other species scale by density. */
const ROUND_FACTOR = 0.0061
const DIAMOND_DENSITY = 3.52
const TRADE_TOLERANCE = 0.05

export function reportOn(recipe: Recipe, found: Measures): Report {
  const checks = checkDesign(recipe, found)
  return {
    size: {
      wanted: sizeName(recipe.size),
      innerDiameterMm: rounded(found.boreMm),
      circumferenceMm: rounded(found.boreMm * Math.PI),
      nearest: nearestSizes(recipe.size.diameterMm).map(({ system, text }) => ({ system, text })),
    },
    band: { profile: recipe.band.profile, widthMm: recipe.band.widthMm, thicknessMm: rounded(found.shankMm) },
    overallMm: {
      width: rounded(found.box.max[0] - found.box.min[0]),
      height: rounded(found.box.max[1] - found.box.min[1]),
      depth: rounded(found.box.max[2] - found.box.min[2]),
    },
    metal: {
      id: recipe.metal,
      title: metalOf(recipe.metal).title,
      volumeMm3: rounded(found.metalMm3),
      massG: rounded(massOf(recipe.metal, found.metalMm3)),
      densitySource: metalOf(recipe.metal).source,
    },
    otherMetalsG: metalIds
      .filter((metal) => metal !== recipe.metal)
      .map((metal) => ({ metal, massG: rounded(massOf(metal, found.metalMm3)) })),
    stones: [stoneLine(recipe, found.stoneMm3)],
    mesh: { triangles: found.triangles, genus: found.topology.genus, watertight: found.topology.openEdges === 0 },
    checks,
    castable: checks.every((check) => check.state !== "fail"),
  }
}

/** The report as a short text for chats. */
export function reportInWords(report: Report, recipe: Recipe): string {
  const stones = report.stones.map(
    (stone) =>
      `${stone.carat.toFixed(2)} ct ${stone.cut} ${stoneOf(stone.species).title}, ${stone.diameterMm.toFixed(2)} × ${stone.depthMm.toFixed(2)} mm`,
  )
  const troubles = report.checks.filter((check) => check.state !== "ok")
  const alternatives = (["14k_yellow_gold", "18k_yellow_gold", "platinum_950", "sterling_silver"] as const)
    .flatMap((id) => report.otherMetalsG.filter((it) => it.metal === id))
    .slice(0, 3)
    .map((it) => `${metalOf(it.metal).title} ${it.massG.toFixed(2)} g`)
  const { width, height, depth } = report.overallMm
  const lines = [
    `Size: ${sizeInWords(recipe.size)} (measured ${report.size.innerDiameterMm.toFixed(2)} mm).`,
    `Stone: ${stones.join("; ")}.`,
    `Band: ${report.band.profile} profile, ${report.band.widthMm.toFixed(2)} mm wide, ${report.band.thicknessMm.toFixed(2)} mm thick. Overall ${width.toFixed(1)} × ${height.toFixed(1)} × ${depth.toFixed(1)} mm.`,
    `Metal: ${report.metal.massG.toFixed(2)} g ${report.metal.title}; in ${alternatives.join(", ")}.`,
    report.castable
      ? `Castable: ${report.checks.length} checks passed${troubles.length > 0 ? `, ${troubles.length} with advice` : ""}.`
      : `Not castable yet: ${troubles.filter((check) => check.state === "fail").length} of ${report.checks.length} checks failed.`,
    ...troubles.map((check) => `- ${check.message}`),
  ]
  const text = lines.join("\n")
  return text.length <= MAX_WORDS ? text : `${text.slice(0, MAX_WORDS - 1)}…`
}

const MAX_WORDS = 1_500

/** A few facts for the page beside the viewer: short label → short text; the page is headed by "Title". */
export function factsOf(report: Report, recipe: Recipe): Record<string, string> {
  const stone = report.stones[0]
  return {
    Title: capital(describeRecipe(recipe)),
    "Ring size": `${report.size.wanted} (${report.size.innerDiameterMm.toFixed(2)} mm)`,
    Metal: `${report.metal.title}, ${report.metal.massG.toFixed(2)} g`,
    ...(stone ? { Stone: `${stone.carat.toFixed(2)} ct ${stone.cut} ${stoneOf(stone.species).title}` } : {}),
    Band: `${capital(report.band.profile)} profile, ${report.band.widthMm.toFixed(2)} × ${report.band.thicknessMm.toFixed(2)} mm`,
    Triangles: report.mesh.triangles.toLocaleString("en"),
    Castable: report.castable ? "yes" : "not yet",
  }
}

function stoneLine(recipe: Recipe, volumeMm3: number): Report["stones"][number] {
  const { species, cut, diameterMm, proportions } = recipe.stone
  const heights = brilliantHeights(diameterMm, proportions)
  const depthMm = heights.table - heights.culet
  const carat = caratOf(species, volumeMm3)
  const tradeCarat = (ROUND_FACTOR * diameterMm ** 2 * depthMm * stoneOf(species).density) / DIAMOND_DENSITY
  return {
    species,
    cut,
    diameterMm: rounded(diameterMm),
    depthMm: rounded(depthMm),
    carat: rounded(carat),
    tradeCarat: rounded(tradeCarat),
    agrees: Math.abs(carat / tradeCarat - 1) <= TRADE_TOLERANCE,
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(3))
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
