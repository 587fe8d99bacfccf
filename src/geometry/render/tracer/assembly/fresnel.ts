// Light at the border of two clear media, exactly: Snell's law and the unpolarised Fresnel equations.
import { clamp } from "./numbers"

/** Cosine of the angle in the other medium, set by `fresnel`; unchanged at total reflection. */
export let cosineInside: f32 = 0

/** Share that is reflected. `cosine` ≥ 0 on the side of the ray; `eta` = index of the ray's side ÷ index of the other. */
export function fresnel(cosine: f32, eta: f32): f32 {
  const sine2 = eta * eta * (<f32>1 - cosine * cosine)
  if (sine2 >= 1) return 1
  const other = sqrt<f32>(<f32>1 - sine2)
  cosineInside = other
  const s = (eta * cosine - other) / (eta * cosine + other)
  const p = (cosine - eta * other) / (cosine + eta * other)
  return clamp((s * s + p * p) * <f32>0.5, 0, 1)
}

/** λ_d in µm, and the ends of the band that one sample is drawn from (red, violet). */
const LINE_D: f32 = 0.5876
const RED: f32 = 0.7
const VIOLET: f32 = 0.4

/** Cauchy's index at place t of the band, 0 = red … 1 = violet. */
export function indexAt(ior: f32, cauchy: f32, t: f32): f32 {
  const wave = RED + (VIOLET - RED) * t
  return ior + cauchy * (<f32>1 / (wave * wave) - <f32>1 / (LINE_D * LINE_D))
}

export let bandR: f32 = 1
export let bandG: f32 = 1
export let bandB: f32 = 1

/** Colour of place t of the band: three overlapping hats of equal area, so that the whole band is exactly white. */
export function bandColour(t: f32): void {
  bandR = clamp((<f32>0.5 - t) * 3, 0, 1) * 3
  bandB = clamp((t - <f32>0.5) * 3, 0, 1) * 3
  bandG = <f32>3 - bandR - bandB
}
