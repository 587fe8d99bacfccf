// Removing grain: edge-avoiding à-trous passes (Dammertz et al. 2010) over light divided by surface colour. How far a
// neighbour may differ follows the pixel's own measured variance, so clean detail stays; stones are left alone.
import * as at from "./header"
import { falloff, luminance, smooth } from "./numbers"
import { address, real, word } from "./shared"
import { FAR } from "./traverse"

/** Added to the surface colour before dividing, so that black surfaces stay finite. */
const ALBEDO_FLOOR: f32 = 0.04

let width: i32 = 0
let height: i32 = 0
let radianceAt: usize = 0
let albedoAt: usize = 0
let normalAt: usize = 0
let groundAt: usize = 0
let distanceAt: usize = 0
let scratchAt: usize = 0
let pixelSize: f32 = 1

export function bindDenoise(): void {
  width = word(at.WIDTH)
  height = word(at.HEIGHT)
  radianceAt = address(at.AT_RADIANCE)
  albedoAt = address(at.AT_ALBEDO)
  normalAt = address(at.AT_NORMAL)
  groundAt = address(at.AT_GROUND)
  distanceAt = address(at.AT_DISTANCE)
  scratchAt = address(at.AT_SCRATCH)
  pixelSize = real(at.PIXEL_SIZE)
}

// @ts-ignore: decorator
@inline function lane(v: v128, k: i32): f32 {
  return k == 0 ? f32x4.extract_lane(v, 0) : k == 1 ? f32x4.extract_lane(v, 1) : k == 2 ? f32x4.extract_lane(v, 2) : f32x4.extract_lane(v, 3)
}

// @ts-ignore: decorator
@inline function brightness(v: v128): f32 {
  return luminance(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1), f32x4.extract_lane(v, 2))
}

// @ts-ignore: decorator
@inline function dot3(a: v128, b: v128): f32 {
  const d = f32x4.mul(a, b)
  return f32x4.extract_lane(d, 0) + f32x4.extract_lane(d, 1) + f32x4.extract_lane(d, 2)
}

/** Divides the light of one row by the surface colour. */
export function divideRow(y: i32): void {
  for (let x = 0; x < width; x++) {
    const p = <usize>(y * width + x) << 4
    const albedo = f32x4.add(v128.load(albedoAt + p), f32x4.splat(ALBEDO_FLOOR))
    const grey = brightness(albedo)
    const light = v128.load(radianceAt + p)
    const divided = f32x4.div(light, f32x4.replace_lane(albedo, 3, grey * grey))
    v128.store(radianceAt + p, divided)
  }
}

/** Light times surface colour at a pixel of the denoised picture. */
export function finishedLight(p: usize): v128 {
  return f32x4.mul(v128.load(scratchAt + p), f32x4.add(v128.load(albedoAt + p), f32x4.splat(ALBEDO_FLOOR)))
}

// @ts-ignore: decorator
@inline function spline(k: i32): f32 {
  return k == 0 ? <f32>0.375 : k == 1 || k == -1 ? <f32>0.25 : <f32>0.0625
}

function smoothVariance(from: usize, x: i32, y: i32): f32 {
  let sum: f32 = 0
  let weights: f32 = 0
  for (let j = max<i32>(y - 1, 0); j <= min<i32>(y + 1, height - 1); j++)
    for (let i = max<i32>(x - 1, 0); i <= min<i32>(x + 1, width - 1); i++) {
      const p = <usize>(j * width + i) << 4
      const w = lane(v128.load(normalAt + p), 3) * (i == x ? <f32>2 : <f32>1) * (j == y ? <f32>2 : <f32>1)
      sum += w * load<f32>(from + p, 12)
      weights += w
    }
  return weights > 0 ? sum / weights : 0
}

/** One pass over one row. Pass 0, 1, 2 take steps of 1, 2, 4 pixels; even passes read the radiance and write the scratch. */
export function denoiseRow(pass: i32, y: i32): void {
  const from = pass & 1 ? scratchAt : radianceAt
  const to = pass & 1 ? radianceAt : scratchAt
  for (let x = 0; x < width; x++) {
    const p = <usize>(y * width + x) << 4
    const guide = v128.load(albedoAt + p)
    const centre = v128.load(from + p)
    const normal = v128.load(normalAt + p)
    const strength = f32x4.extract_lane(guide, 3)
    if (f32x4.extract_lane(normal, 3) == 0) v128.store(to + p, centre)
    else if (strength < <f32>0.5) v128.store(to + p, pass == 0 ? calmColour(from, x, y, centre) : centre)
    else {
      const plain = pass == 0 ? despeckle(from, x, y, centre) : centre
      v128.store(to + p, filterPixel(from, x, y, 1 << pass, guide, plain, normal, strength))
    }
  }
}

/** No opaque pixel is brighter than the brightest beside it: a lone one is a sample that met a lamp by luck. */
function despeckle(from: usize, x: i32, y: i32, centre: v128): v128 {
  let most: f32 = 0
  for (let j = max<i32>(y - 1, 0); j <= min<i32>(y + 1, height - 1); j++)
    for (let i = max<i32>(x - 1, 0); i <= min<i32>(x + 1, width - 1); i++) {
      if (i == x && j == y) continue
      const q = <usize>(j * width + i) << 4
      if (load<f32>(normalAt + q, 12) > 0) most = max<f32>(most, brightness(v128.load(from + q)))
    }
  const l = brightness(centre)
  if (l <= most || most == 0) return centre
  return f32x4.mul(centre, f32x4.splat(most / l))
}

function filterPixel(from: usize, x: i32, y: i32, step: i32, guide: v128, centre: v128, normal: v128, strength: f32): v128 {
  const l = brightness(centre)
  const range = <f32>1 / (sqrt<f32>(smoothVariance(from, x, y)) * 2 + l * <f32>0.01 + <f32>1e-4)
  let sum = f32x4.splat(0)
  let variance: f32 = 0
  let weights: f32 = 0
  for (let dj = -2; dj <= 2; dj++) {
    const j = y + dj * step
    if (j < 0 || j >= height) continue
    const wj = spline(dj)
    for (let di = -2; di <= 2; di++) {
      const i = x + di * step
      if (i < 0 || i >= width) continue
      const q = <usize>(j * width + i) << 4
      const otherNormal = v128.load(normalAt + q)
      const coverage = f32x4.extract_lane(otherNormal, 3)
      if (coverage == 0) continue
      let facing = dot3(normal, otherNormal)
      if (facing < <f32>0.7) continue
      const difference = f32x4.abs(f32x4.sub(guide, v128.load(albedoAt + q)))
      if (i32x4.bitmask(f32x4.gt(difference, f32x4(0.15, 0.15, 0.15, 0.5))) != 0) continue
      const other = v128.load(from + q)
      facing *= facing
      facing *= facing
      facing *= facing
      facing *= facing
      facing *= facing
      const w = wj * spline(di) * coverage * facing * falloff(abs(brightness(other) - l) * range)
      sum = f32x4.add(sum, f32x4.mul(other, f32x4.splat(w)))
      variance += w * w * f32x4.extract_lane(other, 3)
      weights += w
    }
  }
  if (weights < <f32>1e-6) return centre
  const filtered = f32x4.replace_lane(f32x4.mul(sum, f32x4.splat(<f32>1 / weights)), 3, variance / (weights * weights))
  return f32x4.add(centre, f32x4.mul(f32x4.sub(filtered, centre), f32x4.splat(strength)))
}

/** Share of a stone's colour that is averaged, for each unit of its relative error. */
const CALM: f32 = 4

/**
 * A stone keeps its brightness, but takes the mean colour of the stone around it as far as its own samples are unsure:
 * each saw one wavelength only, and the eye minds coloured grain more than sparkle.
 */
function calmColour(from: usize, x: i32, y: i32, centre: v128): v128 {
  const l = brightness(centre)
  if (l < <f32>1e-4) return centre
  let sum = f32x4.splat(0)
  for (let j = max<i32>(y - 2, 0); j <= min<i32>(y + 2, height - 1); j++)
    for (let i = max<i32>(x - 2, 0); i <= min<i32>(x + 2, width - 1); i++) {
      const q = <usize>(j * width + i) << 4
      const coverage = load<f32>(normalAt + q, 12)
      if (coverage == 0 || load<f32>(albedoAt + q, 12) >= <f32>0.5) continue
      // Very bright pixels must not colour their neighbours.
      const other = v128.load(from + q)
      const w = (coverage * spline(i - x) * spline(j - y)) / (brightness(other) + l)
      sum = f32x4.add(sum, f32x4.mul(other, f32x4.splat(w)))
    }
  const mean = brightness(sum)
  if (mean < <f32>1e-6) return centre
  const calm = f32x4.mul(sum, f32x4.splat(l / mean))
  const share = min<f32>((CALM * sqrt<f32>(f32x4.extract_lane(centre, 3))) / l, 1)
  return f32x4.add(centre, f32x4.mul(f32x4.sub(calm, centre), f32x4.splat(share)))
}

/** What blocks the light from a distance may blur its shadow over this share of that distance. */
const PENUMBRA: f32 = 0.3

/**
 * Gives every pixel of one row the mean distance of what blocks the light within two pixels, so that a pixel whose few
 * samples all missed is smoothed like its neighbours.
 */
export function spreadDistanceRow(y: i32): void {
  const spread = distanceAt + (<usize>(width * height) << 2)
  for (let x = 0; x < width; x++) {
    let sum: f32 = 0
    let count: f32 = 0
    for (let j = max<i32>(y - 2, 0); j <= min<i32>(y + 2, height - 1); j++)
      for (let i = max<i32>(x - 2, 0); i <= min<i32>(x + 2, width - 1); i++) {
        const distance = load<f32>(distanceAt + (<usize>(j * width + i) << 2))
        if (distance >= FAR) continue
        sum += distance
        count++
      }
    store<f32>(spread + (<usize>(y * width + x) << 2), count > 0 ? sum / count : FAR)
  }
}

/** Smooths the shadow of one row, with steps of 1, 2, 4, 8 pixels; as wide as the distance of what casts it allows. */
export function smoothShadowRow(pass: i32, y: i32): void {
  const from = pass & 1 ? radianceAt : groundAt
  const to = pass & 1 ? groundAt : radianceAt
  const spread = distanceAt + (<usize>(width * height) << 2)
  const step = 1 << pass
  const needed = (<f32>step * pixelSize) / PENUMBRA
  for (let x = 0; x < width; x++) {
    const number = <usize>(y * width + x)
    const centre = v128.load(from + (number << 4))
    const distance = load<f32>(spread + (number << 2))
    const share = pass == 0 ? <f32>1 : smooth(distance - needed * <f32>0.5, needed)
    if (f32x4.extract_lane(centre, 3) == 0 || share == 0) v128.store(to + (number << 4), centre)
    else v128.store(to + (number << 4), smoothShadow(from, spread, x, y, step, needed, centre, share))
  }
}

function smoothShadow(from: usize, spread: usize, x: i32, y: i32, step: i32, needed: f32, centre: v128, share: f32): v128 {
  let sum = f32x4.splat(0)
  let weights: f32 = 0
  for (let dj = -2; dj <= 2; dj++) {
    const j = y + dj * step
    if (j < 0 || j >= height) continue
    for (let di = -2; di <= 2; di++) {
      const i = x + di * step
      if (i < 0 || i >= width) continue
      const q = <usize>(j * width + i)
      const other = v128.load(from + (q << 4))
      const near = step == 1 ? <f32>1 : smooth(load<f32>(spread + (q << 2)) - needed * <f32>0.25, needed)
      const w = spline(dj) * spline(di) * f32x4.extract_lane(other, 3) * near
      sum = f32x4.add(sum, f32x4.mul(other, f32x4.splat(w)))
      weights += w
    }
  }
  const mean = f32x4.mul(sum, f32x4.splat(<f32>1 / weights))
  const mixed = f32x4.add(centre, f32x4.mul(f32x4.sub(mean, centre), f32x4.splat(share)))
  return f32x4.replace_lane(mixed, 3, f32x4.extract_lane(centre, 3))
}
