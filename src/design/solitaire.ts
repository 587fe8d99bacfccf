import { bandMesh, BAND_SEGMENTS } from "#src/design/band.ts"
import { brilliant } from "#src/design/brilliant.ts"
import { headParts } from "#src/design/head.ts"
import type { Recipe } from "#src/design/recipe.ts"
import type { TriMesh } from "#src/geometry/mesh.ts"
import type { Solids } from "#src/geometry/solid.ts"
import { drum } from "#src/geometry/sweep.ts"

/** Room around the stone in its seat, mm: the stone must go in, and must not rattle. */
const SEAT_CLEARANCE_MM = 0.02
/** Added to the bore's diameter, mm: rounding to 32-bit coordinates may never make a ring small. */
const BORE_ALLOWANCE_MM = 0.002

export interface Solitaire {
  /** One watertight solid with the seat cut. */
  metal: TriMesh
  stone: TriMesh
  /** Height of the middle of the girdle above the bore's axis, mm. */
  girdleY: number
  /** Directions of the prongs around y, radians from x towards z. */
  azimuths: number[]
  /** Volume that stone and metal share, mm³; 0 when the seat is cut cleanly. */
  sharedMm3: number
  /** Volume that the seat takes from the rails, mm³; they should stay clear of the stone. */
  railCutMm3: number
}

/** Joins band and head and cuts the seat. */
export function solitaire(recipe: Recipe, solids: Solids): Solitaire {
  const bore = recipe.size.diameterMm + BORE_ALLOWANCE_MM
  const { diameterMm, proportions } = recipe.stone
  const head = headParts({ boreMm: bore, band: recipe.band, stoneDiameterMm: diameterMm, proportions }, recipe.head)
  const stone = raised(brilliant(diameterMm, proportions), head.girdleY)
  const cutter = solids.fromMesh(raised(brilliant(diameterMm + 2 * SEAT_CLEARANCE_MM, proportions), head.girdleY))
  const rails = solids.union(head.rails.map(solids.fromMesh))
  // The feet end inside the band; where a thin band is too thin for them, the finger's room is cut free.
  const finger = drum(bore / 2 + 0.3 * recipe.band.thicknessMm, 40, BAND_SEGMENTS)
  const above = solids.union([rails, ...[head.stem, ...head.prongs].map(solids.fromMesh)])
  const basket = solids.subtract(above, [solids.fromMesh(finger)])
  const metal = solids.subtract(solids.union([solids.fromMesh(bandMesh(bore, recipe.band)), basket]), [cutter])
  return {
    metal: solids.toMesh(metal),
    stone,
    girdleY: head.girdleY,
    azimuths: head.azimuths,
    sharedMm3: solids.sharedVolume(metal, solids.fromMesh(stone)),
    railCutMm3: solids.sharedVolume(rails, cutter),
  }
}

function raised(mesh: TriMesh, by: number): TriMesh {
  const positions = new Float32Array(mesh.positions)
  for (let i = 1; i < positions.length; i += 3) positions[i] = (positions[i] ?? 0) + by
  return { positions, indices: mesh.indices }
}
