import { z } from "zod"
import { secondsOf } from "#src/media/frames.ts"
import type { Order } from "#src/media/order.ts"

/** What was really used, where a server may know better than the order. */
export const effectiveSchema = z.object({
  /** Name of the server. */
  server: z.string().max(120),
  preset: z.string().max(120),
  seeds: z.array(z.number()).max(4),
  width: z.number().int().min(1).max(100_000),
  height: z.number().int().min(1).max(100_000),
  steps: z.number().optional(),
  cfg: z.number().optional(),
  guidance: z.number().optional(),
  sampler: z.string().max(60).optional(),
  scheduler: z.string().max(60).optional(),
  strength: z.number().optional(),
  frames: z.number().int().optional(),
  fps: z.number().optional(),
  /** Exact, for timelines. */
  seconds: z.number().optional(),
  /** Model files, main one first. */
  models: z.array(z.string().max(320)).max(20),
})
export type Effective = z.output<typeof effectiveSchema>

/** "2 pictures with FLUX.1 dev, 1024 × 1024 px, seeds 7 and 8, 20 steps, guidance 3.5, on box." */
export function picturesInWords(order: Order, effective: Effective): string {
  const count = order.seeds.length
  return inWords(count === 1 ? "A picture" : `${count} pictures`, order, effective)
}

/** "A video with Wan 2.2, 640 × 640 px, 81 frames at 16 fps (5.0625 s), seed 7, …" */
export function videoInWords(order: Order, effective: Effective): string {
  return inWords("A video", order, effective)
}

function inWords(what: string, order: Order, effective: Effective): string {
  const { frames, fps, seconds, seeds, server } = effective
  const parts = [
    `${what} with ${effective.preset}`,
    `${effective.width} × ${effective.height} px`,
    ...(frames && fps
      ? [`${frames} frames at ${fps} fps (${seconds ?? secondsOf(frames, fps)} s)`]
      : seconds
        ? [`${seconds} s`]
        : []),
    ...(seeds.length > 0 ? [`${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}`] : []),
    ...(effective.steps ? [`${effective.steps} steps`] : []),
    ...(effective.guidance ? [`guidance ${effective.guidance}`] : effective.cfg ? [`cfg ${effective.cfg}`] : []),
    ...(order.loras.length > 0
      ? [`LoRA ${order.loras.map(({ name, weight }) => `${name} ${weight}`).join(", ")}`]
      : []),
  ]
  return [`${parts.join(", ")}, on ${server}.`, ...order.notes].join("\n")
}

/** What a server that obeys its graph has used. */
export function effectiveOf(order: Order, server: string): Effective {
  const { frames, fps } = order
  return {
    server,
    preset: order.preset === order.title ? order.title : `${order.preset} (${order.title})`,
    seeds: order.seeds,
    width: order.width,
    height: order.height,
    steps: order.steps,
    ...(order.guidance === undefined ? { cfg: order.cfg } : { guidance: order.guidance }),
    sampler: order.sampler,
    scheduler: order.scheduler,
    ...(order.way === "image" ? { strength: order.denoise } : {}),
    ...(frames && fps ? { frames, fps, seconds: secondsOf(frames, fps) } : {}),
    models: Object.values(order.files),
  }
}

/** Of a server that settles steps and the like itself; `told` is what it said. */
export function remoteEffective(order: Order, server: string, told: { seeds: number[]; seconds?: number }): Effective {
  const { frames, fps } = order
  const seconds = told.seconds ?? (frames && fps ? secondsOf(frames - 1, fps) : undefined)
  return {
    server,
    preset: order.files.remote ?? order.title,
    seeds: told.seeds,
    width: order.width,
    height: order.height,
    ...(seconds === undefined ? {} : { seconds }),
    models: Object.values(order.files),
  }
}

const MAX_FACT = 300
const cutFact = (text: string) => (text.length > MAX_FACT ? `${text.slice(0, MAX_FACT - 1)}…` : text)

/** The page beside a picture or video; `seed` is that of this one. */
export function factsOf(order: Order, effective: Effective, seed: number | undefined): Record<string, string> {
  const { frames, fps, seconds } = effective
  const facts: [string, string | number | undefined][] = [
    ["Title", order.prompt.slice(0, 80)],
    ["Prompt", order.prompt],
    ["Negative prompt", order.negative],
    ["Preset", effective.preset],
    ["Size", `${effective.width} × ${effective.height} px`],
    ["Length", frames && fps ? `${frames} frames at ${fps} fps, ${seconds} s` : seconds && `${seconds} s`],
    ["Seed", seed],
    ["Steps", effective.steps],
    ["Guidance", effective.guidance],
    ["CFG", effective.cfg],
    ["Sampler", effective.sampler && `${effective.sampler}, ${effective.scheduler ?? ""}`],
    ["Strength", effective.strength],
    ["LoRAs", order.loras.map(({ name, weight }) => `${name} ${weight}`).join(", ")],
    ["Sources", order.sources.map((source) => source.artifact).join(", ")],
    ["Models", effective.models.join(", ")],
    ["Server", effective.server],
  ]
  return Object.fromEntries(
    facts.flatMap(([label, value]) => (value === undefined || value === "" ? [] : [[label, cutFact(String(value))]])),
  )
}
