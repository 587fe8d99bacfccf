// A stone seen by the camera. Its surfaces split the light without chance: the exact Fresnel share is reflected or leaves,
// the rest goes on, over at most 14 internal hits. Only the wavelength is drawn (one for each sample).
import * as at from "./header"
import { DIFFUSE_LEVEL, environment, lightB, lightG, lightR } from "./environment"
import { bandB, bandColour, bandG, bandR, cosineInside, fresnel, indexAt } from "./fresnel"
import { max3 } from "./numbers"
import { followPath, FROM_GLOSS, FROM_STONE, pathB, pathG, pathR } from "./path"
import { gx, gy, gz, material, meet, offset, property, px, py, pz } from "./surface"
import { FAR, hitPart, hitT } from "./traverse"

/** Light reflected by the outer surface: the same for every wavelength. */
export let glossR: f32 = 0
export let glossG: f32 = 0
export let glossB: f32 = 0
/** Light from inside the stone, not yet weighted by the colour of its wavelength (`bandR/G/B`). */
export let fireR: f32 = 0
export let fireG: f32 = 0
export let fireB: f32 = 0

const INTERNAL_HITS: i32 = 14
const REFLECTION_BOUNCES: i32 = 3
const EXIT_BOUNCES: i32 = 2
/** Below this share of the first light the stone is not followed further. */
const NEGLIGIBLE: f32 = 0.04
/** Light leaving with less than this share is read from the surroundings without asking what stands in its way. */
const FAINT: f32 = 0.02
/** Most light that one way through the stone may bring. */
const FIRE_LIMIT: f32 = 16

let keptR: f32 = 1
let keptG: f32 = 1
let keptB: f32 = 1

/** Looks along (dx, dy, dz) at the stone surface just met; `band` 0…1 is the drawn wavelength, red to violet. */
export function lookInto(dx: f32, dy: f32, dz: f32, band: f32): void {
  const m = material
  const part = hitPart
  const ior = indexAt(property(m, at.MATERIAL_IOR), property(m, at.MATERIAL_CAUCHY), band)
  bandColour(band)
  const cosine = -(dx * gx + dy * gy + dz * gz)
  const eta = <f32>1 / ior
  const share = fresnel(cosine, eta)
  const along = eta * cosine - cosineInside
  // followPath overwrites the surface, so everything about the entry is kept here.
  let ox = px - gx * offset
  let oy = py - gy * offset
  let oz = pz - gz * offset
  let ix = dx * eta + gx * along
  let iy = dy * eta + gy * along
  let iz = dz * eta + gz * along
  const twice = cosine * 2
  followPath(px + gx * offset, py + gy * offset, pz + gz * offset, dx + gx * twice, dy + gy * twice, dz + gz * twice, REFLECTION_BOUNCES, 0, FROM_GLOSS)
  glossR = pathR * share
  glossG = pathG * share
  glossB = pathB * share
  fireR = 0
  fireG = 0
  fireB = 0
  keptR = <f32>1 - share
  keptG = keptR
  keptB = keptR
  for (let hit = 0; hit < INTERNAL_HITS; hit++) {
    // A ray that slips out at an edge has left the stone.
    if (!meet(ox, oy, oz, ix, iy, iz, FAR, part)) return leave(ix, iy, iz, 1)
    absorb(m, hitT)
    const c = -(ix * gx + iy * gy + iz * gz)
    const inner = fresnel(c, ior)
    const mirrorX = ix + gx * (c * 2)
    const mirrorY = iy + gy * (c * 2)
    const mirrorZ = iz + gz * (c * 2)
    const hx = px
    const hy = py
    const hz = pz
    const mx = gx
    const my = gy
    const mz = gz
    if (inner < 1) {
      const turn = ior * c - cosineInside
      exit(hx - mx * offset, hy - my * offset, hz - mz * offset, ix * ior + mx * turn, iy * ior + my * turn, iz * ior + mz * turn, <f32>1 - inner, hit)
    }
    keptR *= inner
    keptG *= inner
    keptB *= inner
    ix = mirrorX
    iy = mirrorY
    iz = mirrorZ
    if (max3(keptR, keptG, keptB) < NEGLIGIBLE) break
    ox = hx + mx * offset
    oy = hy + my * offset
    oz = hz + mz * offset
  }
  leave(ix, iy, iz, DIFFUSE_LEVEL)
}

/** Adds what comes in where a share of the light leaves. */
function exit(ox: f32, oy: f32, oz: f32, dx: f32, dy: f32, dz: f32, share: f32, hit: i32): void {
  const most = max3(keptR, keptG, keptB) * share
  if (most < FAINT) {
    environment(dx, dy, dz, 3)
    add(lightR, lightG, lightB, share)
    return
  }
  followPath(ox, oy, oz, dx, dy, dz, EXIT_BOUNCES, hit < 2 ? <f32>0.004 : <f32>0.01, FROM_STONE)
  add(pathR, pathG, pathB, share)
}

/** Everything that is still inside comes from the surroundings. */
function leave(dx: f32, dy: f32, dz: f32, level: f32): void {
  environment(dx, dy, dz, level)
  add(lightR, lightG, lightB, 1)
}

// @ts-ignore: decorator
@inline function add(r: f32, g: f32, b: f32, share: f32): void {
  fireR += min<f32>(keptR * share * r, FIRE_LIMIT)
  fireG += min<f32>(keptG * share * g, FIRE_LIMIT)
  fireB += min<f32>(keptB * share * b, FIRE_LIMIT)
}

function absorb(m: usize, length: f32): void {
  if (property(m, at.MATERIAL_DENSITY) == 0) return
  keptR *= Mathf.exp(-property(m, at.MATERIAL_SIGMA) * length)
  keptG *= Mathf.exp(-property(m, at.MATERIAL_SIGMA + 1) * length)
  keptB *= Mathf.exp(-property(m, at.MATERIAL_SIGMA + 2) * length)
}
