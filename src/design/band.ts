import type { TriMesh } from "#src/geometry/mesh.ts"
import { lathe } from "#src/geometry/sweep.ts"
import type { ProfilePoint } from "#src/geometry/sweep.ts"

export const bandProfiles = ["d", "flat", "comfort"] as const
export type BandProfile = (typeof bandProfiles)[number]

export interface BandShape {
  profile: BandProfile
  widthMm: number
  thicknessMm: number
  /** Radius of the softened corners, mm; at most a tenth of the shorter side is used. */
  edgeMm: number
}

/** Around the finger; divisible by 4, so that the band is symmetric about the head. */
export const BAND_SEGMENTS = 192
const DOME_STEPS = 28
const OPENING_STEPS = 14
const CORNER_STEPS = 5
/** Share of the thickness that the straight sides of a D or comfort band keep. */
const SIDE_SHARE = 0.4
/** How far the bore of a comfort band opens towards its edges: share of the thickness, and at most so many mm. */
const COMFORT_SHARE = 0.2
const COMFORT_MOST_MM = 0.4

/**
 * Outline of the band in (distance from the bore's axis, along the finger), counter-clockwise. Inner radius at the middle is
 * exactly `boreMm / 2`.
 * - flat: rectangle with softened corners
 * - d: flat inside, sides of 0.4 thickness, half-elliptic dome
 * - comfort: the dome outside and a shallow half ellipse inside, which opens the bore towards the edges
 */
export function bandOutline(boreMm: number, band: BandShape): ProfilePoint[] {
  const inner = boreMm / 2
  const half = band.widthMm / 2
  const corner = Math.min(band.edgeMm, 0.1 * Math.min(band.widthMm, band.thicknessMm))
  const outer = inner + band.thicknessMm
  const side = inner + band.thicknessMm * SIDE_SHARE
  const dome = ellipse(side, band.thicknessMm * (1 - SIDE_SHARE), half, -1, DOME_STEPS)
  if (band.profile === "flat")
    return [
      ...rounded(inner, -half, corner, 180),
      ...rounded(outer, -half, corner, 270),
      ...rounded(outer, half, corner, 0),
      ...rounded(inner, half, corner, 90),
    ]
  if (band.profile === "d") return [...rounded(inner, -half, corner, 180), ...dome, ...rounded(inner, half, corner, 90)]
  const opening = Math.min(band.thicknessMm * COMFORT_SHARE, COMFORT_MOST_MM)
  return [...ellipse(inner + opening, -opening, half, 1, OPENING_STEPS), ...dome]
}

/** The plain band, bore axis along z. */
export function bandMesh(boreMm: number, band: BandShape): TriMesh {
  return lathe(bandOutline(boreMm, band), BAND_SEGMENTS, "z")
}

/** Distance of the outer surface from the bore's axis at `along` mm from the middle of the band. */
export function outerRadius(boreMm: number, band: BandShape, along: number): number {
  const inner = boreMm / 2
  const share = Math.min(1, Math.abs(along) / (band.widthMm / 2))
  if (band.profile === "flat") return inner + band.thicknessMm
  return inner + band.thicknessMm * (SIDE_SHARE + (1 - SIDE_SHARE) * Math.sqrt(1 - share * share))
}

/** Half ellipse bulging from radius `from` by `height`, running along the finger from `start`·half to -`start`·half. */
function ellipse(from: number, height: number, half: number, start: 1 | -1, steps: number): ProfilePoint[] {
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = (Math.PI * i) / steps
    return [from + height * Math.sin(angle), start * half * Math.cos(angle)] as const
  })
}

/** Quarter circle that replaces the corner at (radius, along); `degrees` is where it starts, seen from its centre. */
function rounded(radius: number, along: number, corner: number, degrees: number): ProfilePoint[] {
  if (corner === 0) return [[radius, along]]
  const start = (degrees * Math.PI) / 180
  const middle = start + Math.PI / 4
  const centre = [radius - Math.sign(Math.cos(middle)) * corner, along - Math.sign(Math.sin(middle)) * corner] as const
  return Array.from({ length: CORNER_STEPS + 1 }, (_, i) => {
    const angle = start + ((Math.PI / 2) * i) / CORNER_STEPS
    return [centre[0] + corner * Math.cos(angle), centre[1] + corner * Math.sin(angle)] as const
  })
}
