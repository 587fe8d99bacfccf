// The light around the model: an octahedral map (y is the axis that is folded) with box-filtered levels. Each level has a
// border of one texel that continues the map across its edge, so that bilinear lookup needs no special case.
import * as at from "./header"
import { address, real, word } from "./shared"
import { clamp, max3, smooth } from "./numbers"

export let lightR: f32 = 0
export let lightG: f32 = 0
export let lightB: f32 = 0

/** Level in which diffuse light and closed paths read: the second most blurred. */
export const DIFFUSE_LEVEL: f32 = 5
/** Angle of one texel of the sharpest level, in radians: sqrt(4π / 256²). */
const TEXEL_ANGLE: f32 = 0.01385

function levelAddress(level: i32): usize {
  let p = address(at.AT_ENVIRONMENT)
  for (let l = 0; l < level; l++) {
    const side = (at.ENVIRONMENT_SIZE >> l) + 2
    p += <usize>(side * side) << 4
  }
  return p
}

/** Table of the address of each level; every thread writes the same numbers. */
let levels: usize = 0

export function bindEnvironment(): void {
  levels = address(at.AT_TABLES) + at.LEVELS_OFFSET
  observerX = -real(at.FORWARD)
  observerY = -real(at.FORWARD + 1)
  observerZ = -real(at.FORWARD + 2)
  for (let l = 0; l < at.ENVIRONMENT_LEVELS; l++) store<usize>(levels + (<usize>l << 2), levelAddress(l))
}

/** Level whose texels are about as wide as the reflection lobe of GGX with this alpha. */
export function levelOfAlpha(alpha: f32): f32 {
  const texels = (alpha * <f32>2.5) / TEXEL_ANGLE
  if (texels <= 1) return 0
  // log2 from the exponent and a line through the mantissa: exact bits everywhere, error below 0.09.
  const bits = reinterpret<i32>(texels)
  const level = <f32>((bits >> 23) - 127) + (reinterpret<f32>((bits & 0x7fffff) | 0x3f800000) - 1)
  return level < <f32>4 ? level : <f32>4
}

function bilinear(level: i32, u: f32, v: f32): v128 {
  const size = at.ENVIRONMENT_SIZE >> level
  const x = u * <f32>size + <f32>0.5
  const y = v * <f32>size + <f32>0.5
  const i = <i32>x
  const j = <i32>y
  const row = <usize>(size + 2) << 4
  const p = load<usize>(levels + (<usize>level << 2)) + <usize>j * row + (<usize>i << 4)
  const fx = f32x4.splat(x - <f32>i)
  const fy = f32x4.splat(y - <f32>j)
  const a = v128.load(p)
  const b = v128.load(p + row)
  const top = f32x4.add(a, f32x4.mul(fx, f32x4.sub(v128.load(p, 16), a)))
  const low = f32x4.add(b, f32x4.mul(fx, f32x4.sub(v128.load(p + row, 16), b)))
  return f32x4.add(top, f32x4.mul(fy, f32x4.sub(low, top)))
}

/** Sets `lightR/G/B` to the radiance from a unit direction, read in a fractional level. */
export function environment(dx: f32, dy: f32, dz: f32, level: f32): void {
  const scale = <f32>0.5 / (abs(dx) + abs(dy) + abs(dz))
  let u = dx * scale
  let v = dz * scale
  if (dy < 0) {
    const folded = <f32>0.5 - abs(v)
    v = copysign(<f32>0.5 - abs(u), v)
    u = copysign(folded, u)
  }
  u = clamp(u + <f32>0.5, 0, 1)
  v = clamp(v + <f32>0.5, 0, 1)
  const whole = <i32>level
  let light = bilinear(whole, u, v)
  const part = level - <f32>whole
  if (part > <f32>0.02) {
    const next = bilinear(whole + 1, u, v)
    light = f32x4.add(light, f32x4.mul(f32x4.splat(part), f32x4.sub(next, light)))
  }
  lightR = f32x4.extract_lane(light, 0)
  lightG = f32x4.extract_lane(light, 1)
  lightB = f32x4.extract_lane(light, 2)
}

let observerX: f32 = 0
let observerY: f32 = 0
let observerZ: f32 = 0

/** The observer covers a cone of about 11° around the camera … */
const OBSERVER_EDGE: f32 = 0.97
const OBSERVER_FULL: f32 = 0.985
/** … and lets this much of the light past. */
const OBSERVER_LEAK: f32 = 0.12

/**
 * Dims the light just read where whoever looks stands in its way. Only stones are shown this: seen from above they return
 * most light to where it came from, and it is this shadow that draws the arrows of a brilliant.
 */
export function shadeByObserver(dx: f32, dy: f32, dz: f32): void {
  const near = dx * observerX + dy * observerY + dz * observerZ
  if (near <= OBSERVER_EDGE || word(at.ENVIRONMENT_KIND) == at.ENVIRONMENT_UNIFORM) return
  const scale = <f32>1 - (<f32>1 - OBSERVER_LEAK) * smooth(near - OBSERVER_EDGE, OBSERVER_FULL - OBSERVER_EDGE)
  lightR *= scale
  lightG *= scale
  lightB *= scale
}

let sumR: f32 = 0
let sumG: f32 = 0
let sumB: f32 = 0
let seenX: f32 = 0
let seenY: f32 = 0
let seenZ: f32 = 0

/** Adds one softbox: a rectangle facing the model, its half sizes and soft edge measured on a plane at distance 1. */
function softbox(x: f32, y: f32, z: f32, halfWidth: f32, halfHeight: f32, edge: f32, r: f32, g: f32, b: f32): void {
  const length = sqrt<f32>(x * x + y * y + z * z)
  x /= length
  y /= length
  z /= length
  const facing = seenX * x + seenY * y + seenZ * z
  if (facing <= <f32>0.05) return
  // right = up × direction, top = direction × right
  const across = sqrt<f32>(x * x + z * z)
  const rx = z / across
  const rz = -x / across
  const px = abs((seenX * rx + seenZ * rz) / facing)
  const py = abs((seenX * (y * rz) + seenY * (z * rx - x * rz) + seenZ * (-y * rx)) / facing)
  const mask = smooth(halfWidth + edge * <f32>0.5 - px, edge) * smooth(halfHeight + edge * <f32>0.5 - py, edge)
  sumR += mask * r
  sumG += mask * g
  sumB += mask * b
}

/** A jeweller's studio: large soft boxes for the metal, three small bright lamps for the stones, dark below. */
function studio(): void {
  const t = (seenY + 1) * <f32>0.5
  const sky = <f32>0.1 + t * t * <f32>0.62
  const depth = clamp(-seenY, 0, 1)
  const near = <f32>1 - depth
  const floor = <f32>0.12 + near * near * <f32>1.05
  const blend = smooth(depth, <f32>0.07)
  const grey = sky + (floor - sky) * blend
  sumR = grey * (<f32>0.985 + blend * <f32>0.025)
  sumG = grey
  sumB = grey * (<f32>1.03 - blend * <f32>0.05)
  softbox(0, 1, 0.25, 0.95, 0.6, 0.14, 5.2, 5.2, 5.2)
  softbox(-1, 0.42, 0.5, 0.34, 0.8, 0.08, 6.8, 6.45, 6.0)
  softbox(1, 0.32, 0.15, 0.26, 0.9, 0.07, 4.9, 5.2, 5.6)
  softbox(0.2, 0.12, -1, 0.9, 0.22, 0.12, 2.6, 2.6, 2.6)
  softbox(0.42, 0.62, 1, 0.2, 0.14, 0.04, 9, 9, 9)
  softbox(-0.35, 0.05, 1, 0.1, 0.55, 0.05, 3, 3, 3)
  softbox(-0.55, 0.8, 0.5, 0.06, 0.06, 0.02, 45, 45, 45)
  softbox(0.6, 0.9, 0.6, 0.05, 0.05, 0.02, 45, 45, 45)
  softbox(0.1, 0.9, -0.7, 0.06, 0.06, 0.02, 40, 40, 40)
}

/** Fills rows [from, to) of the sharpest level. */
export function fillEnvironmentRows(from: i32, to: i32): void {
  const size = at.ENVIRONMENT_SIZE
  const uniform = word(at.ENVIRONMENT_KIND) == at.ENVIRONMENT_UNIFORM
  for (let j = from; j < to; j++) {
    for (let i = 0; i < size; i++) {
      let x = ((<f32>i + <f32>0.5) / <f32>size) * 2 - 1
      let z = ((<f32>j + <f32>0.5) / <f32>size) * 2 - 1
      const y = <f32>1 - abs(x) - abs(z)
      if (y < 0) {
        const folded = <f32>1 - abs(z)
        z = copysign(<f32>1 - abs(x), z)
        x = copysign(folded, x)
      }
      const length = sqrt<f32>(x * x + y * y + z * z)
      seenX = x / length
      seenY = y / length
      seenZ = z / length
      if (uniform) {
        sumR = 1
        sumG = 1
        sumB = 1
      } else studio()
      put(0, i, j, f32x4(sumR, sumG, sumB, 0))
    }
  }
}

// @ts-ignore: decorator
@inline function texel(level: i32, i: i32, j: i32): usize {
  return load<usize>(levels + (<usize>level << 2)) + (<usize>((j + 1) * ((at.ENVIRONMENT_SIZE >> level) + 2) + i + 1) << 4)
}

function put(level: i32, i: i32, j: i32, light: v128): void {
  v128.store(texel(level, i, j), light)
}

/** Averages each level into the next and continues every level across its edges. */
export function finishEnvironment(): void {
  for (let level = 0; level < at.ENVIRONMENT_LEVELS; level++) {
    const size = at.ENVIRONMENT_SIZE >> level
    if (level > 0)
      for (let j = 0; j < size; j++)
        for (let i = 0; i < size; i++) {
          const p = texel(level - 1, i * 2, j * 2)
          const q = texel(level - 1, i * 2, j * 2 + 1)
          const sum = f32x4.add(f32x4.add(v128.load(p), v128.load(p, 16)), f32x4.add(v128.load(q), v128.load(q, 16)))
          put(level, i, j, f32x4.mul(sum, f32x4.splat(0.25)))
        }
    const last = size - 1
    for (let k = 0; k < size; k++) {
      put(level, -1, k, v128.load(texel(level, 0, last - k)))
      put(level, size, k, v128.load(texel(level, last, last - k)))
      put(level, k, -1, v128.load(texel(level, last - k, 0)))
      put(level, k, size, v128.load(texel(level, last - k, last)))
    }
    put(level, -1, -1, v128.load(texel(level, last, last)))
    put(level, size, -1, v128.load(texel(level, 0, last)))
    put(level, -1, size, v128.load(texel(level, last, 0)))
    put(level, size, size, v128.load(texel(level, 0, 0)))
  }
}

/** Scales the light down so that no channel exceeds `limit`; keeps its colour. */
export function limitLight(limit: f32): void {
  const most = max3(lightR, lightG, lightB)
  if (most <= limit) return
  const scale = limit / most
  lightR *= scale
  lightG *= scale
  lightB *= scale
}
