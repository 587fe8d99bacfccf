import type { Material, Rgb } from "#src/geometry/mesh.ts"
import * as at from "./tracer/assembly/header.ts"

/** 1/λ_F² − 1/λ_C² in µm⁻² for the lines F (486.1 nm) and C (656.3 nm) by which the Abbe number is defined. */
const F_MINUS_C = 1 / (0.4861 * 0.4861) - 1 / (0.6563 * 0.6563)

/** Alpha below this would be a mirror that f32 cannot sample. */
const LEAST_ALPHA = 0.002

/** A body that light goes through is drawn as a gem; half-clear bodies are drawn as opaque ones. */
export function isGem(material: Material): boolean {
  return material.transmission > 0.5
}

/** The words of one part's material, as the tracer reads them. */
export function materialWords(material: Material): Float32Array {
  const words = new Float32Array(at.MATERIAL_WORDS)
  const gem = isGem(material)
  const roughness = clamp01(material.roughness)
  const alpha = Math.max(LEAST_ALPHA, roughness * roughness)
  const metallic = clamp01(material.metallic)
  const ior = Math.min(4, Math.max(1.0001, material.ior))
  words[at.MATERIAL_KIND] = gem ? at.KIND_GEM : at.KIND_OPAQUE
  setRgb(words, at.MATERIAL_BASE, material.baseColor)
  words[at.MATERIAL_METALLIC] = metallic
  words[at.MATERIAL_ALPHA] = alpha
  words[at.MATERIAL_IOR] = ior
  words[at.MATERIAL_CAUCHY] = cauchy(ior, material.dispersion)
  setRgb(words, at.MATERIAL_TINT, material.attenuationColor)
  words[at.MATERIAL_DENSITY] = material.attenuationDistance > 0 ? 1 / material.attenuationDistance : 0
  words[at.MATERIAL_FLAT] = gem ? 1 : 0
  words[at.MATERIAL_STRENGTH] = gem ? 0 : 1
  return words
}

/**
 * Second coefficient of Cauchy's formula from the extension's value (20 / Abbe number): n_F − n_C = (n_d − 1) / Abbe.
 * Diamond (2.417, 0.36): n_F − n_C = 0.0255, and 0.056 from 700 to 400 nm. Nothing is exaggerated.
 */
export function cauchy(ior: number, dispersion: number): number {
  return ((ior - 1) * Math.max(0, dispersion)) / 20 / F_MINUS_C
}

function setRgb(words: Float32Array, field: number, colour: Rgb): void {
  for (const k of [0, 1, 2] as const) words[field + k] = clamp01(colour[k])
}

function clamp01(x: number): number {
  return Math.min(1, Math.max(0, x))
}
