import { outerRadius } from "#src/design/band.ts"
import type { BandShape } from "#src/design/band.ts"
import { brilliantHeights } from "#src/design/brilliant.ts"
import type { BrilliantProportions } from "#src/design/brilliant.ts"
import type { TriMesh } from "#src/geometry/mesh.ts"
import { lathe, tube } from "#src/geometry/sweep.ts"
import type { ProfilePoint, Station } from "#src/geometry/sweep.ts"

/** A basket head: prongs that rise from one foot in the band like a tulip, tied by one or two gallery rails. */
export interface HeadShape {
  prongs: 4 | 6
  /** Diameter at the girdle; prongs taper a little to both ends. */
  prongDiameterMm: number
  /** Part of the prong's diameter that the seat notch takes (bench rule: up to half, better a third). */
  seatShare: number
  rails: 1 | 2
  /** From the top of the band to the culet. */
  liftMm: number
}

export interface HeadSite {
  boreMm: number
  band: BandShape
  stoneDiameterMm: number
  proportions: BrilliantProportions
}

/** The solids of a head in ring coordinates (bore axis z, stone axis y), to be joined and cut. */
export interface HeadParts {
  /** Where the prongs meet in the band. */
  stem: TriMesh
  prongs: TriMesh[]
  rails: TriMesh[]
  /** Where the middle of the girdle sits above the bore's axis. */
  girdleY: number
  /** Directions of the prongs around y, radians from x towards z. */
  azimuths: number[]
}

const PRONG_SIDES = 24
const LOWER_STEPS = 18
const TIP_STEPS = 10
const RAIL_SEGMENTS = 96
const RAIL_SIDES = 16

export function headParts(site: HeadSite, head: HeadShape): HeadParts {
  const frame = headFrame(site, head)
  const azimuths = Array.from(
    { length: head.prongs },
    (_, i) => ((i + (head.prongs === 4 ? 0.5 : 0)) * 2 * Math.PI) / head.prongs,
  )
  return {
    stem: stem(frame),
    prongs: azimuths.map((azimuth) =>
      tube(prongPath(frame, azimuth), [Math.cos(azimuth), Math.sin(azimuth)], PRONG_SIDES),
    ),
    rails: railHeights(head).map((share) => rail(frame, share)),
    girdleY: frame.girdleY,
    azimuths,
  }
}

/** Numbers a head is drawn from; radii from the stone's axis, heights in ring coordinates. */
interface HeadFrame {
  prong: number
  girdleY: number
  /** Top of the band. */
  top: number
  foot: Flat
  /** Where the straightening prong begins to fold over. */
  fold: Flat
}

type Flat = readonly [out: number, up: number]

/** Lean of a prong where it meets the girdle, and of its folded tip, radians from upright. */
const LEAN = 0.24
const FOLD = 0.79
/** Radius of the fold in prong diameters: below 0.5 the inside of the bend would pass through itself. */
const FOLD_RADIUS = 0.75
/** How far below the girdle the fold begins, in prong diameters: the tip then just bears on the crown. */
const FOLD_BELOW = 0.17
/** Taper: share of the diameter at the foot and at the tip. */
const FOOT_SHARE = 0.78
const TIP_SHARE = 0.94

function headFrame(site: HeadSite, head: HeadShape): HeadFrame {
  const prong = head.prongDiameterMm
  const heights = brilliantHeights(site.stoneDiameterMm, site.proportions)
  const top = outerRadius(site.boreMm, site.band, 0)
  const girdleY = top + head.liftMm - heights.culet
  // Just deep enough to hold: deeper feet would show through the sides of a narrow band.
  const sink = Math.min(0.2 * site.band.thicknessMm, 0.36)
  // The bend stands outermost at the girdle; its beginning lies a little further in.
  const outermost = site.stoneDiameterMm / 2 + prong * (0.5 - head.seatShare)
  return {
    prong,
    girdleY,
    top,
    foot: [Math.min(0.36 * prong, 0.2 * site.band.widthMm), top - sink],
    fold: [outermost - FOLD_RADIUS * prong * (1 - Math.cos(LEAN)), girdleY - FOLD_BELOW * prong],
  }
}

/** Centre of a prong: a tulip curve from the foot towards the girdle, then an arc over its edge onto the crown. */
function prongPath(frame: HeadFrame, azimuth: number): Station[] {
  const half = frame.prong / 2
  const place = ([out, up]: Flat, share: number): Station => ({
    x: out * Math.cos(azimuth),
    y: up,
    z: out * Math.sin(azimuth),
    radius: half * share,
  })
  const lower = Array.from({ length: LOWER_STEPS }, (_, i) => {
    const along = i / LOWER_STEPS
    return place(lowerCurve(frame, along), FOOT_SHARE + (1 - FOOT_SHARE) * along)
  })
  const bend = FOLD_RADIUS * frame.prong
  const upper = Array.from({ length: TIP_STEPS + 1 }, (_, i) => {
    const along = i / TIP_STEPS
    const lean = LEAN - (LEAN + FOLD) * along
    const out = frame.fold[0] + bend * (Math.cos(lean) - Math.cos(LEAN))
    return place([out, frame.fold[1] + bend * (Math.sin(LEAN) - Math.sin(lean))], 1 - (1 - TIP_SHARE) * along)
  })
  return [...lower, ...upper]
}

function lowerCurve({ foot, fold }: HeadFrame, along: number): Flat {
  const [spread, rise] = [fold[0] - foot[0], fold[1] - foot[1]]
  const leave: Flat = [foot[0] + spread * 0.4, foot[1] + rise * 0.27]
  const arrive: Flat = [fold[0] - rise * 0.4 * Math.tan(LEAN), fold[1] - rise * 0.4]
  return bezier(foot, leave, arrive, fold, along)
}

function bezier(a: Flat, b: Flat, c: Flat, d: Flat, t: number): Flat {
  const s = 1 - t
  const mix = (i: 0 | 1) => s * s * s * a[i] + 3 * s * s * t * b[i] + 3 * s * t * t * c[i] + t * t * t * d[i]
  return [mix(0), mix(1)]
}

/** Fills the crevices between the feet, which would neither cast nor polish. */
function stem(frame: HeadFrame): TriMesh {
  const radius = frame.prong * 0.68
  const at = (y: number): Station => ({ x: 0, y, z: 0, radius })
  return tube([at(frame.foot[1]), at(frame.top - radius * 0.42)], [1, 0], PRONG_SIDES)
}

/** Where along the prongs the rails sit, as shares of the lower curve. */
function railHeights(head: HeadShape): number[] {
  return head.rails === 1 ? [0.5] : [0.42, 0.68]
}

function rail(frame: HeadFrame, share: number): TriMesh {
  const [out, up] = lowerCurve(frame, share)
  const radius = Math.max(0.36, frame.prong * 0.38)
  const profile: ProfilePoint[] = Array.from({ length: RAIL_SIDES }, (_, i) => {
    const angle = (2 * Math.PI * i) / RAIL_SIDES
    return [out + radius * Math.cos(angle), up + radius * Math.sin(angle)] as const
  })
  return lathe(profile, RAIL_SEGMENTS, "y")
}
