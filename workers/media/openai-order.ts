import type { z } from "zod"
import type { Order } from "#src/media/order.ts"
import type { Quality } from "#src/media/preset.ts"
import type { openaiOrder } from "#workers/backends/openai/order.ts"
import type { Source } from "#workers/media/run-order.ts"

interface Fixed {
  model: RegExp
  sizes: readonly (readonly [number, number])[]
  /** Without a word for it, the model's own is taken. */
  quality: Partial<Record<Quality, "low" | "high" | "standard" | "hd">>
}

/** OpenAI's own picture models make these sizes and take no seed. */
const FIXED: readonly Fixed[] = [
  {
    model: /^(chat)?gpt-image/,
    sizes: [
      [1024, 1024],
      [1536, 1024],
      [1024, 1536],
    ],
    quality: { fast: "low", quality: "high" },
  },
  {
    model: /^dall-e-3/,
    sizes: [
      [1024, 1024],
      [1792, 1024],
      [1024, 1792],
    ],
    quality: { fast: "standard", quality: "hd" },
  },
]

/** Whether results of this model can be had again by their seed. */
export function takesSeed(model: string): boolean {
  return !FIXED.some((it) => it.model.test(model))
}

/** What a server that speaks OpenAI's protocol is asked for. */
export function openaiOrderOf(order: Order, sources: readonly Source[]): z.input<typeof openaiOrder> {
  const model = order.files.remote ?? ""
  const fixed = FIXED.find((it) => it.model.test(model))
  const seed = takesSeed(model) ? { seed: (order.seeds[0] ?? 0) % 2 ** 32 } : {}
  // An edit keeps the shape of its picture, unless another is asked for.
  const size = order.fit ? {} : { size: sizeOf(order, fixed?.sizes) }
  const common = { model, prompt: order.prompt, ...size, ...seed }
  const files = sources.map(({ name, path }) => ({ name, path }))
  if (order.makes === "video") {
    const seconds = Math.max(1, Math.round(((order.frames ?? 97) - 1) / (order.fps ?? 24)))
    return { task: "video", ...common, seconds, ...(files[0] ? { image: files[0] } : {}) }
  }
  const quality = fixed?.quality[order.quality ?? "standard"]
  return { task: "image", ...common, n: order.seeds.length, ...(quality ? { quality } : {}), images: files }
}

/** Of the sizes that a model has, the one of the nearest shape. */
function sizeOf({ width, height }: Order, sizes?: readonly (readonly [number, number])[]): string {
  const distance = ([w, h]: readonly [number, number]) => Math.abs(Math.log(w / h / (width / height)))
  const [nearest] = sizes?.toSorted((a, b) => distance(a) - distance(b)) ?? []
  return nearest ? nearest.join("x") : `${width}x${height}`
}
