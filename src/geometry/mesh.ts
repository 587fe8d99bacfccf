/** An indexed triangle mesh. Millimetres in models, y up; counter-clockwise triangles seen from outside. */
export interface TriMesh {
  /** xyz per vertex. */
  positions: Float32Array
  /** Three vertex numbers per triangle. */
  indices: Uint32Array
}

export type Rgb = readonly [number, number, number]

/** Physically based surface; colours are linear RGB. Metals: metallic 1. Gems: transmission 1 with ior, attenuation and dispersion. */
export interface Material {
  name: string
  baseColor: Rgb
  metallic: number
  /** Perceptual roughness 0…1 (alpha = roughness²). */
  roughness: number
  /** 0 opaque … 1 clear. */
  transmission: number
  ior: number
  /** KHR_materials_dispersion: 20 / Abbe number. */
  dispersion: number
  /** Colour left after `attenuationDistance` mm inside the body (Beer–Lambert). */
  attenuationColor: Rgb
  /** mm; Infinity = colourless. */
  attenuationDistance: number
}

/** One piece of a model: what the tracer draws, GLB names, and STL/3MF write or leave out. */
export interface Part {
  name: string
  /** "metal" is cast; "stone" is set later and left out of files for casting. */
  role: "metal" | "stone" | "other"
  mesh: TriMesh
  material: Material
}

export interface Model {
  name: string
  /** mm, y up: a ring stands with its bore axis along z and its head at +y. */
  parts: Part[]
}
