// Rays against the BVH: four boxes or four triangles (Möller and Trumbore) at a time.
import * as at from "./header"
import { address, stack } from "./shared"

export let hitT: f32 = 0
export let hitTriangle: i32 = -1
export let hitPart: i32 = -1
export let hitU: f32 = 0
export let hitV: f32 = 0
/** Address of the hit triangle's lane in its pack. */
export let hitLane: usize = 0
export let rays: i32 = 0

export const FAR: f32 = 1e30
/** Any part. */
export const ANY: i32 = -1
/** Slack of the barycentric test, so that no ray slips between two triangles. */
const SLACK: f32 = 2e-5

let nodes: usize = 0
let packs: usize = 0
let parts: usize = 0

export function bindTraversal(): void {
  nodes = address(at.AT_NODES)
  packs = address(at.AT_PACKS)
  parts = address(at.AT_TRIANGLE_PARTS)
  rays = 0
}

// @ts-ignore: decorator
@inline function reciprocal(d: f32): f32 {
  return <f32>1 / (abs(d) > <f32>1e-12 ? d : copysign(<f32>1e-12, d))
}

/** The closest hit nearer than `far`, of part `only` or any; sets the `hit…` values. The direction need not be a unit vector. */
export function closestHit(ox: f32, oy: f32, oz: f32, dx: f32, dy: f32, dz: f32, far: f32, only: i32): bool {
  rays++
  const ix = reciprocal(dx)
  const iy = reciprocal(dy)
  const iz = reciprocal(dz)
  const nearX: usize = ix < 0 ? 48 : 0
  const nearY: usize = iy < 0 ? 64 : 16
  const nearZ: usize = iz < 0 ? 80 : 32
  const farX: usize = 48 - nearX
  const farY: usize = 80 - nearY
  const farZ: usize = 112 - nearZ
  const vox = f32x4.splat(ox)
  const voy = f32x4.splat(oy)
  const voz = f32x4.splat(oz)
  const vix = f32x4.splat(ix)
  const viy = f32x4.splat(iy)
  const viz = f32x4.splat(iz)
  const vdx = f32x4.splat(dx)
  const vdy = f32x4.splat(dy)
  const vdz = f32x4.splat(dz)
  const zero = f32x4.splat(0)
  let best = far
  let top = stack
  let node: i32 = 0
  hitTriangle = -1
  while (true) {
    if (node >= 0) {
      const p = nodes + (<usize>node << 7)
      let near = f32x4.mul(f32x4.sub(v128.load(p + nearX), vox), vix)
      near = f32x4.pmax(near, f32x4.mul(f32x4.sub(v128.load(p + nearY), voy), viy))
      near = f32x4.pmax(near, f32x4.mul(f32x4.sub(v128.load(p + nearZ), voz), viz))
      near = f32x4.pmax(near, zero)
      let out = f32x4.mul(f32x4.sub(v128.load(p + farX), vox), vix)
      out = f32x4.pmin(out, f32x4.mul(f32x4.sub(v128.load(p + farY), voy), viy))
      out = f32x4.pmin(out, f32x4.mul(f32x4.sub(v128.load(p + farZ), voz), viz))
      // A little more than exact, because the products are rounded.
      out = f32x4.mul(out, f32x4.splat(1.0000004))
      let mask = i32x4.bitmask(f32x4.le(near, f32x4.pmin(out, f32x4.splat(best))))
      if (mask != 0) {
        if ((mask & (mask - 1)) == 0) {
          node = load<i32>(p + (<usize>ctz(mask) << 2), 96)
          continue
        }
        // Push the children sorted, so that the nearest is on top.
        const d0 = f32x4.extract_lane(near, 0)
        const d1 = f32x4.extract_lane(near, 1)
        const d2 = f32x4.extract_lane(near, 2)
        const d3 = f32x4.extract_lane(near, 3)
        const base = top
        do {
          const lane = ctz(mask)
          mask &= mask - 1
          const t = lane == 0 ? d0 : lane == 1 ? d1 : lane == 2 ? d2 : d3
          let q = top
          while (q > base && load<f32>(q - 4) < t) {
            store<u64>(q, load<u64>(q - 8))
            q -= 8
          }
          store<i32>(q, load<i32>(p + (<usize>lane << 2), 96))
          store<f32>(q, t, 4)
          top += 8
        } while (mask != 0)
        top -= 8
        node = load<i32>(top)
        continue
      }
    } else {
      const p = packs + <usize>(~node) * at.PACK_BYTES
      const e1x = v128.load(p, 48)
      const e1y = v128.load(p, 64)
      const e1z = v128.load(p, 80)
      const e2x = v128.load(p, 96)
      const e2y = v128.load(p, 112)
      const e2z = v128.load(p, 128)
      const px = f32x4.sub(f32x4.mul(vdy, e2z), f32x4.mul(vdz, e2y))
      const py = f32x4.sub(f32x4.mul(vdz, e2x), f32x4.mul(vdx, e2z))
      const pz = f32x4.sub(f32x4.mul(vdx, e2y), f32x4.mul(vdy, e2x))
      const det = f32x4.add(f32x4.add(f32x4.mul(e1x, px), f32x4.mul(e1y, py)), f32x4.mul(e1z, pz))
      const inverse = f32x4.div(f32x4.splat(1), det)
      const tx = f32x4.sub(vox, v128.load(p))
      const ty = f32x4.sub(voy, v128.load(p, 16))
      const tz = f32x4.sub(voz, v128.load(p, 32))
      const u = f32x4.mul(f32x4.add(f32x4.add(f32x4.mul(tx, px), f32x4.mul(ty, py)), f32x4.mul(tz, pz)), inverse)
      const qx = f32x4.sub(f32x4.mul(ty, e1z), f32x4.mul(tz, e1y))
      const qy = f32x4.sub(f32x4.mul(tz, e1x), f32x4.mul(tx, e1z))
      const qz = f32x4.sub(f32x4.mul(tx, e1y), f32x4.mul(ty, e1x))
      const v = f32x4.mul(f32x4.add(f32x4.add(f32x4.mul(vdx, qx), f32x4.mul(vdy, qy)), f32x4.mul(vdz, qz)), inverse)
      const t = f32x4.mul(f32x4.add(f32x4.add(f32x4.mul(e2x, qx), f32x4.mul(e2y, qy)), f32x4.mul(e2z, qz)), inverse)
      const slack = f32x4.splat(-SLACK)
      let inside = v128.and(f32x4.ge(u, slack), f32x4.ge(v, slack))
      inside = v128.and(inside, f32x4.le(f32x4.add(u, v), f32x4.splat(1 + SLACK)))
      inside = v128.and(inside, v128.and(f32x4.gt(t, zero), f32x4.lt(t, f32x4.splat(best))))
      let mask = i32x4.bitmask(inside)
      while (mask != 0) {
        const lane = ctz(mask)
        mask &= mask - 1
        const at = p + (<usize>lane << 2)
        const distance = lane == 0 ? f32x4.extract_lane(t, 0) : lane == 1 ? f32x4.extract_lane(t, 1) : lane == 2 ? f32x4.extract_lane(t, 2) : f32x4.extract_lane(t, 3)
        if (distance >= best) continue
        const triangle = load<i32>(at, 144)
        if (triangle < 0) continue
        const part = <i32>load<u16>(parts + (<usize>triangle << 1))
        if (only >= 0 && part != only) continue
        best = distance
        hitTriangle = triangle
        hitPart = part
        hitLane = at
        hitU = lane == 0 ? f32x4.extract_lane(u, 0) : lane == 1 ? f32x4.extract_lane(u, 1) : lane == 2 ? f32x4.extract_lane(u, 2) : f32x4.extract_lane(u, 3)
        hitV = lane == 0 ? f32x4.extract_lane(v, 0) : lane == 1 ? f32x4.extract_lane(v, 1) : lane == 2 ? f32x4.extract_lane(v, 2) : f32x4.extract_lane(v, 3)
      }
    }
    while (true) {
      if (top == stack) {
        hitT = best
        return hitTriangle >= 0
      }
      top -= 8
      if (load<f32>(top, 4) < best) {
        node = load<i32>(top)
        break
      }
    }
  }
}
