import { DataTexture, Texture } from "three"
import type { GLTFLoaderPlugin, GLTFParser } from "three/examples/jsm/loaders/GLTFLoader.js"

interface GltfJson {
  textures?: { source?: number }[]
  images?: { bufferView?: number; mimeType?: string }[]
}

/**
 * Decodes the pictures inside a GLB directly. The loader's own way fetches a blob: address, which a strict page forbids,
 * and then loses the texture without a word.
 */
export function embeddedImages(parser: GLTFParser): GLTFLoaderPlugin {
  const { textures, images } = parser.json as GltfJson // the schema of glTF 2.0; what is missing is left to the loader
  return {
    name: "embedded_images",
    loadTexture: (index) => {
      const image = images?.[textures?.[index]?.source ?? -1]
      return image?.bufferView === undefined ? null : decode(parser, image.bufferView, image.mimeType ?? "image/png")
    },
  }
}

async function decode(parser: GLTFParser, bufferView: number, type: string): Promise<Texture> {
  const bytes = (await parser.getDependency("bufferView", bufferView)) as ArrayBuffer // what this kind resolves to
  const bitmap = await createImageBitmap(new Blob([bytes], { type }), { colorSpaceConversion: "none" }).catch(
    () => undefined,
  )
  // A picture that no browser reads must not hide the shape: white changes nothing.
  const texture = bitmap ? new Texture(bitmap) : new DataTexture(new Uint8Array([255, 255, 255, 255]), 1, 1)
  texture.flipY = false
  texture.needsUpdate = true
  return texture
}
