export interface PictureInfo {
  /** As it is looked at: turned as its EXIF data says. */
  width: number
  height: number
  /** "png", "jpeg", "webp" … */
  format: string
}

/** Larger ones are no pictures that anybody works with. */
const MAX_PIXELS = 100_000_000

/**
 * Size and format of the picture at `path`, or of its bytes; undefined when it is none that can be read. Only its header is
 * read. For workers: files of strangers are not opened in the server process.
 */
export async function pictureInfo(source: string | Uint8Array): Promise<PictureInfo | undefined> {
  const { default: sharp } = await import("sharp")
  try {
    const { format, autoOrient } = await sharp(source, { limitInputPixels: MAX_PIXELS }).metadata()
    return { width: autoOrient.width, height: autoOrient.height, format }
  } catch {
    return undefined
  }
}
