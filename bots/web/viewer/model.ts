import { Box3, type Group, type Material, Mesh, type Object3D, Sphere, Texture, Vector3 } from "three"
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js"
import { MeshoptDecoder } from "meshoptimizer/decoder"
import { embeddedImages } from "./embedded-images.ts"
import { type Gem, isGem, makeGem } from "./gem.ts"
import type { Studio } from "./softboxes.ts"

/** Larger files are for the download button: a phone would run out of memory. */
const MOST_BYTES = 64 * 1024 * 1024

export interface LoadedModel {
  group: Group
  gems: Gem[]
  triangles: number
  box: Box3
  sphere: Sphere
  dispose(): void
}

/** Reads a GLB by URL, or from bytes that came another way. `onProgress` gets a share from 0 to 1, when the server tells the length. */
export async function loadModel(
  source: string | ArrayBuffer,
  studio: Studio,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<LoadedModel> {
  const bytes = typeof source === "string" ? await download(source, signal, onProgress) : source
  const { scene: group } = await new GLTFLoader()
    .register(embeddedImages)
    .setMeshoptDecoder(MeshoptDecoder)
    .parseAsync(bytes, "")
  group.updateMatrixWorld(true)
  const gems: Gem[] = []
  let triangles = 0
  for (const mesh of meshesOf(group)) {
    triangles += (mesh.geometry.getIndex()?.count ?? mesh.geometry.getAttribute("position").count) / 3
    if (!isGem(mesh.material)) continue
    const gem = makeGem(mesh, studio.cube)
    if (gem) gems.push(gem)
  }
  const box = new Box3().setFromObject(group, true)
  return { group, gems, triangles, box, sphere: enclosing(group, box), dispose: () => disposeAll(group, gems) }
}

async function download(url: string, signal: AbortSignal, onProgress: (share: number) => void): Promise<ArrayBuffer> {
  const response = await fetch(url, { signal, credentials: "same-origin" })
  if (!response.ok) throw new Error(`the server answered ${response.status}`)
  const total = Number(response.headers.get("content-length") ?? 0)
  if (total > MOST_BYTES) throw new Error(`the file has ${Math.round(total / 1e6)} MB`)
  const reader = response.body?.getReader()
  if (!reader) return response.arrayBuffer()
  const chunks: Uint8Array[] = []
  let received = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    received += value.byteLength
    if (received > MOST_BYTES) throw new Error(`the file has more than ${Math.round(MOST_BYTES / 1e6)} MB`)
    if (total > 0) onProgress(Math.min(1, received / total))
  }
  const whole = new Uint8Array(received)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole.buffer
}

export function meshesOf(root: Object3D): Mesh[] {
  const found: Mesh[] = []
  root.traverse((it) => {
    if (it instanceof Mesh) found.push(it)
  })
  return found
}

/** The sphere about the middle of the box that holds every vertex: tighter than the box's own. */
function enclosing(group: Group, box: Box3): Sphere {
  const center = box.getCenter(new Vector3())
  const point = new Vector3()
  let squared = 0
  for (const mesh of meshesOf(group)) {
    const position = mesh.geometry.getAttribute("position")
    for (let i = 0; i < position.count; i++)
      squared = Math.max(
        squared,
        point.fromBufferAttribute(position, i).applyMatrix4(mesh.matrixWorld).distanceToSquared(center),
      )
  }
  return new Sphere(center, Math.sqrt(squared) || 0.01)
}

/** GPU memory is not collected by itself: everything that the model brought is given back. */
function disposeAll(group: Group, gems: readonly Gem[]): void {
  group.removeFromParent()
  for (const gem of gems) gem.dispose()
  for (const mesh of meshesOf(group)) {
    mesh.geometry.dispose()
    for (const material of [mesh.material].flat()) disposeMaterial(material)
  }
}

function disposeMaterial(material: Material): void {
  for (const value of Object.values(material)) if (value instanceof Texture) value.dispose()
  material.dispose()
}
