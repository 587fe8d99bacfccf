// Building the BVH with four children a node. One thread opens the top, then all threads take subtrees from a queue. A node is six rows of four
// bounds and four child numbers (complement = leaf pack); a pack is four triangles as vertex, edge 1, edge 2 and numbers.
import { bindBins, BINNING_BYTES, EMPTY, halfArea, partition } from "./binning"
import * as at from "./header"
import { address, cancelled, scratch, wordAddress } from "./shared"

const LEAF: i32 = 4
/** Below this depth every split is at the median, so that the traversal stack has a bound. */
const MEDIAN_DEPTH: i32 = 48

let bounds: usize = 0
let order: usize = 0
let nodes: usize = 0
let packs: usize = 0
let positions: usize = 0
let indices: usize = 0

/** This thread's room for up to six ranges of 64 bytes. */
let ranges: usize = 0

export function bindBuild(): void {
  bounds = address(at.AT_BOUNDS)
  order = address(at.AT_ORDER)
  nodes = address(at.AT_NODES)
  packs = address(at.AT_PACKS)
  positions = address(at.AT_POSITIONS)
  indices = address(at.AT_INDICES)
  bindBins()
  ranges = scratch + BINNING_BYTES
}

// A range: first 0, count 4, depth 8, slot address 12, min 16, max 32, half area 48.
// @ts-ignore: decorator
@inline function corner(triangle: i32, k: i32): usize {
  return positions + <usize>load<u32>(indices + (<usize>(triangle * 3 + k) << 2)) * 12
}

// @ts-ignore: decorator
@inline function point(p: usize): v128 {
  return f32x4(load<f32>(p), load<f32>(p, 4), load<f32>(p, 8), 0)
}

/** Bounds and order of triangles [from, to). */
export function measureTriangles(from: i32, to: i32): void {
  for (let t = from; t < to; t++) {
    const a = point(corner(t, 0))
    const b = point(corner(t, 1))
    const c = point(corner(t, 2))
    const p = bounds + (<usize>t << 5)
    v128.store(p, f32x4.pmin(f32x4.pmin(a, b), c))
    v128.store(p, f32x4.pmax(f32x4.pmax(a, b), c), 16)
    store<i32>(order + (<usize>t << 2), t)
  }
}

function measureRange(range: usize): void {
  const first = load<i32>(range)
  const count = load<i32>(range, 4)
  let low = f32x4.splat(EMPTY)
  let high = f32x4.splat(-EMPTY)
  for (let i = first; i < first + count; i++) {
    const p = bounds + (<usize>load<i32>(order + (<usize>i << 2)) << 5)
    low = f32x4.pmin(low, v128.load(p))
    high = f32x4.pmax(high, v128.load(p, 16))
  }
  v128.store(range, low, 16)
  v128.store(range, high, 32)
  store<f32>(range, halfArea(low, high), 48)
}

/** Cuts `range` in two, the second of which goes to `other`. */
function split(range: usize, other: usize): void {
  const first = load<i32>(range)
  const count = load<i32>(range, 4)
  const depth = load<i32>(range, 8) + 1
  let middle = depth < MEDIAN_DEPTH ? partition(first, count) : 0
  if (middle == 0) middle = first + (count >> 1)
  store<i32>(range, middle - first, 4)
  store<i32>(range, depth, 8)
  store<i32>(other, middle)
  store<i32>(other, first + count - middle, 4)
  store<i32>(other, depth, 8)
  measureRange(range)
  measureRange(other)
}

function writePack(range: usize): i32 {
  const number = atomic.add<i32>(wordAddress(at.PACK_COUNT), 1)
  const p = packs + <usize>number * at.PACK_BYTES
  const first = load<i32>(range)
  const count = load<i32>(range, 4)
  for (let lane = 0; lane < LEAF; lane++) {
    const q = p + (<usize>lane << 2)
    if (lane >= count) {
      for (let k: usize = 0; k < 144; k += 16) store<f32>(q + k, 0)
      store<i32>(q, -1, 144)
      continue
    }
    const t = load<i32>(order + (<usize>(first + lane) << 2))
    const a = corner(t, 0)
    const b = corner(t, 1)
    const c = corner(t, 2)
    for (let k: usize = 0; k < 3; k++) {
      const origin = load<f32>(a + (k << 2))
      store<f32>(q + (k << 4), origin)
      store<f32>(q + (k << 4), load<f32>(b + (k << 2)) - origin, 48)
      store<f32>(q + (k << 4), load<f32>(c + (k << 2)) - origin, 96)
    }
    store<i32>(q, t, 144)
  }
  return number
}

/** Writes one node over the range at `item`; inner children stay in `ranges`, their number is the answer. */
function writeNode(item: usize): i32 {
  memory.copy(ranges, item, 64)
  let count = 1
  while (count < 4) {
    let widest = -1
    let area: f32 = -1
    for (let i = 0; i < count; i++) {
      const r = ranges + (<usize>i << 6)
      if (load<i32>(r, 4) > LEAF && load<f32>(r, 48) > area) {
        widest = i
        area = load<f32>(r, 48)
      }
    }
    if (widest < 0) break
    split(ranges + (<usize>widest << 6), ranges + (<usize>count << 6))
    count++
  }
  const number = atomic.add<i32>(wordAddress(at.NODE_COUNT), 1)
  store<i32>(load<usize>(item, 12), number)
  const node = nodes + <usize>number * at.NODE_BYTES
  let inner = 0
  for (let i = 0; i < 4; i++) {
    const p = node + (<usize>i << 2)
    const r = ranges + (<usize>i << 6)
    const used = i < count
    for (let k: usize = 0; k < 3; k++) {
      store<f32>(p + (k << 4), used ? load<f32>(r + (k << 2), 16) : EMPTY)
      store<f32>(p + (k << 4), used ? load<f32>(r + (k << 2), 32) : -EMPTY, 48)
    }
    if (!used) store<i32>(p, -1, 96)
    else if (load<i32>(r, 4) <= LEAF) store<i32>(p, ~writePack(r), 96)
    else {
      store<usize>(r, p + 96, 12)
      memory.copy(ranges + (<usize>inner << 6), r, 64)
      inner++
    }
  }
  return inner
}

/** Opens the top of the tree until the queue holds enough subtrees for all threads. */
export function buildTop(triangles: i32): void {
  const queue = address(at.AT_QUEUE)
  store<i32>(queue, 0)
  store<i32>(queue, triangles, 4)
  store<i32>(queue, 0, 8)
  store<usize>(queue, header0(), 12)
  measureRange(queue)
  let head = 0
  let tail = 1
  const smallest = max<i32>(1024, triangles / 48)
  while (head < tail && tail < at.QUEUE_ITEMS / 2 && !cancelled()) {
    const item = queue + (<usize>head << 6)
    // Small subtrees stay in the queue: they are moved behind the open ones.
    if (head > 0 && load<i32>(item, 4) < smallest) break
    const inner = writeNode(item)
    for (let i = 0; i < inner; i++) memory.copy(queue + (<usize>(tail + i) << 6), ranges + (<usize>i << 6), 64)
    tail += inner
    head++
    // The largest subtree comes next, so that the pieces are of one size.
    let largest = head
    for (let i = head + 1; i < tail; i++)
      if (load<i32>(queue + (<usize>i << 6), 4) > load<i32>(queue + (<usize>largest << 6), 4)) largest = i
    if (largest > head) swapItems(queue + (<usize>head << 6), queue + (<usize>largest << 6))
  }
  memory.copy(queue, queue + (<usize>head << 6), <usize>(tail - head) << 6)
  store<i32>(wordAddress(at.QUEUE_COUNT), tail - head)
}

// @ts-ignore: decorator
@inline function header0(): usize {
  return wordAddress(at.HEADER_BYTES / 4 - 1)
}

function swapItems(a: usize, b: usize): void {
  memory.copy(ranges + 320, a, 64)
  memory.copy(a, b, 64)
  memory.copy(b, ranges + 320, 64)
}

/** Builds one subtree of the queue, depth first, on a stack of ranges at `stack`. */
export function buildSubtree(item: usize, stack: usize): void {
  memory.copy(stack, item, 64)
  let depth = 1
  while (depth > 0 && !cancelled()) {
    depth--
    memory.copy(ranges + 256, stack + (<usize>depth << 6), 64)
    const inner = writeNode(ranges + 256)
    memory.copy(stack + (<usize>depth << 6), ranges, <usize>inner << 6)
    depth += inner
  }
}
