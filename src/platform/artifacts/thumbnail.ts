/** The size of a picture inside an MCP result: hosts cut off or hide larger ones. */
const MAX_EDGE_PX = 512
const MAX_BYTES = 100 * 1024

export interface Thumbnail {
  mediaType: "image/webp"
  bytes: Uint8Array
}

/** A WebP of at most 512 px and 100 KB of the picture at `path`; undefined when it is not a readable picture. */
export async function thumbnail(path: string): Promise<Thumbnail | undefined> {
  const { default: sharp } = await import("sharp")
  for (const quality of [86, 70, 50, 30]) {
    try {
      const bytes = await sharp(path, { limitInputPixels: 100_000_000 })
        .resize(MAX_EDGE_PX, MAX_EDGE_PX, { fit: "inside", withoutEnlargement: true })
        .webp({ quality })
        .toBuffer()
      if (bytes.byteLength <= MAX_BYTES) return { mediaType: "image/webp", bytes }
    } catch {
      return undefined
    }
  }
  return undefined
}
