// Where to cut a set of triangles: the binned surface-area heuristic (Wald 2007) with 16 bins on the centroids, on all
// three axes, cost = half area × ⌈count / 4⌉, since four triangles are tested at once.
import * as at from "./header"
import { address, scratch } from "./shared"

const BINS: i32 = 16
export const EMPTY: f32 = 3.0e38
/** This thread's room for it: 3 axes × 16 bins × (min, max, count), then areas and counts of a sweep. */
export const BINNING_BYTES: usize = 3 * 16 * 48 + 16 * 8

let bounds: usize = 0
let order: usize = 0
let bins: usize = 0
let areas: usize = 0

export function bindBins(): void {
  bounds = address(at.AT_BOUNDS)
  order = address(at.AT_ORDER)
  bins = scratch
  areas = bins + 3 * 16 * 48
}

// @ts-ignore: decorator
@inline export function halfArea(low: v128, high: v128): f32 {
  const d = f32x4.sub(high, low)
  const x = f32x4.extract_lane(d, 0)
  const y = f32x4.extract_lane(d, 1)
  const z = f32x4.extract_lane(d, 2)
  return x * y + y * z + z * x
}

// @ts-ignore: decorator
@inline function blocks(count: i32): f32 {
  return <f32>((count + 3) >> 2)
}

/** Sorts the order of a range into the two sides of its best plane; answers the first of the second side, 0 if none. */
export function partition(first: i32, count: i32): i32 {
  let low = f32x4.splat(EMPTY)
  let high = f32x4.splat(-EMPTY)
  const from = order + (<usize>first << 2)
  const to = from + (<usize>count << 2)
  for (let q = from; q < to; q += 4) {
    const p = bounds + (<usize>load<i32>(q) << 5)
    const c = f32x4.add(v128.load(p), v128.load(p, 16))
    low = f32x4.pmin(low, c)
    high = f32x4.pmax(high, c)
  }
  const extent = f32x4.sub(high, low)
  const scale = f32x4.div(f32x4.splat(<f32>BINS * <f32>0.9999), f32x4.pmax(extent, f32x4.splat(1e-30)))
  clearBins()
  for (let q = from; q < to; q += 4) {
    const p = bounds + (<usize>load<i32>(q) << 5)
    const a = v128.load(p)
    const b = v128.load(p, 16)
    const slot = binsOf(a, b, low, scale)
    grow(<usize>i32x4.extract_lane(slot, 0), a, b)
    grow(<usize>(BINS + i32x4.extract_lane(slot, 1)), a, b)
    grow(<usize>(2 * BINS + i32x4.extract_lane(slot, 2)), a, b)
  }
  let bestCost: f32 = EMPTY
  let best: i32 = -1
  for (let axis = 0; axis < 3; axis++) {
    const found = sweep(axis)
    if (sweepCost < bestCost) {
      bestCost = sweepCost
      best = axis * BINS + found
    }
  }
  if (best < 0) return 0
  return reorder(from, to, best / BINS, best % BINS, low, scale)
}

// @ts-ignore: decorator
@inline function binsOf(a: v128, b: v128, low: v128, scale: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.sub(f32x4.add(a, b), low), scale))
}

function clearBins(): void {
  const low = f32x4.splat(EMPTY)
  const high = f32x4.splat(-EMPTY)
  for (let p = bins; p < bins + 3 * 16 * 48; p += 48) {
    v128.store(p, low)
    v128.store(p, high, 16)
    store<i32>(p, 0, 32)
  }
}

// @ts-ignore: decorator
@inline function grow(bin: usize, low: v128, high: v128): void {
  const p = bins + bin * 48
  v128.store(p, f32x4.pmin(v128.load(p), low))
  v128.store(p, f32x4.pmax(v128.load(p, 16), high), 16)
  store<i32>(p, load<i32>(p, 32) + 1, 32)
}

let sweepCost: f32 = 0

/** The last bin of the first side with the least cost on this axis; sets `sweepCost`. */
function sweep(axis: i32): i32 {
  const base = bins + <usize>(axis * BINS * 48)
  let low = f32x4.splat(EMPTY)
  let high = f32x4.splat(-EMPTY)
  let count = 0
  for (let i = BINS - 1; i > 0; i--) {
    const p = base + <usize>(i * 48)
    low = f32x4.pmin(low, v128.load(p))
    high = f32x4.pmax(high, v128.load(p, 16))
    count += load<i32>(p, 32)
    store<f32>(areas + (<usize>i << 3), count > 0 ? halfArea(low, high) * blocks(count) : 0)
    store<i32>(areas + (<usize>i << 3), count, 4)
  }
  low = f32x4.splat(EMPTY)
  high = f32x4.splat(-EMPTY)
  count = 0
  sweepCost = EMPTY
  let best = -1
  for (let i = 0; i < BINS - 1; i++) {
    const p = base + <usize>(i * 48)
    low = f32x4.pmin(low, v128.load(p))
    high = f32x4.pmax(high, v128.load(p, 16))
    count += load<i32>(p, 32)
    const right = areas + (<usize>(i + 1) << 3)
    if (count == 0 || load<i32>(right, 4) == 0) continue
    const cost = halfArea(low, high) * blocks(count) + load<f32>(right)
    if (cost < sweepCost) {
      sweepCost = cost
      best = i
    }
  }
  return best
}

function reorder(from: usize, to: usize, axis: i32, last: i32, low: v128, scale: v128): i32 {
  let left = from
  let right = to - 4
  while (true) {
    while (left <= right && sideOf(left, axis, low, scale) <= last) left += 4
    while (left < right && sideOf(right, axis, low, scale) > last) right -= 4
    if (left >= right) break
    const swapped = load<i32>(left)
    store<i32>(left, load<i32>(right))
    store<i32>(right, swapped)
    left += 4
    right -= 4
  }
  return <i32>((left - order) >> 2)
}

function sideOf(q: usize, axis: i32, low: v128, scale: v128): i32 {
  const p = bounds + (<usize>load<i32>(q) << 5)
  const slot = binsOf(v128.load(p), v128.load(p, 16), low, scale)
  if (axis == 0) return i32x4.extract_lane(slot, 0)
  if (axis == 1) return i32x4.extract_lane(slot, 1)
  return i32x4.extract_lane(slot, 2)
}

