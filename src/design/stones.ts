import type { Material, Rgb } from "#src/geometry/mesh.ts"

export interface Stone {
  title: string
  /** Refractive index (mean where the mineral has two). */
  ior: number
  /** Difference of the index between the Fraunhofer lines B and G. */
  dispersion: number
  /** Specific gravity, g/cm³. */
  density: number
  /** Linear colour of light that crossed `reach` stone depths; absent = colourless. */
  body?: { color: Rgb; reach: number }
  /** Milky instead of clear: share of light that passes. */
  clarity?: number
  aliases: readonly string[]
}

/**
 * Optical and physical data as gemmological tables give them; body colours after JewelCraft's swatches where it has one, else
 * by eye. Channels near zero are lifted, since zero renders black; `reach` is tuned so that the long paths of light inside a
 * brilliant (3 to 5 depths) still carry colour.
 */
export const stones = {
  diamond: { title: "diamond", ior: 2.417, dispersion: 0.044, density: 3.52, aliases: ["brilliant"] },
  moissanite: { title: "moissanite", ior: 2.65, dispersion: 0.104, density: 3.22, aliases: ["moiss"] },
  cubic_zirconia: { title: "cubic zirconia", ior: 2.16, dispersion: 0.06, density: 5.8, aliases: ["cz", "zirconia"] },
  ruby: {
    title: "ruby",
    ior: 1.766,
    dispersion: 0.018,
    density: 4,
    body: { color: [0.82, 0.02, 0.05], reach: 1.25 },
    aliases: [],
  },
  sapphire: {
    title: "sapphire",
    ior: 1.766,
    dispersion: 0.018,
    density: 4,
    body: { color: [0.022, 0.075, 0.58], reach: 1.25 },
    aliases: ["blue sapphire"],
  },
  emerald: {
    title: "emerald",
    ior: 1.58,
    dispersion: 0.014,
    density: 2.72,
    body: { color: [0.02, 0.6, 0.2], reach: 1.6 },
    aliases: [],
  },
  aquamarine: {
    title: "aquamarine",
    ior: 1.58,
    dispersion: 0.014,
    density: 2.72,
    body: { color: [0.35, 0.82, 0.9], reach: 1.6 },
    aliases: ["aqua"],
  },
  morganite: {
    title: "morganite",
    ior: 1.585,
    dispersion: 0.014,
    density: 2.8,
    body: { color: [1, 0.66, 0.62], reach: 1.6 },
    aliases: [],
  },
  alexandrite: {
    title: "alexandrite",
    ior: 1.75,
    dispersion: 0.015,
    density: 3.73,
    body: { color: [0.12, 0.5, 0.42], reach: 1.6 },
    aliases: [],
  },
  spinel: {
    title: "spinel",
    ior: 1.718,
    dispersion: 0.02,
    density: 3.6,
    body: { color: [0.9, 0.06, 0.16], reach: 1.6 },
    aliases: ["red spinel"],
  },
  topaz: {
    title: "topaz",
    ior: 1.62,
    dispersion: 0.014,
    density: 3.53,
    body: { color: [0.28, 0.72, 0.95], reach: 1.6 },
    aliases: ["blue topaz"],
  },
  tourmaline: {
    title: "tourmaline",
    ior: 1.63,
    dispersion: 0.017,
    density: 3.06,
    body: { color: [0.08, 0.56, 0.3], reach: 1.6 },
    aliases: ["green tourmaline"],
  },
  pyrope: {
    title: "pyrope garnet",
    ior: 1.746,
    dispersion: 0.022,
    density: 3.78,
    body: { color: [0.62, 0.02, 0.04], reach: 1.6 },
    aliases: ["pyrope"],
  },
  almandine: {
    title: "almandine garnet",
    ior: 1.79,
    dispersion: 0.024,
    density: 4.05,
    body: { color: [0.55, 0.02, 0.08], reach: 1.6 },
    aliases: ["almandine", "garnet", "red garnet"],
  },
  rhodolite: {
    title: "rhodolite garnet",
    ior: 1.76,
    dispersion: 0.026,
    density: 3.84,
    body: { color: [0.75, 0.04, 0.3], reach: 1.6 },
    aliases: ["rhodolite"],
  },
  tsavorite: {
    title: "tsavorite garnet",
    ior: 1.74,
    dispersion: 0.028,
    density: 3.61,
    body: { color: [0.04, 0.58, 0.12], reach: 1.6 },
    aliases: ["tsavorite", "green garnet"],
  },
  demantoid: {
    title: "demantoid garnet",
    ior: 1.888,
    dispersion: 0.057,
    density: 3.84,
    body: { color: [0.3, 0.7, 0.08], reach: 1.6 },
    aliases: ["demantoid"],
  },
  peridot: {
    title: "peridot",
    ior: 1.67,
    dispersion: 0.02,
    density: 3.34,
    body: { color: [0.42, 0.72, 0.04], reach: 1.6 },
    aliases: ["olivine"],
  },
  zircon: {
    title: "zircon",
    ior: 1.95,
    dispersion: 0.039,
    density: 4.7,
    body: { color: [0.3, 0.75, 0.92], reach: 1.6 },
    aliases: ["blue zircon"],
  },
  tanzanite: {
    title: "tanzanite",
    ior: 1.695,
    dispersion: 0.03,
    density: 3.35,
    body: { color: [0.14, 0.08, 0.66], reach: 1.6 },
    aliases: [],
  },
  amethyst: {
    title: "amethyst",
    ior: 1.548,
    dispersion: 0.013,
    density: 2.65,
    body: { color: [0.5, 0.1, 0.64], reach: 1.6 },
    aliases: [],
  },
  citrine: {
    title: "citrine",
    ior: 1.548,
    dispersion: 0.013,
    density: 2.65,
    body: { color: [0.95, 0.62, 0.06], reach: 1.6 },
    aliases: [],
  },
  rock_crystal: {
    title: "rock crystal",
    ior: 1.548,
    dispersion: 0.013,
    density: 2.65,
    aliases: ["quartz", "clear quartz"],
  },
  opal: {
    title: "opal",
    ior: 1.45,
    dispersion: 0,
    density: 2.15,
    body: { color: [0.9, 0.93, 0.96], reach: 1 },
    clarity: 0.35,
    aliases: ["white opal"],
  },
} as const satisfies Record<string, Stone>

export type StoneId = keyof typeof stones
export const stoneIds = Object.keys(stones) as [StoneId, ...StoneId[]] // the table's own keys, never empty

export function stoneOf(id: StoneId): Stone {
  return stones[id]
}

/** How a stone of this depth looks: KHR_materials_dispersion is 20 / Abbe number = 11.5 D / (n − 1). */
export function stoneMaterial(id: StoneId, depthMm: number): Material {
  const stone = stoneOf(id)
  return {
    name: stone.title,
    baseColor: stone.clarity === undefined ? [1, 1, 1] : (stone.body?.color ?? [1, 1, 1]),
    metallic: 0,
    roughness: stone.clarity === undefined ? 0 : 0.25,
    transmission: stone.clarity ?? 1,
    ior: stone.ior,
    dispersion: (11.5 * stone.dispersion) / (stone.ior - 1),
    attenuationColor: stone.body?.color ?? [1, 1, 1],
    attenuationDistance: stone.body ? stone.body.reach * depthMm : Infinity,
  }
}

/** Weight of a volume, ct (0.2 g). */
export function caratOf(id: StoneId, volumeMm3: number): number {
  return volumeMm3 * stoneOf(id).density * 0.005
}
