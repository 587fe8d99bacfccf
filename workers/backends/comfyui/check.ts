import { BackendError } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"
import { folderOfInput, slashes } from "#workers/backends/comfyui/model-inputs.ts"
import {
  classesOf,
  forgetClasses,
  listed,
  type InputRules,
  type NodeClass,
} from "#workers/backends/comfyui/object-info.ts"
import { linkOf, type Graph } from "#workers/backends/comfyui/order.ts"
import type { Wire } from "#workers/backends/comfyui/request.ts"
import { serverWords } from "#workers/backends/shared/failure.ts"

/**
 * The graph with file names as the server writes them, when it has all that the graph needs. Throws BackendError: "capacity" for
 * a node or a file that is missing there, "input" for a value out of range. `sent` are files that were uploaded for it.
 */
export async function checkedGraph(wire: Wire, graph: Graph, sent: ReadonlySet<string>): Promise<Graph> {
  try {
    return await checkOnce(wire, graph, sent)
  } catch (error) {
    if (!(error instanceof BackendError) || error.retry !== "capacity") throw error
    // What was known may be a minute old, and somebody may just have put the file there.
    forgetClasses(wire.server.url)
    return await checkOnce(wire, graph, sent)
  }
}

async function checkOnce(wire: Wire, graph: Graph, sent: ReadonlySet<string>): Promise<Graph> {
  const classes = await classesOf(
    wire,
    Object.values(graph).map((node) => node.class_type),
  )
  const checked: Graph = {}
  for (const [id, node] of Object.entries(graph)) {
    const known = classes.get(node.class_type)
    if (!known) throw missingNode(wire.server, node.class_type, id)
    checked[id] = { ...node, inputs: checkedInputs(wire.server, { id, ...node }, known, sent) }
  }
  return checked
}

interface GraphNode {
  id: string
  class_type: string
  inputs: Record<string, unknown>
}

function checkedInputs(
  server: ServerRef,
  node: GraphNode,
  known: NodeClass,
  sent: ReadonlySet<string>,
): Record<string, unknown> {
  const inputs: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(node.inputs)) {
    const rules = known.inputs.get(name)
    const isFree = !rules || linkOf(value) !== undefined || (typeof value === "string" && sent.has(value))
    inputs[name] = isFree ? value : checkedValue(server, node, { name, value }, rules)
  }
  return inputs
}

function checkedValue(
  server: ServerRef,
  node: GraphNode,
  { name, value }: { name: string; value: unknown },
  { choices, min, max }: InputRules,
): unknown {
  const of = `${name} of ${node.class_type} (node ${node.id})`
  if (typeof value === "number" && ((min !== undefined && value < min) || (max !== undefined && value > max)))
    throw new BackendError(
      server.name,
      `${of} is ${value}, and this server takes ${min ?? "anything"} to ${max ?? "anything"}`,
      "input",
    )
  if (!choices) return value
  const found = listed(choices, value)
  if (found !== undefined) return found
  const folder = folderOfInput(node.class_type, name)
  throw folder === undefined
    ? new BackendError(server.name, `${of} cannot be "${serverWords(String(value))}" on this server`, "capacity")
    : missingFile(server, folder, String(value))
}

export function missingNode(server: ServerRef, classType: string, id: string): BackendError {
  return new BackendError(
    server.name,
    `it has no node ${serverWords(classType)} (node ${serverWords(id)} of the graph): install what brings it, or choose another preset`,
    "capacity",
  )
}

export function missingFile(server: ServerRef, folder: string, file: string): BackendError {
  return new BackendError(
    server.name,
    `${serverWords(slashes(file))} is not in models/${folder} of ${server.name}; put it there or choose another preset`,
    "capacity",
  )
}
