import type { Progress } from "#src/job.ts"

/**
 * What a line of Blender's output says of a render of so many frames. Cycles tells
 * "Fra:3 Mem:20.92M (Peak 21.91M) | Time:00:01.66 | … | Sample 48/64" (before version 5), or "… | Sample 48/64" in a log line.
 * Undefined for every other line.
 */
export function progressOf(line: string, frames: number): Progress | undefined {
  if (line.includes("| Loading render kernels"))
    return { text: "Blender loads its kernels, which takes minutes the first time" }
  const [, done, all] = /\bSample (\d{1,9})\/(\d{1,9})/.exec(line) ?? []
  if (!done || !all) return undefined
  const frame = Math.min(frames, Math.max(1, Number(/\bFra:\s?(\d{1,6})\b/.exec(line)?.[1] ?? 1)))
  const part = Math.min(1, Number(done) / Math.max(1, Number(all)))
  const which = frames > 1 ? `picture ${frame} of ${frames}, ` : ""
  return { fraction: (frame - 1 + part) / frames, text: `${which}sample ${done} of ${all}` }
}
