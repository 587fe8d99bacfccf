import type { JobNeeds } from "#src/job.ts"
import { buildGraph } from "#src/media/graphs/build.ts"
import { modelSignature, requirementsOf } from "#src/media/graphs/signature.ts"
import type { Order } from "#src/media/order.ts"

/** What an order asks of a server: its nodes, its files, its memory. */
export function needsOf(order: Order): JobNeeds {
  if (order.family === "openai") {
    const model = order.files.remote ?? ""
    return { kinds: ["openai"], signature: model, requires: [`models/${model}`] }
  }
  const graph = buildGraph(order)
  return {
    kinds: ["comfyui"],
    signature: modelSignature(graph),
    vramMb: order.vramMb,
    requires: requirementsOf(graph),
  }
}
