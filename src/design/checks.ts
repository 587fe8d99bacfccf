import { z } from "zod"
import type { Measures } from "#src/design/measures.ts"
import { metalOf } from "#src/design/metals.ts"
import type { Recipe } from "#src/design/recipe.ts"
import type { Vec } from "#src/geometry/surface.ts"

export const checkSchema = z.object({
  name: z.string(),
  state: z.enum(["ok", "warn", "fail"]),
  value: z.number().nullable().describe("What was measured."),
  limit: z.number().nullable().describe("What is allowed."),
  unit: z.string(),
  message: z.string().describe("What was found, and what to do when it is not ok."),
  at: z.array(z.number()).length(3).optional().describe("Where, in mm: x across, y up, z along the finger."),
})

export type Check = z.output<typeof checkSchema>

/** Bench rules, mm (Stuller, Gemwares, JCK, MJSA). */
const rules = {
  shank: { least: 1.2, better: 1.7 },
  bandWall: 0.8,
  /** Scrolls and galleries; stones below 3.5 mm stand in finer prongs. */
  headWall: { usual: 0.5, small: 0.4 },
  prong: { least: 0.6, better: 0.8 },
  culetToFinger: 0.5,
  overlap: 0.15,
  opening: 0.4,
  /** A seat may take up to half of the prong; a third is better. */
  seat: { least: 0.5, better: 0.67 },
  boreOver: 0.02,
} as const

const SMALL_STONE_MM = 3.5
/** Prongs of small stones after JewelCraft. */
const SMALL_PRONG_MM = 0.5
/** Shared volume below this is rounding, mm³. */
const TOUCH_MM3 = 0.001

/** Judges what was measured. Every check that is not ok says the number and the remedy. */
export function checkDesign(recipe: Recipe, found: Measures): Check[] {
  const small = recipe.stone.diameterMm < SMALL_STONE_MM
  return [
    ...bodyChecks(recipe, found),
    boreCheck(recipe, found),
    atLeast("band thickness", found.shankMm, rules.shank.least, rules.shank.better, {
      fix: "Set band_thickness_mm to 1.7 or more.",
    }),
    atLeast("minimum wall, band", found.bandWall?.thicknessMm, rules.bandWall, rules.bandWall, {
      fix: "Set band_thickness_mm or band_width_mm higher.",
      at: found.bandWall?.at,
    }),
    atLeast("minimum wall, head", found.headWall?.thicknessMm, small ? rules.headWall.small : rules.headWall.usual, 0, {
      fix:
        recipe.band.thicknessMm < rules.shank.least
          ? "Set band_thickness_mm to 1.7 or more."
          : `Set prong_diameter_mm to ${betterProng(recipe)} or more.`,
      at: found.headWall?.at,
    }),
    ...prongChecks(recipe, found, small),
    atLeast("culet to finger", found.culetToFingerMm, rules.culetToFinger, rules.culetToFinger, {
      fix: "Set band_thickness_mm higher: it lifts the stone.",
    }),
    seatCheck(found),
    ...metalChecks(recipe),
  ]
}

function bodyChecks(recipe: Recipe, { topology }: Measures): Check[] {
  const handles = 1 + recipe.head.prongs * recipe.head.rails
  const closed = topology.openEdges === 0
  const whole = topology.components === 1
  const open = topology.genus === handles
  return [
    {
      name: "watertight",
      state: closed ? "ok" : "fail",
      value: topology.openEdges,
      limit: 0,
      unit: "open edges",
      message: closed
        ? "The metal is a closed solid."
        : `The metal has ${topology.openEdges} open edges; it cannot be printed. Change a dimension a little.`,
    },
    {
      name: "one piece",
      state: whole ? "ok" : "fail",
      value: topology.components,
      limit: 1,
      unit: "pieces",
      message: whole
        ? "The metal is one piece."
        : `The metal falls into ${topology.components} pieces: set prong_diameter_mm or band_thickness_mm higher.`,
    },
    {
      name: "openings",
      state: open ? "ok" : "warn",
      value: topology.genus,
      limit: handles,
      unit: "openings",
      message: open
        ? "Bore and all gallery windows are open."
        : `Bore and gallery have ${topology.genus} openings where ${handles} are drawn: some have closed. Thinner or fewer prongs, or a larger stone, open them.`,
    },
  ]
}

function boreCheck(recipe: Recipe, { boreMm }: Measures): Check {
  const over = boreMm - recipe.size.diameterMm
  const right = over >= 0 && over <= rules.boreOver
  return {
    name: "bore",
    state: right ? "ok" : "fail",
    value: rounded(boreMm),
    limit: rounded(recipe.size.diameterMm),
    unit: "mm",
    message: right
      ? `The bore measures ${boreMm.toFixed(2)} mm, as its size asks.`
      : `The bore measures ${boreMm.toFixed(2)} mm instead of ${recipe.size.diameterMm.toFixed(2)} mm: set band_thickness_mm higher, so that the head does not reach through the band.`,
  }
}

function prongChecks(recipe: Recipe, found: Measures, small: boolean): Check[] {
  const least = small ? SMALL_PRONG_MM : rules.prong.least
  const remains = found.prongBehindSeat && found.prongBehindSeat.thicknessMm / recipe.head.prongDiameterMm
  const thicker = `Set prong_diameter_mm to ${betterProng(recipe)} or more.`
  return [
    atLeast("prong thickness", found.prongAcross?.thicknessMm, least, small ? least : rules.prong.better, {
      fix: thicker,
      at: found.prongAcross?.at,
      slack: 0.05,
    }),
    atLeast("prong left behind the seat", remains, rules.seat.least, rules.seat.better, {
      fix: thicker,
      at: found.prongBehindSeat?.at,
      unit: "of the prong",
    }),
    atLeast("prong reach over the stone", found.coverageMm, rules.overlap, rules.overlap, { fix: thicker }),
    atLeast("room between prongs", found.betweenProngsMm, rules.opening, rules.opening, {
      fix:
        recipe.head.prongs === 6
          ? "Use 4 prongs, or set prong_diameter_mm lower."
          : "Set prong_diameter_mm lower, or choose a larger stone.",
    }),
  ]
}

function seatCheck({ sharedMm3, railCutMm3 }: Measures): Check {
  const clean = sharedMm3 <= TOUCH_MM3 && railCutMm3 <= TOUCH_MM3
  return {
    name: "seat",
    state: clean ? "ok" : "fail",
    value: Number(Math.max(sharedMm3, railCutMm3).toFixed(4)),
    limit: TOUCH_MM3,
    unit: "mm³",
    message: clean
      ? "The stone touches nothing but its prongs."
      : "The stone runs into the gallery: choose a larger stone or thinner prongs.",
  }
}

function metalChecks(recipe: Recipe): Check[] {
  const { caution, title } = metalOf(recipe.metal)
  return [
    {
      name: "metal",
      state: caution ? "warn" : "ok",
      value: null,
      limit: null,
      unit: "",
      message: caution ?? `${title} can be cast as drawn.`,
    },
  ]
}

/** `value` must reach `least`; below `better` it is only a warning. A missing value fails: nothing was there to measure. */
function atLeast(
  name: string,
  value: number | undefined,
  least: number,
  better: number,
  more: { fix: string; at?: Vec | undefined; unit?: string; slack?: number },
): Check {
  const unit = more.unit ?? "mm"
  if (value === undefined || !Number.isFinite(value))
    return {
      name,
      state: "fail",
      value: null,
      limit: least,
      unit,
      message: `No ${name} could be measured. ${more.fix}`,
    }
  const slack = more.slack ?? 0.005
  const state = value < least - slack ? "fail" : value < better - slack ? "warn" : "ok"
  const limit = state === "warn" ? better : least
  const words = `${capital(name)}: ${value.toFixed(2)} ${unit}`
  return {
    name,
    state,
    value: rounded(value),
    limit,
    unit,
    message:
      state === "ok"
        ? `${words}.`
        : `${words}, ${state === "fail" ? "needed are" : "better are"} ${limit} ${unit}. ${more.fix}`,
    ...(more.at ? { at: more.at.map(rounded) } : {}),
  }
}

/** A thickness that passes both the prong rule and, after the seat is cut, the wall rule. */
function betterProng(recipe: Recipe): string {
  if (recipe.stone.diameterMm < SMALL_STONE_MM) return "0.8"
  return recipe.head.prongDiameterMm < 0.9 ? "0.9" : "1"
}

function rounded(value: number): number {
  return Number(value.toFixed(3))
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
