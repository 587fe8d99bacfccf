// What a ray meets: the point, its normals and the material of the part.
import * as at from "./header"
import { address, real, word } from "./shared"
import { closestHit, hitLane, hitPart, hitT, hitTriangle, hitU, hitV } from "./traverse"

export let px: f32 = 0
export let py: f32 = 0
export let pz: f32 = 0
/** Geometric normal, turned against the ray. */
export let gx: f32 = 0
export let gy: f32 = 0
export let gz: f32 = 0
/** Shading normal, on the same side. */
export let nx: f32 = 0
export let ny: f32 = 0
export let nz: f32 = 0
/** The ray came from outside of the body. */
export let front: bool = true
/** Address of the material met. */
export let material: usize = 0
export let offset: f32 = 0

let normals: usize = 0
let materials: usize = 0

export function bindSurface(): void {
  normals = address(at.AT_NORMALS)
  materials = address(at.AT_MATERIALS)
  offset = real(at.OFFSET)
}

// @ts-ignore: decorator
@inline export function property(m: usize, field: i32): f32 {
  return load<f32>(m + (<usize>field << 2))
}

// @ts-ignore: decorator
@inline export function isGem(m: usize): bool {
  return property(m, at.MATERIAL_KIND) == <f32>at.KIND_GEM
}

// @ts-ignore: decorator
@inline export function materialOf(part: i32): usize {
  return materials + <usize>part * (at.MATERIAL_WORDS * 4)
}

/** Absorption per unit of length from the colour left after the attenuation distance; dark channels are lifted to 0.002. */
export function prepareMaterials(): void {
  for (let part = 0; part < word(at.PARTS); part++) {
    const m = materialOf(part)
    const density = property(m, at.MATERIAL_DENSITY)
    for (let channel = 0; channel < 3; channel++) {
      const tint = max<f32>(property(m, at.MATERIAL_TINT + channel), <f32>0.002)
      const sigma = density > 0 ? -Mathf.log(tint) * density : 0
      store<f32>(m + (<usize>(at.MATERIAL_SIGMA + channel) << 2), max<f32>(sigma, 0))
    }
  }
}

/** Casts a ray; when it hits, sets everything above. `only`: a part's number, or ANY. */
export function meet(ox: f32, oy: f32, oz: f32, dx: f32, dy: f32, dz: f32, far: f32, only: i32): bool {
  if (!closestHit(ox, oy, oz, dx, dy, dz, far, only)) return false
  px = ox + dx * hitT
  py = oy + dy * hitT
  pz = oz + dz * hitT
  const ax = load<f32>(hitLane, 48)
  const ay = load<f32>(hitLane, 64)
  const az = load<f32>(hitLane, 80)
  const bx = load<f32>(hitLane, 96)
  const by = load<f32>(hitLane, 112)
  const bz = load<f32>(hitLane, 128)
  gx = ay * bz - az * by
  gy = az * bx - ax * bz
  gz = ax * by - ay * bx
  let scale = <f32>1 / max<f32>(sqrt<f32>(gx * gx + gy * gy + gz * gz), <f32>1e-30)
  front = gx * dx + gy * dy + gz * dz <= 0
  if (!front) scale = -scale
  gx *= scale
  gy *= scale
  gz *= scale
  nx = gx
  ny = gy
  nz = gz
  material = materialOf(hitPart)
  if (property(material, at.MATERIAL_FLAT) == 0) bend(dx, dy, dz)
  return true
}

/** Replaces the shading normal by the interpolated one, unless that faces away from the ray. */
function bend(dx: f32, dy: f32, dz: f32): void {
  const p = normals + <usize>hitTriangle * 36
  const w = <f32>1 - hitU - hitV
  const sign: f32 = front ? 1 : -1
  let x = load<f32>(p) * w + load<f32>(p, 12) * hitU + load<f32>(p, 24) * hitV
  let y = load<f32>(p, 4) * w + load<f32>(p, 16) * hitU + load<f32>(p, 28) * hitV
  let z = load<f32>(p, 8) * w + load<f32>(p, 20) * hitU + load<f32>(p, 32) * hitV
  const length = sqrt<f32>(x * x + y * y + z * z)
  if (!(length > <f32>1e-6)) return
  const scale = sign / length
  x *= scale
  y *= scale
  z *= scale
  const facing = x * dx + y * dy + z * dz
  // A normal seen from behind is bent back to just in front, as at a silhouette.
  if (facing > <f32>-0.01) {
    const shift = facing + <f32>0.01
    x -= dx * shift
    y -= dy * shift
    z -= dz * shift
    const again = <f32>1 / sqrt<f32>(x * x + y * y + z * z)
    x *= again
    y *= again
    z *= again
  }
  nx = x
  ny = y
  nz = z
}
