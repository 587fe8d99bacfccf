import type { Recipe } from "#src/design/recipe.ts"
import { brilliantHeights } from "#src/design/brilliant.ts"
import type { Solitaire } from "#src/design/solitaire.ts"
import { boundingBox, topology, volume } from "#src/geometry/measure.ts"
import type { Box, Topology } from "#src/geometry/measure.ts"
import { createSurface, innerDiameter, thinnestWall } from "#src/geometry/surface.ts"
import type { Surface, Vec, Wall } from "#src/geometry/surface.ts"

/** What was found on the finished solids, never taken from the parameters. Lengths mm. */
export interface Measures {
  boreMm: number
  metalMm3: number
  stoneMm3: number
  box: Box
  triangles: number
  topology: Topology
  /** Thinnest wall of the band, and of the head (seat notches, rails, tips). */
  bandWall: Wall | undefined
  headWall: Wall | undefined
  /** Metal at the foot of the finger's room, opposite the head. */
  shankMm: number
  /** The thinnest prong across, beside the seat. */
  prongAcross: Wall | undefined
  /** The least metal left behind a seat notch. */
  prongBehindSeat: Wall | undefined
  /** How far the least reaching tip stands over the stone. */
  coverageMm: number
  /** From the culet down to the finger. */
  culetToFingerMm: number
  /** Free way between two neighbouring prongs at the girdle. */
  betweenProngsMm: number
  sharedMm3: number
  railCutMm3: number
}

/** Thinnest surface passed over when looking for a wall, mm²: the feather edges that a cut leaves on each prong. */
const FEATHER_MM2 = 0.05
const BAND_SAMPLES_PER_MM2 = 3
const HEAD_SAMPLES_PER_MM2 = 20

export function measure(recipe: Recipe, made: Solitaire): Measures {
  const surface = createSurface(made.metal)
  const { widthMm, thicknessMm } = recipe.band
  const outside = recipe.size.diameterMm / 2 + thicknessMm + 0.05
  // The feet of the prongs stand partly beside a domed band: they are judged with the head.
  const feet = 0.8 + 1.2 * recipe.head.prongDiameterMm
  const inHead = (x: number, y: number, z: number) => y > 0 && (Math.hypot(x, y) > outside || Math.hypot(x, z) < feet)
  const heights = brilliantHeights(recipe.stone.diameterMm, recipe.stone.proportions)
  const boreMm = innerDiameter(surface, [-0.35 * widthMm, 0, 0.35 * widthMm])
  const prongs = made.azimuths.map((azimuth) => measureProng(surface, recipe, made.girdleY, azimuth))
  return {
    boreMm,
    metalMm3: volume(made.metal),
    stoneMm3: volume(made.stone),
    box: boundingBox(made.metal),
    triangles: made.metal.indices.length / 3,
    topology: topology(made.metal),
    bandWall: thinnestWall(surface, {
      region: (x, y, z) => !inHead(x, y, z),
      perMm2: BAND_SAMPLES_PER_MM2,
      ignoreMm2: FEATHER_MM2 * recipe.head.prongs,
    }),
    headWall: thinnestWall(surface, {
      region: inHead,
      perMm2: HEAD_SAMPLES_PER_MM2,
      ignoreMm2: FEATHER_MM2 * recipe.head.prongs,
    }),
    shankMm: surface.cast([0, -boreMm / 2, 0], [0, -1, 0], 0.05)?.distance ?? 0,
    prongAcross: least(prongs.map((it) => it.across)),
    prongBehindSeat: least(prongs.map((it) => it.behind)),
    coverageMm: coverage(recipe, made, heights.girdleHalf),
    culetToFingerMm: made.girdleY + heights.culet - boreMm / 2,
    betweenProngsMm: betweenProngs(surface, recipe, made),
    sharedMm3: made.sharedMm3,
    railCutMm3: made.railCutMm3,
  }
}

/** Behind the seat: from the outside of the prong straight through to the notch; across: sideways through what is left. */
function measureProng(
  surface: Surface,
  recipe: Recipe,
  girdleY: number,
  azimuth: number,
): { behind: Wall | undefined; across: Wall | undefined } {
  const radius = recipe.stone.diameterMm / 2
  const out: Vec = [Math.cos(azimuth), 0, Math.sin(azimuth)]
  const aside: Vec = [-out[2], 0, out[0]]
  const half = brilliantHeights(recipe.stone.diameterMm, recipe.stone.proportions).girdleHalf
  let behind: Wall | undefined
  for (const share of [-1, -0.5, 0, 0.5, 1]) {
    const y = girdleY + share * half
    const outer = surface.cast([out[0] * 3 * radius, y, out[2] * 3 * radius], [-out[0], 0, -out[2]])
    if (!outer || outer.distance > 2.5 * radius) continue
    const inner = surface.cast(outer.point, [-outer.normal[0], -outer.normal[1], -outer.normal[2]])
    if (inner && (!behind || inner.distance < behind.thicknessMm))
      behind = { thicknessMm: inner.distance, at: outer.point }
  }
  if (!behind) return { behind, across: undefined }
  const intoMetal = Math.min(0.8 * behind.thicknessMm, recipe.head.prongDiameterMm / 2)
  const depth = Math.hypot(behind.at[0], behind.at[2]) - intoMetal
  const middle: Vec = [out[0] * depth, girdleY, out[2] * depth]
  const [one, other] = [surface.cast(middle, aside), surface.cast(middle, [-aside[0], 0, -aside[2]])]
  return { behind, across: one && other ? { thicknessMm: one.distance + other.distance, at: middle } : undefined }
}

/** The tip that reaches least over the stone, from the metal above the girdle near each prong. */
function coverage(recipe: Recipe, made: Solitaire, girdleHalf: number): number {
  const { positions } = made.metal
  const innermost = made.azimuths.map(() => Infinity)
  for (let i = 0; i < positions.length; i += 3) {
    const [x, y, z] = [positions[i] ?? 0, positions[i + 1] ?? 0, positions[i + 2] ?? 0]
    if (y <= made.girdleY + girdleHalf) continue
    made.azimuths.forEach((azimuth, k) => {
      const reach = x * Math.cos(azimuth) + z * Math.sin(azimuth)
      const offset = Math.abs(z * Math.cos(azimuth) - x * Math.sin(azimuth))
      if (offset < recipe.head.prongDiameterMm / 2 && reach > 0 && reach < (innermost[k] ?? 0)) innermost[k] = reach
    })
  }
  return recipe.stone.diameterMm / 2 - Math.max(...innermost)
}

/** From the middle between two prongs to the nearer one, twice; 0 when they have grown together. */
function betweenProngs(surface: Surface, recipe: Recipe, made: Solitaire): number {
  const [first = 0, second = 0] = made.azimuths
  const middle = (first + second) / 2
  const out = recipe.stone.diameterMm / 2 + recipe.head.prongDiameterMm * (0.5 - recipe.head.seatShare)
  const radius = out * Math.cos((second - first) / 2)
  const origin: Vec = [radius * Math.cos(middle), made.girdleY, radius * Math.sin(middle)]
  const aside: Vec = [-Math.sin(middle), 0, Math.cos(middle)]
  const hit = surface.cast(origin, aside)
  // Starting inside metal, the first face met looks along the ray.
  if (!hit || hit.normal[0] * aside[0] + hit.normal[2] * aside[2] > 0) return 0
  return 2 * hit.distance
}

function least(walls: readonly (Wall | undefined)[]): Wall | undefined {
  return walls.reduce((thinnest, wall) =>
    !thinnest || (wall && wall.thicknessMm < thinnest.thicknessMm) ? wall : thinnest,
  )
}
