// Rays of the pixels.
import * as at from "./header"
import { real, word } from "./shared"

export let eyeX: f32 = 0
export let eyeY: f32 = 0
export let eyeZ: f32 = 0
export let rayX: f32 = 0
export let rayY: f32 = 0
export let rayZ: f32 = 0

let scaleX: f32 = 0
let scaleY: f32 = 0
let tanX: f32 = 0
let tanY: f32 = 0

export function bindCamera(): void {
  eyeX = real(at.EYE)
  eyeY = real(at.EYE + 1)
  eyeZ = real(at.EYE + 2)
  tanX = real(at.TAN_X)
  tanY = real(at.TAN_Y)
  scaleX = (tanX * 2) / <f32>word(at.WIDTH)
  scaleY = (tanY * 2) / <f32>word(at.HEIGHT)
}

/** Sets `ray…` to the unit direction through a point of the picture, in pixels from the upper left corner. */
export function aim(x: f32, y: f32): void {
  const u = x * scaleX - tanX
  const v = tanY - y * scaleY
  rayX = real(at.FORWARD) + real(at.RIGHT) * u + real(at.UP) * v
  rayY = real(at.FORWARD + 1) + real(at.RIGHT + 1) * u + real(at.UP + 1) * v
  rayZ = real(at.FORWARD + 2) + real(at.RIGHT + 2) * u + real(at.UP + 2) * v
  const scale = <f32>1 / sqrt<f32>(rayX * rayX + rayY * rayY + rayZ * rayZ)
  rayX *= scale
  rayY *= scale
  rayZ *= scale
}
