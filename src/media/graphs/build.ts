import { fluxGraph, flux2Graph } from "#src/media/graphs/flux.ts"
import { draft } from "#src/media/graphs/graph.ts"
import type { Graph } from "#src/media/graphs/graph.ts"
import { hidreamGraph } from "#src/media/graphs/hidream.ts"
import { hunyuanGraph } from "#src/media/graphs/hunyuan.ts"
import { ltxGraph } from "#src/media/graphs/ltx.ts"
import type { Sheet } from "#src/media/graphs/parts.ts"
import { qwenEditGraph, qwenGraph } from "#src/media/graphs/qwen.ts"
import { sdGraph } from "#src/media/graphs/sd.ts"
import { wanGraph } from "#src/media/graphs/wan.ts"
import type { Order } from "#src/media/order.ts"
import type { Family } from "#src/media/preset.ts"

const WRITERS: Record<Exclude<Family, "openai">, (sheet: Sheet) => void> = {
  sd: sdGraph,
  flux: fluxGraph,
  flux2: flux2Graph,
  qwen: qwenGraph,
  qwen_edit: qwenEditGraph,
  hidream: hidreamGraph,
  wan: wanGraph,
  ltx: ltxGraph,
  hunyuan: hunyuanGraph,
}

/** The name under which a source is uploaded: by its content, so that the same picture is sent once. */
export function pictureName({ sha256 }: { sha256: string }): string {
  return `atelier-${sha256.slice(0, 40)}.png`
}

/** The graph of an order, the same for the same order. Results are saved under names that begin with `atelier_<seed>`. */
export function buildGraph(order: Order): Graph {
  if (order.family === "openai") throw new Error("an order for an OpenAI server has no graph")
  const sheet: Sheet = { ...draft(), order, pictures: order.sources.map(pictureName) }
  WRITERS[order.family](sheet)
  return sheet.graph
}
