import { z } from "zod"
import { bandProfiles } from "#src/design/band.ts"
import type { Brief, BriefField } from "#src/design/brief.ts"
import { briefSchema } from "#src/design/brief.ts"
import { brilliant, idealProportions } from "#src/design/brilliant.ts"
import { finishes, metalIds, metalOf } from "#src/design/metals.ts"
import { nearestSize, readRingSize, sizeName, sizeSystems, systemOfLocale, tryRingSize } from "#src/design/ring-size.ts"
import type { RingSize } from "#src/design/ring-size.ts"
import { caratOf, stoneIds, stoneOf } from "#src/design/stones.ts"
import type { StoneId } from "#src/design/stones.ts"
import { UserError } from "#src/errors.ts"
import { volume } from "#src/geometry/measure.ts"

/** Stone sizes a prong head is drawn for, mm. */
const STONE_MM = { least: 2, most: 20 }

/** A design, fully decided: the same recipe always gives the same solids. Lengths in mm. */
export const recipeSchema = z.object({
  version: z.literal(1),
  piece: z.literal("solitaire"),
  size: z.object({ system: z.enum(sizeSystems), text: z.string().max(20), diameterMm: z.number().min(11).max(26) }),
  metal: z.enum(metalIds),
  finish: z.enum(finishes),
  band: z.object({
    profile: z.enum(bandProfiles),
    widthMm: z.number().min(1).max(15),
    thicknessMm: z.number().min(0.3).max(6),
    edgeMm: z.number().min(0).max(1),
  }),
  stone: z.object({
    species: z.enum(stoneIds),
    cut: z.literal("round"),
    diameterMm: z.number().min(STONE_MM.least).max(STONE_MM.most),
    proportions: z.object({
      tablePercent: z.number().min(45).max(75),
      crownDegrees: z.number().min(25).max(42),
      pavilionDegrees: z.number().min(38).max(46),
      starPercent: z.number().min(30).max(75),
      lowerPercent: z.number().min(50).max(95),
      girdlePercent: z.number().min(2).max(8),
    }),
  }),
  head: z.object({
    prongs: z.literal([4, 6]),
    prongDiameterMm: z.number().min(0.2).max(3),
    seatShare: z.number().min(0).max(0.5),
    rails: z.literal([1, 2]),
    liftMm: z.number().min(0).max(5),
  }),
  /** Fields of the brief that nobody gave: they follow when what they depend on changes. */
  defaults: z.array(z.string().max(40)).max(20),
})

export type Recipe = z.output<typeof recipeSchema>

export interface Change {
  field: string
  from: string | number
  to: string | number
}

/** Resolves what somebody asked for. Throws UserError for impossible wishes and a Question for an ambiguous ring size. */
export function newRecipe(brief: Brief, locale?: string): { recipe: Recipe; defaults: string[] } {
  const wanted = checked(brief)
  const size = wanted.size === undefined ? defaultSize(wanted, locale) : sizeFrom(wanted.size, wanted, locale)
  const recipe = resolve(wanted, size, idealProportions)
  return { recipe, defaults: recipe.defaults }
}

/** The recipe with the wishes applied; whatever was a default follows. Resizing keeps the stone and its head. */
export function changeRecipe(
  recipe: Recipe,
  wishes: Partial<Brief>,
  locale?: string,
): { recipe: Recipe; changes: Change[] } {
  const wanted = checked(wishes)
  const kept = givenIn(recipe)
  if (wanted.carat !== undefined) delete kept.stone_diameter_mm
  const changed = resolve(
    { ...kept, ...given(wanted) },
    changedSize(recipe.size, wanted, locale),
    recipe.stone.proportions,
  )
  return { recipe: changed, changes: compareRecipes(recipe, changed) }
}

/** What differs between two designs, in the words of the brief; from `a` to `b`. */
export function compareRecipes(a: Recipe, b: Recipe): Change[] {
  const before = parametersOf(a)
  const after = parametersOf(b)
  return Object.keys(after).flatMap((field) => {
    const [from, to] = [before[field], after[field]]
    return from === undefined || to === undefined || from === to ? [] : [{ field, from, to }]
  })
}

/** "14k rose gold solitaire, US 7, 1.00 ct round diamond". */
export function describeRecipe(recipe: Recipe): string {
  const { species, cut } = recipe.stone
  return `${metalOf(recipe.metal).title} ${recipe.piece}, ${sizeName(recipe.size)}, ${stoneCarat(recipe).toFixed(2)} ct ${cut} ${stoneOf(species).title}`
}

/** Weight of the stone by its own facets. */
export function stoneCarat(recipe: Recipe): number {
  const { species, diameterMm, proportions } = recipe.stone
  return caratOf(species, unitVolume(proportions) * diameterMm ** 3)
}

function checked(brief: Partial<Brief>): Partial<Brief> {
  const parsed = briefSchema.safeParse(brief)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new UserError(
      `${String(issue?.path[0] ?? "The brief")} cannot be used: ${issue?.message ?? "not understood"}.`,
      "Correct that field and ask again.",
    )
  }
  if (parsed.data.carat !== undefined && parsed.data.stone_diameter_mm !== undefined)
    throw new UserError(
      `Both a weight (${parsed.data.carat} ct) and a diameter (${parsed.data.stone_diameter_mm} mm) were given for the stone.`,
      "Give one of the two: the other follows from the cut and the species.",
    )
  return parsed.data
}

function resolve(brief: Partial<Brief>, size: RingSize, proportions: Recipe["stone"]["proportions"]): Recipe {
  const species = brief.stone ?? "diamond"
  const diameterMm = stoneDiameter(brief, species, proportions)
  const prongs = brief.prongs ?? (diameterMm < FOUR_PRONGS_BELOW_MM ? 4 : 6)
  const prongDiameterMm = brief.prong_diameter_mm ?? usualProng(diameterMm, prongs)
  refuseClumsyProng(prongDiameterMm, diameterMm)
  const stated = Object.keys(given(brief))
  if (brief.carat !== undefined) stated.push("stone_diameter_mm")
  return {
    version: 1,
    piece: "solitaire",
    size,
    metal: brief.metal ?? "14k_yellow_gold",
    finish: brief.finish ?? "polished",
    band: {
      profile: brief.band_profile ?? "d",
      widthMm: brief.band_width_mm ?? 2.2,
      thicknessMm: brief.band_thickness_mm ?? 1.8,
      edgeMm: 0.15,
    },
    stone: { species, cut: "round", diameterMm, proportions: { ...proportions } },
    head: {
      prongs,
      prongDiameterMm,
      seatShare: 0.25,
      rails: diameterMm >= 8.5 ? 2 : 1,
      liftMm: round(0.45 + 0.04 * diameterMm, 0.01),
    },
    defaults: fieldsWithDefault.filter((field) => !stated.includes(field)),
  }
}

/** Fields that get a default when left out; the size is decided apart. */
const fieldsWithDefault: readonly BriefField[] = [
  "size",
  "metal",
  "finish",
  "stone",
  "stone_diameter_mm",
  "prongs",
  "prong_diameter_mm",
  "band_profile",
  "band_width_mm",
  "band_thickness_mm",
]

/** Smaller stones look crowded in six prongs. */
const FOUR_PRONGS_BELOW_MM = 3.5

/** 0.8 to 1.3 mm for centre stones (Stuller), growing with the stone; four prongs a little stouter than six. */
function usualProng(diameterMm: number, prongs: 4 | 6): number {
  if (diameterMm < FOUR_PRONGS_BELOW_MM) return diameterMm < 2.5 ? 0.7 : 0.8
  const six = Math.min(1.4, Math.max(0.9, 0.5 + 0.075 * diameterMm))
  return round(prongs === 4 ? six + 0.1 : six, 0.05)
}

/** Thicker prongs than this cannot follow the curve from the foot to the girdle without passing through themselves. */
function refuseClumsyProng(prongMm: number, stoneMm: number): void {
  const most = Math.floor(10 * (0.75 + 0.38 * stoneMm)) / 10
  if (prongMm > most)
    throw new UserError(
      `Prongs of ${prongMm} mm cannot be bent around a stone of ${stoneMm.toFixed(2)} mm.`,
      `Set prong_diameter_mm to ${most} or less, or choose a larger stone.`,
    )
}

function stoneDiameter(brief: Partial<Brief>, species: StoneId, proportions: Recipe["stone"]["proportions"]): number {
  if (brief.carat === undefined) return brief.stone_diameter_mm ?? 6.5
  const diameter = Math.cbrt(brief.carat / caratOf(species, unitVolume(proportions)))
  if (diameter >= STONE_MM.least && diameter <= STONE_MM.most) return Number(diameter.toFixed(4))
  const weight = (mm: number) => caratOf(species, unitVolume(proportions) * mm ** 3).toFixed(2)
  throw new UserError(
    `A round ${stoneOf(species).title} of ${brief.carat} ct would be ${diameter.toFixed(2)} mm wide.`,
    `Stones may be ${STONE_MM.least} to ${STONE_MM.most} mm, which is ${weight(STONE_MM.least)} to ${weight(STONE_MM.most)} ct of it.`,
  )
}

/** Volume of the brilliant with a diameter of 1 mm. */
function unitVolume(proportions: Recipe["stone"]["proportions"]): number {
  return volume(brilliant(1, proportions))
}

function sizeFrom(size: string | number, brief: Partial<Brief>, locale: string | undefined): RingSize {
  if (brief.size_system) return readRingSize(String(size), { system: brief.size_system })
  return readRingSize(String(size), locale === undefined ? {} : { locale })
}

/** A system alone rewrites the size in it; a bare number stays in the system that the design is sized in, if it can be read there. */
function changedSize(before: RingSize, wanted: Partial<Brief>, locale: string | undefined): RingSize {
  if (wanted.size === undefined)
    return wanted.size_system ? (nearestSize(wanted.size_system, before.diameterMm) ?? before) : before
  if (wanted.size_system) return sizeFrom(wanted.size, wanted, locale)
  return tryRingSize(String(wanted.size), before.system) ?? sizeFrom(wanted.size, wanted, locale)
}

/** The usual sample size, written in the system asked for or used where the person is. */
function defaultSize(brief: Partial<Brief>, locale: string | undefined): RingSize {
  const sample = readRingSize("7", { system: "us" })
  const system = brief.size_system ?? systemOfLocale(locale)
  return (system && nearestSize(system, sample.diameterMm)) || sample
}

/** The brief that a recipe came from: only what somebody gave. */
function givenIn(recipe: Recipe): Partial<Brief> {
  const all: Partial<Brief> = {
    metal: recipe.metal,
    finish: recipe.finish,
    stone: recipe.stone.species,
    stone_diameter_mm: recipe.stone.diameterMm,
    prongs: recipe.head.prongs,
    prong_diameter_mm: recipe.head.prongDiameterMm,
    band_profile: recipe.band.profile,
    band_width_mm: recipe.band.widthMm,
    band_thickness_mm: recipe.band.thicknessMm,
    size: recipe.size.text,
  }
  return Object.fromEntries(Object.entries(all).filter(([field]) => !recipe.defaults.includes(field)))
}

function given(brief: Partial<Brief>): Partial<Brief> {
  return Object.fromEntries(Object.entries(brief).filter(([, value]) => value !== undefined))
}

/** Every parameter in the words of the brief. */
export function parametersOf(recipe: Recipe): Record<string, string | number> {
  return {
    size: sizeName(recipe.size),
    metal: recipe.metal,
    finish: recipe.finish,
    stone: recipe.stone.species,
    carat: round(stoneCarat(recipe), 0.01),
    stone_diameter_mm: round(recipe.stone.diameterMm, 0.01),
    prongs: recipe.head.prongs,
    prong_diameter_mm: recipe.head.prongDiameterMm,
    rails: recipe.head.rails,
    band_profile: recipe.band.profile,
    band_width_mm: recipe.band.widthMm,
    band_thickness_mm: recipe.band.thicknessMm,
  }
}

function round(value: number, step: number): number {
  return Number((Math.round(value / step) * step).toFixed(4))
}
