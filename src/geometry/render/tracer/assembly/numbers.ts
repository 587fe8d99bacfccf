// Small real functions. Everything is f32 and made of exactly rounded operations, so that every machine gives the same bits.

// @ts-ignore: decorator
@inline export function clamp(x: f32, low: f32, high: f32): f32 {
  return x < low ? low : x > high ? high : x
}

// @ts-ignore: decorator
@inline export function luminance(r: f32, g: f32, b: f32): f32 {
  return r * 0.2126 + g * 0.7152 + b * 0.0722
}

// @ts-ignore: decorator
@inline export function max3(a: f32, b: f32, c: f32): f32 {
  const m = a > b ? a : b
  return m > c ? m : c
}

/** 0 at `x` ≤ 0, 1 at `x` ≥ `width`, smooth between. */
// @ts-ignore: decorator
@inline export function smooth(x: f32, width: f32): f32 {
  const t = clamp(x / width, 0, 1)
  return t * t * (<f32>3 - t * 2)
}

export let sine: f32 = 0
export let cosine: f32 = 1

/** Sets `sine` and `cosine` of one turn times `u`, 0 ≤ u < 1. Error below 4e-6. */
export function turn(u: f32): void {
  // Quarter turns around 0, so that the series only sees angles of at most π/4.
  const q = nearest(u * 4)
  const x = (u * 4 - q) * <f32>1.5707963267948966
  const x2 = x * x
  const s = x * (<f32>1 + x2 * (<f32>-0.16666667 + x2 * (<f32>0.0083333310 + x2 * <f32>-0.00019840874)))
  const c = <f32>1 + x2 * (<f32>-0.5 + x2 * (<f32>0.041666638 + x2 * (<f32>-0.0013888397 + x2 * <f32>0.000024433157)))
  switch (<i32>q & 3) {
    case 0: {
      sine = s
      cosine = c
      break
    }
    case 1: {
      sine = c
      cosine = -s
      break
    }
    case 2: {
      sine = -s
      cosine = -c
      break
    }
    default: {
      sine = -c
      cosine = s
    }
  }
}

/** An edge-stopping weight that falls like exp(−x) and reaches 0 at x = 4; x ≥ 0. */
// @ts-ignore: decorator
@inline export function falloff(x: f32): f32 {
  if (x >= 4) return 0
  const y = <f32>1 - x * 0.25
  const y2 = y * y
  return y2 * y2
}
