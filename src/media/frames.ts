import type { FrameRule } from "#src/media/preset.ts"

export const MAX_FRAMES = 300
export const MAX_FPS = 120

/** The nearest number of frames that the model can make, not more than its most. */
export function snapFrames(frames: number, { every, max }: FrameRule): number {
  const most = Math.floor((max - 1) / every) * every + 1
  return Math.min(most, Math.max(1, Math.round((frames - 1) / every)) * every + 1)
}

/** What a timeline has to count with: exact, to the microsecond. */
export function secondsOf(frames: number, fps: number): number {
  return Math.round((frames / fps) * 1e6) / 1e6
}
