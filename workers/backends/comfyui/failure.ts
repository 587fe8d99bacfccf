import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"
import { missingFile, missingNode } from "#workers/backends/comfyui/check.ts"
import { folderOfInput } from "#workers/backends/comfyui/model-inputs.ts"
import type { Graph } from "#workers/backends/comfyui/order.ts"
import { serverWords } from "#workers/backends/shared/failure.ts"

const text = z.string().catch("")
const reason = z.object({
  type: text,
  message: text,
  details: text,
  extra_info: z
    .object({ input_name: z.string().optional(), class_type: z.string().nullish(), node_id: z.string().optional() })
    .catch({}),
})
const nodeErrors = z.record(z.string(), z.object({ errors: z.array(reason).catch([]), class_type: text })).catch({})

/** The body of a 400, and the errors beside a 200: some outputs were refused, the others run. */
export const refusalSchema = z.object({ error: reason.nullish().catch(null), node_errors: nodeErrors.optional() })
export type Refused = z.output<typeof refusalSchema>

/** What a refused graph means: what the server lacks another one may have, everything else is wrong anywhere. */
export function refusedError(server: ServerRef, graph: Graph, { error, node_errors = {} }: Refused): BackendError {
  // 0.3.64 says invalid_prompt for a class it does not have, newer servers missing_node_type.
  const isMissingNode =
    error?.type === "missing_node_type" || (error?.type === "invalid_prompt" && /does not exist/.test(error.message))
  if (isMissingNode) {
    const named = /node (\S+) does not exist/.exec(error.message)?.[1]
    return missingNode(server, error.extra_info.class_type ?? named ?? "of this kind", error.extra_info.node_id ?? "?")
  }
  const reasons = Object.entries(node_errors).flatMap(([id, node]) => node.errors.map((it) => ({ id, ...it, ...node })))
  const lacking = reasons.find((it) => it.type === "value_not_in_list")
  if (lacking) {
    const input = lacking.extra_info.input_name ?? ""
    const value = graph[lacking.id]?.inputs[input]
    const folder = folderOfInput(lacking.class_type, input)
    if (folder !== undefined) return missingFile(server, folder, String(value))
    return new BackendError(server.name, `it cannot do this: ${serverWords(lacking.details)}`, "capacity")
  }
  const [first] = reasons
  const words = first
    ? `${first.message} (${first.details}, in ${first.class_type}, node ${first.id})`
    : `${error?.message ?? "it gave no reason"}${error?.details ? ` (${error.details})` : ""}`
  return new BackendError(server.name, `it refused the graph: ${serverWords(words)}`, "input")
}

/** An entry of status.messages, without the tensors that current_inputs is full of. */
export const failureSchema = z.object({
  node_id: text,
  node_type: text,
  exception_type: text,
  exception_message: text,
})
export type Failed = z.output<typeof failureSchema>

/** torch.OutOfMemoryError, torch.cuda.OutOfMemoryError, and what drivers call it. */
export function isOutOfMemory({ exception_type, exception_message }: Failed): boolean {
  return exception_type.endsWith("OutOfMemoryError") || /^Allocation on device|out of memory/i.test(exception_message)
}

/** After these the driver answers nothing any more until ComfyUI is started again: another server may do it meanwhile. */
const BROKEN_GPU = /CUDA error|HIP error|cuDNN|CUBLAS_STATUS|no kernel image|device-side assert/i

export function isBrokenGpu({ exception_message }: Failed): boolean {
  return BROKEN_GPU.test(exception_message)
}

/** An exception in a node, in one line. */
export function nodeWords(failed: Failed): string {
  const [firstLine = ""] = failed.exception_message.trim().split("\n")
  const words = serverWords(firstLine) || serverWords(failed.exception_type) || "it gave no reason"
  return `${serverWords(failed.node_type) || "a node"} failed: ${words}`
}
