// Opaque surfaces: GGX reflection from sampled visible normals (Dupuy and Benyoub 2023, spherical caps) over a Lambert base.
import * as at from "./header"
import { clamp, cosine, luminance, sine, turn } from "./numbers"
import { nextPair, sampleU, sampleV } from "./sampler"
import { gx, gy, gz, nx, ny, nz, property } from "./surface"

/** The sampled direction, the weight of its light, and how wide the lobe was (alpha; 1 = diffuse). */
export let outX: f32 = 0
export let outY: f32 = 0
export let outZ: f32 = 0
export let weightR: f32 = 0
export let weightG: f32 = 0
export let weightB: f32 = 0
export let lobe: f32 = 0

/** Reflectance of a non-metal head on. */
const DIELECTRIC: f32 = 0.04
/** A rougher path than this sees polished metal as a mirror: what the eye cannot tell apart costs no noise. */
const MIRROR_ALPHA: f32 = 0.12

let tx: f32 = 0
let ty: f32 = 0
let tz: f32 = 0
let bx: f32 = 0
let by: f32 = 0
let bz: f32 = 0

/** An orthonormal basis over the shading normal (Duff et al. 2017). */
function basis(): void {
  const sign = copysign(<f32>1, nz)
  const a = <f32>-1 / (sign + nz)
  const b = nx * ny * a
  tx = <f32>1 + sign * nx * nx * a
  ty = sign * b
  tz = -sign * nx
  bx = b
  by = sign + ny * ny * a
  bz = -ny
}

// @ts-ignore: decorator
@inline function schlick(f0: f32, power: f32): f32 {
  return f0 + (<f32>1 - f0) * power
}

/**
 * Draws one direction at the current surface for light going out against (dx, dy, dz).
 * `again`: the path has met an opaque surface before, so polished metal may reflect as a mirror.
 */
export function scatter(m: usize, dx: f32, dy: f32, dz: f32, again: bool): void {
  const metallic = property(m, at.MATERIAL_METALLIC)
  const alpha = property(m, at.MATERIAL_ALPHA)
  const facing = clamp(-(dx * nx + dy * ny + dz * nz), <f32>1e-4, 1)
  const grazing = power5(<f32>1 - facing)
  const specular = metallic + (<f32>1 - metallic) * max<f32>(<f32>0.15, schlick(DIELECTRIC, grazing))
  nextPair()
  let u = sampleU
  const v = sampleV
  if (u < specular) {
    u /= specular
    if (again && metallic > 0 && alpha < MIRROR_ALPHA) mirror(m, dx, dy, dz, facing, metallic)
    else glossy(m, dx, dy, dz, facing, alpha, metallic, u, v)
    const scale = <f32>1 / specular
    weightR *= scale
    weightG *= scale
    weightB *= scale
  } else {
    diffuse((u - specular) / (<f32>1 - specular), v)
    const scale = ((<f32>1 - metallic) * (<f32>1 - schlick(DIELECTRIC, grazing))) / (<f32>1 - specular)
    weightR = property(m, at.MATERIAL_BASE) * scale
    weightG = property(m, at.MATERIAL_BASE + 1) * scale
    weightB = property(m, at.MATERIAL_BASE + 2) * scale
  }
  keepAbove()
}

// @ts-ignore: decorator
@inline function power5(x: f32): f32 {
  const x2 = x * x
  return x2 * x2 * x
}

/** Schlick's Fresnel per channel; the head-on colour of a metal is its base colour. */
function tint(m: usize, metallic: f32, along: f32, scale: f32): void {
  const power = power5(clamp(<f32>1 - along, 0, 1))
  const plain = DIELECTRIC * (<f32>1 - metallic)
  weightR = schlick(plain + property(m, at.MATERIAL_BASE) * metallic, power) * scale
  weightG = schlick(plain + property(m, at.MATERIAL_BASE + 1) * metallic, power) * scale
  weightB = schlick(plain + property(m, at.MATERIAL_BASE + 2) * metallic, power) * scale
}

function mirror(m: usize, dx: f32, dy: f32, dz: f32, facing: f32, metallic: f32): void {
  const twice = facing * 2
  outX = dx + nx * twice
  outY = dy + ny * twice
  outZ = dz + nz * twice
  lobe = MIRROR_ALPHA
  tint(m, metallic, facing, 1)
}

function glossy(m: usize, dx: f32, dy: f32, dz: f32, facing: f32, alpha: f32, metallic: f32, u: f32, v: f32): void {
  basis()
  const ix = -(dx * tx + dy * ty + dz * tz)
  const iy = -(dx * bx + dy * by + dz * bz)
  // The view in the space where the lobe is a half sphere, then a point of the cap that it sees.
  let sx = ix * alpha
  let sy = iy * alpha
  let sz = facing
  let scale = <f32>1 / sqrt<f32>(sx * sx + sy * sy + sz * sz)
  sx *= scale
  sy *= scale
  sz *= scale
  turn(u)
  const z = (<f32>1 - v) * (<f32>1 + sz) - sz
  const across = sqrt<f32>(clamp(<f32>1 - z * z, 0, 1))
  let hx = (across * cosine + sx) * alpha
  let hy = (across * sine + sy) * alpha
  let hz = z + sz
  scale = <f32>1 / sqrt<f32>(hx * hx + hy * hy + hz * hz)
  hx *= scale
  hy *= scale
  hz *= scale
  const along = ix * hx + iy * hy + facing * hz
  const rx = along * 2 * hx - ix
  const ry = along * 2 * hy - iy
  const rz = along * 2 * hz - facing
  outX = tx * rx + bx * ry + nx * rz
  outY = ty * rx + by * ry + ny * rz
  outZ = tz * rx + bz * ry + nz * rz
  lobe = alpha
  // Smith's height-correlated shadowing: G2 ÷ G1 of the view.
  const gi = masking(facing, alpha)
  const go = masking(clamp(rz, <f32>1e-4, 1), alpha)
  tint(m, metallic, along, go / (gi + go - gi * go))
}

// @ts-ignore: decorator
@inline function masking(c: f32, alpha: f32): f32 {
  return (c * 2) / (c + sqrt<f32>(alpha * alpha + (<f32>1 - alpha * alpha) * c * c))
}

function diffuse(u: f32, v: f32): void {
  cosineDirection(nx, ny, nz, u, v)
  lobe = 1
}

/** Sets `out…` to a cosine-weighted direction about the normal (x, y, z). */
export function cosineDirection(x: f32, y: f32, z: f32, u: f32, v: f32): void {
  // A point of the unit sphere added to the normal.
  turn(u)
  const height = <f32>1 - v * 2
  const across = sqrt<f32>(clamp(<f32>1 - height * height, 0, 1))
  const sign = copysign(<f32>1, z)
  const a = <f32>-1 / (sign + z)
  const b = x * y * a
  const cx = across * cosine
  const cy = across * sine
  outX = (<f32>1 + sign * x * x * a) * cx + b * cy + x * (height + 1)
  outY = sign * b * cx + (sign + y * y * a) * cy + y * (height + 1)
  outZ = -sign * x * cx - y * cy + z * (height + 1)
  const scale = <f32>1 / sqrt<f32>(max<f32>(outX * outX + outY * outY + outZ * outZ, <f32>1e-12))
  outX *= scale
  outY *= scale
  outZ *= scale
}

/** Mirrors a direction that would enter the body back over the true surface. */
function keepAbove(): void {
  const below = outX * gx + outY * gy + outZ * gz
  if (below > <f32>1e-4) return
  const twice = below * 2 - <f32>2e-3
  outX -= gx * twice
  outY -= gy * twice
  outZ -= gz * twice
  const scale = <f32>1 / sqrt<f32>(outX * outX + outY * outY + outZ * outZ)
  outX *= scale
  outY *= scale
  outZ *= scale
}

/** Brightness of the surface colour, for the choice of light that leaks past it. */
export function brightness(m: usize): f32 {
  return luminance(property(m, at.MATERIAL_BASE), property(m, at.MATERIAL_BASE + 1), property(m, at.MATERIAL_BASE + 2))
}
