// Light along one path: from a start ray over opaque surfaces and stones until it leaves the model.
import * as at from "./header"
import { DIFFUSE_LEVEL, environment, levelOfAlpha, lightB, lightG, lightR, limitLight, shadeByObserver } from "./environment"
import { cosineInside, fresnel } from "./fresnel"
import { lobe, outX, outY, outZ, scatter, weightB, weightG, weightR } from "./ggx"
import { luminance, max3 } from "./numbers"
import { nextPair, sampleU, sampleV } from "./sampler"
import { front, gx, gy, gz, isGem, material, meet, offset, property, px, py, pz } from "./surface"
import { ANY, FAR, hitPart, hitT } from "./traverse"

/** Where a path comes from: what it meets is treated a little differently. */
export const FROM_STONE: i32 = 0
export const FROM_GLOSS: i32 = 1
export const FROM_OPAQUE: i32 = 2

/** What the path brought. */
export let pathR: f32 = 0
export let pathG: f32 = 0
export let pathB: f32 = 0

/** Most light that one path may bring from the surroundings after its first bounce. */
const INDIRECT_LIMIT: f32 = 6
/** A path that has used its bounces is closed with this share of blurred surroundings, so that nothing turns black. */
const CLOSING: f32 = 0.35
/** Stone surfaces that one path may cross or be turned back by. */
const INTERFACES: i32 = 10
/** Metal seen from its inside lies behind a stone that is set into it: a bright, closed seat. */
const SEAT: f32 = 0.75

let throughR: f32 = 1
let throughG: f32 = 1
let throughB: f32 = 1

/**
 * Follows the ray over at most `bounces` opaque surfaces and sets `path…`.
 * `width`: alpha of the lobe that the ray was drawn from. `origin`: inside of a stone, its gloss, or an opaque surface.
 */
export function followPath(ox: f32, oy: f32, oz: f32, dx: f32, dy: f32, dz: f32, bounces: i32, width: f32, origin: i32): void {
  throughR = 1
  throughG = 1
  throughB = 1
  pathR = 0
  pathG = 0
  pathB = 0
  let inside = ANY
  let interfaces = 0
  let bounce = 0
  let again = origin == FROM_OPAQUE
  while (true) {
    if (!meet(ox, oy, oz, dx, dy, dz, FAR, inside)) {
      environment(dx, dy, dz, levelOfAlpha(width))
      limitLight(INDIRECT_LIMIT)
      if (origin == FROM_STONE && bounce == 0) shadeByObserver(dx, dy, dz)
      deposit(1)
      return
    }
    const m = material
    if (isGem(m)) {
      if (++interfaces > INTERFACES) return close(dx, dy, dz, 1)
      if (inside >= 0) absorb(m, hitT)
      nextPair()
      const cosine = -(dx * gx + dy * gy + dz * gz)
      const ior = property(m, at.MATERIAL_IOR)
      const eta = front ? <f32>1 / ior : ior
      if (sampleU < fresnel(cosine, eta)) {
        dx += gx * (cosine * 2)
        dy += gy * (cosine * 2)
        dz += gz * (cosine * 2)
        ox = px + gx * offset
        oy = py + gy * offset
        oz = pz + gz * offset
      } else {
        const along = eta * cosine - cosineInside
        dx = dx * eta + gx * along
        dy = dy * eta + gy * along
        dz = dz * eta + gz * along
        ox = px - gx * offset
        oy = py - gy * offset
        oz = pz - gz * offset
        inside = front ? hitPart : ANY
      }
      continue
    }
    if (!front) return closeInSeat(m)
    if (bounce == bounces) return close(dx, dy, dz, CLOSING)
    scatter(m, dx, dy, dz, again)
    again = true
    width = max<f32>(width, lobe)
    throughR *= weightR
    throughG *= weightG
    throughB *= weightB
    bounce++
    if (bounce > 2) {
      const keep = max3(throughR, throughG, throughB)
      if (keep < <f32>0.5) {
        nextPair()
        if (sampleV >= keep * 2) return
        const scale = <f32>0.5 / keep
        throughR *= scale
        throughG *= scale
        throughB *= scale
      }
    }
    dx = outX
    dy = outY
    dz = outZ
    ox = px + gx * offset
    oy = py + gy * offset
    oz = pz + gz * offset
  }
}

function deposit(scale: f32): void {
  pathR += throughR * lightR * scale
  pathG += throughG * lightG * scale
  pathB += throughB * lightB * scale
}

function close(dx: f32, dy: f32, dz: f32, share: f32): void {
  environment(dx, dy, dz, DIFFUSE_LEVEL)
  deposit(share)
}

/** The metal of a seat sends back what falls in through the stone; half of its colour is left out, as setters brighten seats. */
function closeInSeat(m: usize): void {
  const r = property(m, at.MATERIAL_BASE)
  const g = property(m, at.MATERIAL_BASE + 1)
  const b = property(m, at.MATERIAL_BASE + 2)
  const grey = luminance(r, g, b)
  environment(gx, gy < 0 ? -gy : gy, gz, DIFFUSE_LEVEL)
  throughR *= (r + grey) * <f32>0.5
  throughG *= (g + grey) * <f32>0.5
  throughB *= (b + grey) * <f32>0.5
  deposit(SEAT)
}

/** Beer and Lambert over `length` inside the stone. */
function absorb(m: usize, length: f32): void {
  if (property(m, at.MATERIAL_DENSITY) == 0) return
  throughR *= Mathf.exp(-property(m, at.MATERIAL_SIGMA) * length)
  throughG *= Mathf.exp(-property(m, at.MATERIAL_SIGMA + 1) * length)
  throughB *= Mathf.exp(-property(m, at.MATERIAL_SIGMA + 2) * length)
}
