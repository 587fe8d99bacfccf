import { UserError } from "#src/errors.ts"
import type { Picture } from "./render.ts"

export interface EncodeOptions {
  format: "png" | "webp"
  /** The longer edge is reduced to this many pixels; never enlarged. */
  maxEdge?: number
  /** The file is made smaller (quality, then size) until it has at most this many bytes. */
  maxBytes?: number
}

const WEBP_QUALITIES = [88, 78, 66, 54]
const SMALLEST_EDGE = 64

/** A picture as a PNG or WebP file. Throws UserError when even the smallest version is over `maxBytes`. */
export async function encodePicture(picture: Picture, options: EncodeOptions): Promise<Uint8Array> {
  const whole = Math.max(picture.width, picture.height)
  let edge = Math.min(whole, options.maxEdge ?? whole)
  const most = options.maxBytes ?? Infinity
  let file = await smallest(picture, options.format, edge, most)
  while (file.length > most && edge > SMALLEST_EDGE) {
    edge = Math.max(SMALLEST_EDGE, Math.floor(edge * 0.8))
    file = await smallest(picture, options.format, edge, most)
  }
  if (file.length > most)
    throw new UserError(
      `The picture needs at least ${file.length} bytes, but may have only ${most}.`,
      "Allow more bytes, or choose WebP.",
      "too_large",
    )
  return file
}

/** The first quality that fits at this size, else the last. PNG is lossless and has only one. */
async function smallest(picture: Picture, format: "png" | "webp", edge: number, most: number): Promise<Uint8Array> {
  let file = new Uint8Array()
  for (const quality of format === "webp" ? WEBP_QUALITIES : [0]) {
    file = await encode(picture, format, edge, quality)
    if (file.length <= most) break
  }
  return file
}

async function encode({ rgba, width, height }: Picture, format: "png" | "webp", edge: number, quality: number) {
  // Loaded on first use: it brings a native library that most processes never need.
  const { default: sharp } = await import("sharp")
  const raw = Buffer.from(rgba.buffer, rgba.byteOffset, rgba.byteLength)
  let image = sharp(raw, { raw: { width, height, channels: 4 } })
  if (edge < Math.max(width, height)) image = image.resize({ width: edge, height: edge, fit: "inside" })
  const file = format === "png" ? image.png({ compressionLevel: 7 }) : image.webp({ quality, smartSubsample: true })
  return new Uint8Array(await file.toBuffer())
}
