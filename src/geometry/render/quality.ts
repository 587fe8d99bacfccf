export type Quality = "draft" | "standard" | "high" | "still"

/** Samples of one pixel: open background, model, stones, and edges (where neighbouring pixels show different things). */
export interface SampleCounts {
  open: number
  object: number
  gem: number
  edge: number
}

/** Counts are powers of two where the noise matters most: the sample sequence is best balanced there. At most 256. */
export const QUALITIES: Readonly<Record<Quality, SampleCounts>> = {
  draft: { open: 2, object: 8, gem: 8, edge: 12 },
  standard: { open: 4, object: 12, gem: 16, edge: 24 },
  high: { open: 4, object: 32, gem: 32, edge: 48 },
  still: { open: 8, object: 128, gem: 128, edge: 192 },
}
