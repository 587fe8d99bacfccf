// From light to bytes: glare, tone map, background with shadow, sRGB.
import * as at from "./header"
import { finishedLight } from "./denoise"
import { clamp, luminance, max3 } from "./numbers"
import { address, real, word } from "./shared"

const GLARE_FROM: f32 = 1.1
const GLARE_LIMIT: f32 = 12
const GLARE_SHARE: f32 = 0.06
const GLARE_RADIUS: i32 = 3
/** Entries of the table from the square root of light to sRGB bytes. */
const SRGB_ENTRIES: i32 = 4096

let width: i32 = 0
let height: i32 = 0
let glareWidth: i32 = 0
let glareHeight: i32 = 0
let exposure: f32 = 1
let normalAt: usize = 0
let groundAt: usize = 0
let glareAt: usize = 0
let rgbaAt: usize = 0
let srgbAt: usize = 0

export function bindFinish(): void {
  width = word(at.WIDTH)
  height = word(at.HEIGHT)
  glareWidth = (width + at.GLARE_REDUCTION - 1) / at.GLARE_REDUCTION
  glareHeight = (height + at.GLARE_REDUCTION - 1) / at.GLARE_REDUCTION
  exposure = real(at.EXPOSURE)
  normalAt = address(at.AT_NORMAL)
  groundAt = address(at.AT_GROUND)
  glareAt = address(at.AT_GLARE)
  rgbaAt = address(at.AT_RGBA)
  srgbAt = address(at.AT_TABLES) + at.CURVE_OFFSET
}

/** The table of the sRGB curve. */
export function fillCurve(): void {
  for (let i = 0; i < SRGB_ENTRIES; i++) {
    const root = <f32>i / <f32>(SRGB_ENTRIES - 1)
    const x = root * root
    const y = x <= <f32>0.0031308 ? x * <f32>12.92 : <f32>1.055 * Mathf.pow(x, <f32>(1.0 / 2.4)) - <f32>0.055
    store<u8>(srgbAt + <usize>i, <u8>(clamp(y, 0, 1) * 255 + <f32>0.5))
  }
}

// @ts-ignore: decorator
@inline function encode(x: f32): u32 {
  const root = sqrt<f32>(clamp(x, 0, 1))
  return load<u8>(srgbAt + <usize>(root * <f32>(SRGB_ENTRIES - 1) + <f32>0.5))
}

/** Light above white of one row of the reduced picture. */
export function collectGlareRow(row: i32): void {
  for (let column = 0; column < glareWidth; column++) {
    let sum = f32x4.splat(0)
    for (let j = row * at.GLARE_REDUCTION; j < min<i32>((row + 1) * at.GLARE_REDUCTION, height); j++)
      for (let i = column * at.GLARE_REDUCTION; i < min<i32>((column + 1) * at.GLARE_REDUCTION, width); i++) {
        const p = <usize>(j * width + i) << 4
        const coverage = load<f32>(normalAt + p, 12)
        if (coverage == 0) continue
        const light = f32x4.mul(finishedLight(p), f32x4.splat(exposure))
        const above = f32x4.pmax(f32x4.sub(f32x4.pmin(light, f32x4.splat(GLARE_LIMIT)), f32x4.splat(GLARE_FROM)), f32x4.splat(0))
        sum = f32x4.add(sum, f32x4.mul(above, f32x4.splat(coverage)))
      }
    const scale = <f32>(1.0 / <f64>(at.GLARE_REDUCTION * at.GLARE_REDUCTION))
    v128.store(glareAt + (<usize>(row * glareWidth + column) << 4), f32x4.mul(sum, f32x4.splat(scale)))
  }
}

/** Three box blurs in both directions; the second half of the glare memory is room for it. */
export function blurGlare(): void {
  const other = glareAt + (<usize>(glareWidth * glareHeight) << 4)
  for (let round = 0; round < 3; round++) {
    blurLines(glareAt, other, glareHeight, glareWidth, glareWidth, 1)
    blurLines(other, glareAt, glareWidth, glareHeight, 1, glareWidth)
  }
}

function blurLines(from: usize, to: usize, lines: i32, length: i32, lineStep: i32, step: i32): void {
  const scale = f32x4.splat(<f32>1 / <f32>(GLARE_RADIUS * 2 + 1))
  for (let line = 0; line < lines; line++) {
    for (let k = 0; k < length; k++) {
      let sum = f32x4.splat(0)
      for (let d = -GLARE_RADIUS; d <= GLARE_RADIUS; d++) {
        const n = k + d
        if (n < 0 || n >= length) continue
        sum = f32x4.add(sum, v128.load(from + (<usize>(line * lineStep + n * step) << 4)))
      }
      v128.store(to + (<usize>(line * lineStep + k * step) << 4), f32x4.mul(sum, scale))
    }
  }
}

function glareNear(x: i32, y: i32): v128 {
  const u = max<f32>((<f32>x + <f32>0.5) / <f32>at.GLARE_REDUCTION - <f32>0.5, 0)
  const v = max<f32>((<f32>y + <f32>0.5) / <f32>at.GLARE_REDUCTION - <f32>0.5, 0)
  const i = <i32>u
  const j = <i32>v
  const i1 = min<i32>(i + 1, glareWidth - 1)
  const j1 = min<i32>(j + 1, glareHeight - 1)
  const fx = f32x4.splat(u - <f32>i)
  const fy = f32x4.splat(v - <f32>j)
  const a = v128.load(glareAt + (<usize>(j * glareWidth + i) << 4))
  const b = v128.load(glareAt + (<usize>(j * glareWidth + i1) << 4))
  const c = v128.load(glareAt + (<usize>(j1 * glareWidth + i) << 4))
  const d = v128.load(glareAt + (<usize>(j1 * glareWidth + i1) << 4))
  const top = f32x4.add(a, f32x4.mul(fx, f32x4.sub(b, a)))
  const low = f32x4.add(c, f32x4.mul(fx, f32x4.sub(d, c)))
  return f32x4.mul(f32x4.add(top, f32x4.mul(fy, f32x4.sub(low, top))), f32x4.splat(GLARE_SHARE))
}

let toneR: f32 = 0
let toneG: f32 = 0
let toneB: f32 = 0

/** Khronos PBR Neutral: colours below 0.76 are kept, brighter ones are rolled off and lose saturation. */
function toneMap(r: f32, g: f32, b: f32): void {
  const start: f32 = 0.76
  const least = min<f32>(r, min<f32>(g, b))
  const toe = least < <f32>0.08 ? least - least * least * <f32>6.25 : <f32>0.04
  r -= toe
  g -= toe
  b -= toe
  const peak = max3(r, g, b)
  if (peak >= start) {
    const room = <f32>1 - start
    const rolled = <f32>1 - (room * room) / (peak + room - start)
    const scale = rolled / peak
    const fade = <f32>1 - <f32>1 / (<f32>0.15 * (peak - rolled) + 1)
    r = r * scale + (rolled - r * scale) * fade
    g = g * scale + (rolled - g * scale) * fade
    b = b * scale + (rolled - b * scale) * fade
  }
  toneR = r
  toneG = g
  toneB = b
}

/** Writes the bytes of one row. */
export function developRow(y: i32): void {
  const transparent = word(at.TRANSPARENT) != 0
  const backR = real(at.BACKGROUND)
  const backG = real(at.BACKGROUND + 1)
  const backB = real(at.BACKGROUND + 2)
  const glaring = word(at.GLARE) != 0
  for (let x = 0; x < width; x++) {
    const number = <usize>(y * width + x)
    const p = number << 4
    const coverage = load<f32>(normalAt + p, 12)
    const ground = v128.load(groundAt + p)
    const glare = glaring ? glareNear(x, y) : f32x4.splat(0)
    toneR = 0
    toneG = 0
    toneB = 0
    if (coverage > 0) {
      const light = f32x4.add(f32x4.mul(finishedLight(p), f32x4.splat(exposure)), glare)
      toneMap(f32x4.extract_lane(light, 0), f32x4.extract_lane(light, 1), f32x4.extract_lane(light, 2))
    }
    const floor = f32x4.extract_lane(ground, 3)
    const shadeR = floor * min<f32>(f32x4.extract_lane(ground, 0), <f32>1.15)
    const shadeG = floor * min<f32>(f32x4.extract_lane(ground, 1), <f32>1.15)
    const shadeB = floor * min<f32>(f32x4.extract_lane(ground, 2), <f32>1.15)
    let rgba: u32 = 0
    if (transparent) {
      const alpha = clamp(coverage + floor - luminance(shadeR, shadeG, shadeB), 0, 1)
      const scale: f32 = alpha > 0 ? coverage / alpha : 0
      rgba = encode(toneR * scale) | (encode(toneG * scale) << 8) | (encode(toneB * scale) << 16) | (<u32>(alpha * 255 + <f32>0.5) << 24)
    } else {
      const sky = <f32>1 - coverage - floor
      const open = <f32>1 - coverage
      const r = toneR * coverage + backR * (shadeR + sky) + f32x4.extract_lane(glare, 0) * open
      const g = toneG * coverage + backG * (shadeG + sky) + f32x4.extract_lane(glare, 1) * open
      const b = toneB * coverage + backB * (shadeB + sky) + f32x4.extract_lane(glare, 2) * open
      rgba = encode(r) | (encode(g) << 8) | (encode(b) << 16) | 0xff000000
    }
    store<u32>(rgbaAt + (number << 2), rgba)
  }
}
