import type { TriMesh } from "#src/geometry/mesh.ts"

/** Proportions of a round brilliant; percentages of the girdle diameter unless said otherwise, angles from the girdle plane. */
export interface BrilliantProportions {
  tablePercent: number
  crownDegrees: number
  pavilionDegrees: number
  /** Reach of the star facets from the table towards the girdle, % of that distance. */
  starPercent: number
  /** Reach of the lower halves from the girdle towards the culet, %. */
  lowerPercent: number
  /** Girdle thickness at the mains. */
  girdlePercent: number
}

/** GIA Excellent in every number (depth 60.9 %). */
export const idealProportions: BrilliantProportions = {
  tablePercent: 57,
  crownDegrees: 34.5,
  pavilionDegrees: 40.8,
  starPercent: 55,
  lowerPercent: 80,
  girdlePercent: 3,
}

/** Heights above and below the middle of the girdle, mm. */
export interface BrilliantHeights {
  table: number
  girdleHalf: number
  culet: number
}

/** Sides of the girdle polygon; a multiple of 16 so that every facet meets it at a corner. */
const GIRDLE_SIDES = 96
const PER_HALF = GIRDLE_SIDES / 16
const STEP = Math.PI / 8

export function brilliantHeights(diameterMm: number, shape: BrilliantProportions): BrilliantHeights {
  const radius = diameterMm / 2
  const girdleHalf = (diameterMm * shape.girdlePercent) / 200
  return {
    girdleHalf,
    table: girdleHalf + radius * (1 - shape.tablePercent / 100) * tan(shape.crownDegrees),
    culet: -girdleHalf - radius * tan(shape.pavilionDegrees),
  }
}

/**
 * Round brilliant with its axis along y and the middle of its girdle at the origin: 1 table, 8 stars, 8 crown mains,
 * 16 upper halves, 16 lower halves, 8 pavilion mains, and a girdle of 96 faces scalloped by the halves.
 * Mains pass through the rim at their own angle; each half passes through the rim at its main and at 22.5° from it, and
 * through the tip of the star (crown) or the end of the lower half (pavilion).
 */
export function brilliant(diameterMm: number, shape: BrilliantProportions): TriMesh {
  const radius = diameterMm / 2
  const heights = brilliantHeights(diameterMm, shape)
  const table = shape.tablePercent / 100
  const inner = table * Math.cos(STEP)
  const starReach = inner + (shape.starPercent / 100) * (1 - inner)
  const lowerReach = 1 - shape.lowerPercent / 100
  // A main falls with the distance from the axis along its own azimuth, so at 22.5° off that distance is r·cos 22.5°.
  const star = heights.girdleHalf + radius * (1 - starReach * Math.cos(STEP)) * tan(shape.crownDegrees)
  const lower = -heights.girdleHalf - radius * (1 - lowerReach * Math.cos(STEP)) * tan(shape.pavilionDegrees)

  const mesh = meshBuilder()
  const corner = ring(8, 0, (azimuth) => mesh.point(radius * table, azimuth, heights.table))
  const starTip = ring(8, STEP, (azimuth) => mesh.point(radius * starReach, azimuth, star))
  const lowerTip = ring(8, STEP, (azimuth) => mesh.point(radius * lowerReach, azimuth, lower))
  const upperRim = rim(mesh, radius, heights.girdleHalf, { reach: starReach, height: star })
  const lowerRim = rim(mesh, radius, -heights.girdleHalf, { reach: lowerReach, height: lower })
  const culet = mesh.point(0, 0, heights.culet)

  mesh.face(corner)
  for (let main = 0; main < 8; main++) {
    const before = (main + 7) % 8
    const half = main * 2 * PER_HALF
    const [tip, tipBefore] = [at(starTip, main), at(starTip, before)]
    const [low, lowBefore] = [at(lowerTip, main), at(lowerTip, before)]
    mesh.face([at(corner, main), tip, at(corner, (main + 1) % 8)])
    mesh.face([at(corner, main), tipBefore, at(upperRim, half), tip])
    mesh.face([tip, ...arc(upperRim, half, PER_HALF)])
    mesh.face([tip, ...arc(upperRim, half + PER_HALF, PER_HALF)])
    mesh.face([culet, low, at(lowerRim, half), lowBefore])
    mesh.face([low, ...arc(lowerRim, half, PER_HALF).reverse()])
    mesh.face([low, ...arc(lowerRim, half + PER_HALF, PER_HALF).reverse()])
  }
  for (let i = 0; i < GIRDLE_SIDES; i++) {
    const next = (i + 1) % GIRDLE_SIDES
    mesh.face([at(lowerRim, i), at(lowerRim, next), at(upperRim, next), at(upperRim, i)])
  }
  return mesh.build()
}

interface Tip {
  reach: number
  height: number
}

/** The rim where the half facets cut the girdle: at `edge` where mains meet it, bending away from it in between. */
function rim(mesh: MeshBuilder, radius: number, edge: number, tip: Tip): number[] {
  const points: number[] = []
  for (let i = 0; i < GIRDLE_SIDES; i++) {
    const turn = ((i % (2 * PER_HALF)) / PER_HALF) * STEP
    const fromTip = Math.abs(turn - STEP)
    points.push(mesh.point(radius, (2 * Math.PI * i) / GIRDLE_SIDES, halfPlane(radius, edge, tip, fromTip)))
  }
  return points
}

/** Height of a half's plane above a rim point `fromTip` radians from its tip's azimuth. */
function halfPlane(radius: number, edge: number, tip: Tip, fromTip: number): number {
  // Rim at the tip's azimuth A = (1, 0), rim at the main B = (cos 22.5°, sin 22.5°), tip T = (reach, 0), all × radius:
  // height = edge + p (1 − x) + q y with zero at A and B.
  const p = (tip.height - edge) / (radius * (1 - tip.reach))
  const q = -(p * (1 - Math.cos(STEP))) / Math.sin(STEP)
  return edge + radius * (p * (1 - Math.cos(fromTip)) + q * Math.sin(fromTip))
}

interface MeshBuilder {
  /** Number of the new vertex. */
  point(radius: number, azimuth: number, height: number): number
  /** A flat convex polygon, counter-clockwise seen from outside. */
  face(corners: readonly number[]): void
  build(): TriMesh
}

function meshBuilder(): MeshBuilder {
  const positions: number[] = []
  const indices: number[] = []
  return {
    point: (radius, azimuth, height) => {
      positions.push(radius * Math.sin(azimuth), height, radius * Math.cos(azimuth))
      return positions.length / 3 - 1
    },
    face: (corners) => {
      for (let i = 1; i + 1 < corners.length; i++) indices.push(at(corners, 0), at(corners, i), at(corners, i + 1))
    },
    build: () => ({ positions: Float32Array.from(positions), indices: Uint32Array.from(indices) }),
  }
}

function ring(count: number, offset: number, point: (azimuth: number) => number): number[] {
  return Array.from({ length: count }, (_, i) => point(offset + (2 * Math.PI * i) / count))
}

function arc(rim: readonly number[], from: number, steps: number): number[] {
  return Array.from({ length: steps + 1 }, (_, i) => at(rim, (from + i) % rim.length))
}

function at(list: readonly number[], index: number): number {
  const value = list[index]
  if (value === undefined) throw new Error(`no vertex ${index}`)
  return value
}

function tan(degrees: number): number {
  return Math.tan((degrees * Math.PI) / 180)
}
