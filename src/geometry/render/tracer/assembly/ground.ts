// The ground only receives a shadow: light that arrives ÷ light that would arrive without the model, from the same samples.
// In the open the ratio is exactly 1, so the background stays clean.
import * as at from "./header"
import { DIFFUSE_LEVEL, environment, lightB, lightG, lightR } from "./environment"
import { cosineDirection, outX, outY, outZ } from "./ggx"
import { luminance } from "./numbers"
import { nextPair, sampleU, sampleV } from "./sampler"
import { gx, gy, gz, isGem, material, meet, offset, property } from "./surface"
import { ANY, FAR, hitT } from "./traverse"

/** Arriving light per channel, all light, and the distance of what stood in the way (0 = nothing). */
export let arrivedR: f32 = 0
export let arrivedG: f32 = 0
export let arrivedB: f32 = 0
export let arrivedAll: f32 = 0
export let blockedAt: f32 = 0

const LIGHT_LIMIT: f32 = 6
/** Share of the light that a stone lets through. */
const GEM_LEAK: f32 = 0.45
/** Share of the mirrored surroundings that metal throws onto the ground. */
const METAL_GLOW: f32 = 0.22

function ambient(dx: f32, dy: f32, dz: f32): f32 {
  environment(dx, dy, dz, DIFFUSE_LEVEL)
  return min<f32>(luminance(lightR, lightG, lightB), LIGHT_LIMIT)
}

/** One shadow sample at a point of the ground. */
export function sampleGround(x: f32, y: f32, z: f32): void {
  nextPair()
  cosineDirection(0, 1, 0, sampleU, sampleV)
  const dx = outX
  const dy = outY
  const dz = outZ
  const all = ambient(dx, dy, dz)
  arrivedAll = all
  blockedAt = 0
  if (!meet(x, y + offset, z, dx, dy, dz, FAR, ANY)) {
    arrivedR = all
    arrivedG = all
    arrivedB = all
    return
  }
  blockedAt = hitT
  const m = material
  if (isGem(m)) {
    const leak = all * GEM_LEAK
    const coloured = property(m, at.MATERIAL_DENSITY) > 0
    arrivedR = leak * (coloured ? property(m, at.MATERIAL_TINT) * <f32>0.7 + <f32>0.3 : 1)
    arrivedG = leak * (coloured ? property(m, at.MATERIAL_TINT + 1) * <f32>0.7 + <f32>0.3 : 1)
    arrivedB = leak * (coloured ? property(m, at.MATERIAL_TINT + 2) * <f32>0.7 + <f32>0.3 : 1)
    return
  }
  const along = (dx * gx + dy * gy + dz * gz) * 2
  const glow = min<f32>(ambient(dx - gx * along, dy - gy * along, dz - gz * along) * METAL_GLOW, all)
  arrivedR = glow * property(m, at.MATERIAL_BASE)
  arrivedG = glow * property(m, at.MATERIAL_BASE + 1)
  arrivedB = glow * property(m, at.MATERIAL_BASE + 2)
}
