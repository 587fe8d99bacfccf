import type { Material, Rgb } from "#src/geometry/mesh.ts"

export interface Metal {
  title: string
  /** g/cm³. */
  density: number
  /** Where the density comes from: published values of one alloy differ by up to 2 %. */
  source: "JewelCraft" | "Stuller" | "common data sheets"
  /** Linear RGB of the polished metal. */
  color: Rgb
  /** What a maker should know before casting it. */
  caution?: string
  /** Words people use, beside the title. */
  aliases: readonly string[]
}

export const finishes = ["polished", "satin", "sandblasted"] as const
export type Finish = (typeof finishes)[number]

/** Perceptual roughness of each finish. */
const roughness: Record<Finish, number> = { polished: 0.08, satin: 0.35, sandblasted: 0.5 }

// Pure metals: physicallybased.info (CC0), clamped to 1. Alloys: no table exists, mixed by eye.
const WHITE_GOLD: Rgb = [0.8, 0.77, 0.7]
const PLATINUM: Rgb = [0.765, 0.73, 0.676]
const SILVER: Rgb = [0.991, 0.985, 0.974]

const SOFT = "Too soft for prongs that are worn every day: 18k or 14k holds a stone better."
const SPECIAL = "Few casters pour it: ask for 3D-printed or milled metal."

/** "14k rose gold" with what people call it: karat words, fineness, both orders. */
function gold(
  karat: number,
  fineness: number,
  tint: string,
  rest: Omit<Metal, "title" | "aliases">,
  more: readonly string[] = [],
): Metal {
  const title = `${karat}k ${tint} gold`
  const aliases = [
    `${karat}kt ${tint} gold`,
    `${karat} karat ${tint} gold`,
    `${karat}ct ${tint} gold`,
    `${karat}k ${tint}`,
    // As on a job bag: 18kw, 18kyg, 14k rg.
    ...[`${karat}k${tint[0]}`, `${karat}k${tint[0]}g`, `${karat}k ${tint[0]}g`].filter(() => !tint.includes(" ")),
  ]
  return { title, aliases: [...aliases, `${tint} gold ${karat}k`, `${fineness} ${tint} gold`, ...more], ...rest }
}

/** The metals a ring can be made of. A mass is only as good as the density, so each names its source. */
export const metals = {
  "24k_yellow_gold": gold(
    24,
    999,
    "yellow",
    { density: 19.32, source: "JewelCraft", color: [1, 0.773, 0.307], caution: SOFT },
    ["24k gold", "pure gold", "fine gold"],
  ),
  "22k_yellow_gold": gold(
    22,
    916,
    "yellow",
    { density: 17.86, source: "JewelCraft", color: [1, 0.755, 0.31], caution: SOFT },
    ["22k gold"],
  ),
  "18k_yellow_gold": gold(18, 750, "yellow", { density: 15.53, source: "JewelCraft", color: [1, 0.735, 0.33] }, [
    "18k gold",
    "750 gold",
    "18 karat gold",
  ]),
  "18k_white_gold": gold(18, 750, "white", { density: 14.69, source: "JewelCraft", color: WHITE_GOLD }),
  "18k_palladium_white_gold": gold(
    18,
    750,
    "palladium white",
    { density: 15.66, source: "JewelCraft", color: [0.77, 0.745, 0.69] },
    ["18k nickel free white gold"],
  ),
  "18k_rose_gold": gold(18, 750, "rose", { density: 15.02, source: "JewelCraft", color: [0.94, 0.66, 0.5] }, [
    "18k pink gold",
    "18k red gold",
  ]),
  "18k_green_gold": gold(18, 750, "green", { density: 15.9, source: "JewelCraft", color: [0.9, 0.8, 0.46] }),
  "14k_yellow_gold": gold(14, 585, "yellow", { density: 13.05, source: "JewelCraft", color: [0.97, 0.735, 0.39] }, [
    "14k gold",
    "585 gold",
    "14 karat gold",
    "yellow gold",
    "gold",
  ]),
  "14k_white_gold": gold(14, 585, "white", { density: 12.61, source: "JewelCraft", color: WHITE_GOLD }, ["white gold"]),
  "14k_palladium_white_gold": gold(
    14,
    585,
    "palladium white",
    { density: 14.6, source: "JewelCraft", color: [0.77, 0.745, 0.69] },
    ["14k nickel free white gold"],
  ),
  "14k_rose_gold": gold(14, 585, "rose", { density: 13.03, source: "JewelCraft", color: [0.92, 0.63, 0.48] }, [
    "14k pink gold",
    "14k red gold",
    "rose gold",
    "red gold",
    "pink gold",
  ]),
  "14k_green_gold": gold(14, 585, "green", { density: 14.2, source: "JewelCraft", color: [0.87, 0.8, 0.52] }, [
    "green gold",
  ]),
  "10k_yellow_gold": gold(10, 417, "yellow", { density: 11.47, source: "JewelCraft", color: [0.94, 0.745, 0.46] }, [
    "10k gold",
  ]),
  "10k_white_gold": gold(10, 417, "white", { density: 10.99, source: "JewelCraft", color: WHITE_GOLD }),
  "10k_rose_gold": gold(10, 417, "rose", { density: 11.52, source: "JewelCraft", color: [0.9, 0.63, 0.5] }),
  "9k_yellow_gold": gold(
    9,
    375,
    "yellow",
    { density: 11.4, source: "common data sheets", color: [0.92, 0.745, 0.49] },
    ["9k gold"],
  ),
  platinum_950: {
    title: "platinum 950",
    density: 20.7,
    source: "JewelCraft",
    color: PLATINUM,
    aliases: ["platinum", "plat", "plat 950", "pt950", "pt 950", "950 platinum", "platinum 950 ruthenium"],
  },
  platinum_950_cobalt: {
    title: "platinum 950 cobalt",
    density: 20.8,
    source: "JewelCraft",
    color: PLATINUM,
    aliases: ["platinum cobalt", "ptco"],
  },
  platinum_900: {
    title: "platinum 900",
    density: 21.54,
    source: "JewelCraft",
    color: PLATINUM,
    aliases: ["pt900", "platinum iridium"],
  },
  palladium_950: {
    title: "palladium 950",
    density: 12.16,
    source: "JewelCraft",
    color: [0.734, 0.704, 0.662],
    aliases: ["palladium", "pd950"],
  },
  sterling_silver: {
    title: "sterling silver",
    density: 10.36,
    source: "JewelCraft",
    color: SILVER,
    aliases: ["silver", "925 silver", "silver 925"],
  },
  fine_silver: {
    title: "fine silver",
    density: 10.53,
    source: "JewelCraft",
    color: SILVER,
    caution: "Too soft for prongs that are worn every day: sterling holds a stone better.",
    aliases: ["999 silver", "pure silver"],
  },
  titanium: {
    title: "titanium",
    density: 4.43,
    source: "JewelCraft",
    color: [0.441, 0.4, 0.361],
    caution: SPECIAL,
    aliases: ["ti6al4v", "titanium grade 5"],
  },
  stainless_steel: {
    title: "stainless steel",
    density: 7.75,
    source: "JewelCraft",
    color: [0.669, 0.639, 0.598],
    caution: SPECIAL,
    aliases: ["steel"],
  },
  brass: { title: "brass", density: 8.75, source: "JewelCraft", color: [0.91, 0.778, 0.423], aliases: [] },
  bronze: { title: "bronze", density: 8.8, source: "JewelCraft", color: [0.8, 0.58, 0.36], aliases: [] },
  casting_wax: {
    title: "casting wax",
    density: 1,
    source: "JewelCraft",
    color: [0.09, 0.24, 0.2],
    caution: "Wax is the pattern, not the ring: cast it in a metal before wearing it.",
    aliases: ["wax"],
  },
} as const satisfies Record<string, Metal>

export type MetalId = keyof typeof metals
export const metalIds = Object.keys(metals) as [MetalId, ...MetalId[]] // the table's own keys, never empty

export function metalOf(id: MetalId): Metal {
  return metals[id]
}

/** How the metal looks in pictures and GLB files. */
export function metalMaterial(id: MetalId, finish: Finish): Material {
  const metal = metalOf(id)
  return {
    name: `${metal.title}, ${finish}`,
    baseColor: metal.color,
    metallic: id === "casting_wax" ? 0 : 1,
    roughness: id === "casting_wax" ? 0.45 : roughness[finish],
    transmission: 0,
    ior: 1.5,
    dispersion: 0,
    attenuationColor: [1, 1, 1],
    attenuationDistance: Infinity,
  }
}

/** Mass of a volume, g. */
export function massOf(id: MetalId, volumeMm3: number): number {
  return (volumeMm3 * metalOf(id).density) / 1000
}
