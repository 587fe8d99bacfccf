import {
  BufferAttribute,
  type BufferGeometry,
  type CubeTexture,
  DataTexture,
  FloatType,
  Matrix3,
  Matrix4,
  type Mesh,
  type MeshPhysicalMaterial,
  NearestFilter,
  type PerspectiveCamera,
  RGBAFormat,
  ShaderMaterial,
  Vector3,
} from "three"
import { facetBodies, type FacetedMesh } from "./facets.ts"
import { gemFragment, gemVertex } from "./gem-shader.ts"

/** A stone of the loaded model whose material was replaced by the tracing one. */
export interface Gem {
  mesh: Mesh
  material: ShaderMaterial
  /** The material of the file, for machines whose driver refuses the shader. */
  fallback: MeshPhysicalMaterial
  /** Called before each frame. */
  update(camera: PerspectiveCamera, studioTurn: Matrix4, frame: number): void
  dispose(): void
}

/** KHR_materials_dispersion: the spread of the index between the C and F lines is (n − 1) · dispersion / 20. */
const SPREAD = 1 / 20
/** The eye sees red to violet (700–400 nm), about 1.75 times as far apart in index as the C and F lines. */
const VISIBLE = 1.75
/** A channel of zero would absorb everything in no distance; the least share of light left after one attenuation distance. */
const LEAST = 0.001

/** True for clear stones of the file: glass by KHR_materials_transmission with an index. */
export function isGem(material: unknown): material is MeshPhysicalMaterial {
  const physical = material as Partial<MeshPhysicalMaterial> // read only, by fields that other materials lack
  return (physical.transmission ?? 0) > 0.5 && (physical.ior ?? 0) > 1.2 && (physical.roughness ?? 1) < 0.15
}

/** Gives the mesh the tracing material; undefined when its shape is not made of convex faceted bodies. */
export function makeGem(mesh: Mesh, studio: CubeTexture): Gem | undefined {
  const fallback = mesh.material as MeshPhysicalMaterial // the caller asked isGem
  const { geometry } = mesh
  const faceted = facetsOf(geometry)
  if (!faceted) return undefined
  geometry.setAttribute("body", new BufferAttribute(faceted.bodyOf, 1))
  const facets = facetTexture(faceted)

  const spread = (fallback.ior - 1) * fallback.dispersion * SPREAD * VISIBLE
  const scale = mesh.getWorldScale(new Vector3()).x
  const material = new ShaderMaterial({
    vertexShader: gemVertex,
    fragmentShader: gemFragment,
    uniforms: {
      facets: { value: facets },
      studio: { value: studio },
      toStudio: { value: new Matrix3() },
      eyeLocal: { value: new Vector3() },
      ior: { value: new Vector3(-1 / 2, -1 / 6, 1 / 6).multiplyScalar(spread).addScalar(fallback.ior) },
      iorStep: { value: new Vector3(1, 1, 1).multiplyScalar(spread / 3) },
      spectral: { value: 0.5 },
      absorption: { value: absorption(fallback).multiplyScalar(scale) },
      bounces: { value: 8 },
    },
  })
  material.name = `${fallback.name} (traced)`
  mesh.material = material

  const inverse = new Matrix4()
  return {
    mesh,
    material,
    fallback,
    update: (camera, studioTurn, frame) => {
      const { toStudio, eyeLocal, spectral } = material.uniforms
      if (!toStudio || !eyeLocal || !spectral) return
      ;(toStudio.value as Matrix3).setFromMatrix4(inverse.multiplyMatrices(studioTurn, mesh.matrixWorld))
      inverse.copy(mesh.matrixWorld).invert()
      ;(eyeLocal.value as Vector3).setFromMatrixPosition(camera.matrixWorld).applyMatrix4(inverse)
      // The golden ratio spreads the wavelengths of successive frames evenly.
      spectral.value = (0.5 + frame * 0.618034) % 1
    },
    dispose: () => {
      facets.dispose()
      material.dispose()
      fallback.dispose()
    },
  }
}

/** Beer–Lambert coefficient per metre (the unit of the file). */
function absorption({ attenuationColor, attenuationDistance }: MeshPhysicalMaterial): Vector3 {
  if (!Number.isFinite(attenuationDistance) || attenuationDistance <= 0) return new Vector3()
  const per = (share: number) => -Math.log(Math.max(LEAST, share)) / attenuationDistance
  return new Vector3(per(attenuationColor.r), per(attenuationColor.g), per(attenuationColor.b))
}

function facetsOf(geometry: BufferGeometry): FacetedMesh | undefined {
  const position = geometry.getAttribute("position")
  const positions = new Float32Array(position.count * 3)
  for (let i = 0; i < position.count; i++) positions.set([position.getX(i), position.getY(i), position.getZ(i)], i * 3)
  const index = geometry.getIndex()
  return facetBodies(
    positions,
    index ? Uint32Array.from(index.array) : Uint32Array.from({ length: position.count }, (_, i) => i),
  )
}

/** Layout as the shader reads it: centre and radius, count, planes. */
function facetTexture({ bodies }: FacetedMesh): DataTexture {
  const width = 2 + Math.max(...bodies.map((body) => body.planes.length / 4))
  const data = new Float32Array(width * bodies.length * 4)
  for (const [row, body] of bodies.entries()) {
    const at = row * width * 4
    data.set([...body.center, body.radius, body.planes.length / 4], at)
    data.set(body.planes, at + 8)
  }
  const texture = new DataTexture(data, width, bodies.length, RGBAFormat, FloatType)
  texture.minFilter = texture.magFilter = NearestFilter
  texture.needsUpdate = true
  return texture
}
