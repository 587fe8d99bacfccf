import type { SizeRule } from "#src/media/preset.ts"

export const aspects = ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "4:5", "5:4", "21:9"] as const
export type Aspect = (typeof aspects)[number]

/** Edges of pictures and videos that may be asked for, in pixels. */
export const MIN_EDGE = 64
export const MAX_EDGE = 4096

export interface Size {
  width: number
  height: number
}

/** Width divided by height. */
export function ratioOf(aspect: Aspect): number {
  const [width = 1, height = 1] = aspect.split(":").map(Number)
  return width / height
}

/** The size of this shape with about so many pixels that the model can make. */
export function sizeFor(ratio: number, pixels: number, rule: SizeRule): Size {
  const area = Math.min(pixels, rule.maxPixels)
  return snapSize({ width: Math.sqrt(area * ratio), height: Math.sqrt(area / ratio) }, rule)
}

/** The nearest size that the model can make, of the same shape as far as its multiple allows. */
export function snapSize({ width, height }: Size, { multiple, max, maxPixels }: SizeRule): Size {
  const scale = Math.min(1, max / Math.max(width, height), Math.sqrt(maxPixels / (width * height)))
  const least = Math.ceil(MIN_EDGE / multiple) * multiple
  const snap = (edge: number) => Math.min(max, Math.max(least, Math.round((edge * scale) / multiple) * multiple))
  const snapped = { width: snap(width), height: snap(height) }
  // Rounding both edges up may pass the limit by a hair.
  const longer = snapped.width >= snapped.height ? "width" : "height"
  if (snapped.width * snapped.height > maxPixels) snapped[longer] = Math.max(least, snapped[longer] - multiple)
  return snapped
}
