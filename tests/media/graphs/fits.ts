import type { ApiGraph } from "#src/media/graphs/signature.ts"
import type { InputSpec, NodeInfo } from "#tests/servers/comfyui/object-info.ts"

type Info = Record<string, NodeInfo>

/** Sentences, one per thing that a server would refuse or do otherwise than meant. */
export function graphFaults(graph: ApiGraph, info: Info): string[] {
  const faults = Object.entries(graph).flatMap(([id, node]) => nodeFaults(graph, id, node, info))
  const outputs = Object.entries(graph).filter(([, node]) => info[node.class_type]?.output_node)
  const used = new Set<string>()
  for (const [id] of outputs) visit(graph, id, used)
  const idle = Object.keys(graph).filter((id) => !used.has(id))
  return [
    ...faults,
    ...(outputs.length === 0 ? ["nothing is saved"] : []),
    ...idle.map((id) => `node ${id} (${graph[id]?.class_type}) leads to nothing that is saved`),
  ]
}

function nodeFaults(graph: ApiGraph, id: string, node: ApiGraph[string], info: Info): string[] {
  const known = info[node.class_type]
  const name = `${node.class_type} ${id}`
  if (!known) return [`${name}: there is no such node`]
  const { required, optional } = inputsOf(known, node.inputs)
  return [
    ...Object.keys(required).flatMap((input) => (input in node.inputs ? [] : [`${name}.${input} is required`])),
    ...Object.entries(node.inputs).flatMap(([input, value]) => {
      const spec = required[input] ?? optional[input]
      if (!spec) return [`${name}.${input} is no input of it`]
      return valueFaults(graph, info, spec, value).map((fault) => `${name}.${input} ${fault}`)
    }),
  ]
}

interface Inputs {
  required: Record<string, InputSpec>
  optional: Record<string, InputSpec>
}

/** With the inputs that a choice of a dynamic list brings along: "format" = "mp4" asks for "format.codec". */
function inputsOf({ input }: NodeInfo, given: Record<string, unknown>): Inputs {
  const found: Inputs = { required: { ...input.required }, optional: { ...input.optional } }
  const open = [...Object.entries(found.required), ...Object.entries(found.optional)]
  for (const [name, [type, options]] of open) {
    if (type !== "COMFY_DYNAMICCOMBO_V3") continue
    const choices = (options?.["options"] ?? []) as { key: string; inputs: Partial<Inputs> }[] // the recorded form
    const chosen = choices.find((choice) => choice.key === given[name])
    for (const group of ["required", "optional"] as const)
      for (const [inner, spec] of Object.entries(chosen?.inputs[group] ?? {})) {
        found[group][`${name}.${inner}`] = spec
        open.push([`${name}.${inner}`, spec])
      }
  }
  return found
}

function valueFaults(graph: ApiGraph, info: Info, spec: InputSpec, value: unknown): string[] {
  const [type, options] = spec
  const choices = choicesOf(spec)
  if (Array.isArray(value)) return linkFaults(graph, info, type, value)
  if (choices) return choices.includes(value) ? [] : [`is ${JSON.stringify(value)}, not one of its choices`]
  const { min = -Infinity, max = Infinity, step } = (options ?? {}) as { min?: number; max?: number; step?: number }
  switch (type) {
    case "INT":
    case "FLOAT":
      if (typeof value !== "number" || (type === "INT" && !Number.isInteger(value)))
        return [`is ${JSON.stringify(value)}, not ${type}`]
      if (value < min || value > max) return [`is ${value}, outside of ${min} to ${max}`]
      // Sizes and lengths that do not fit the step are cut off silently.
      return type === "INT" && step && step > 1 && (value - (min % step)) % step !== 0
        ? [`is ${value}, steps are ${step}`]
        : []
    case "STRING":
      return typeof value === "string" ? [] : [`is ${JSON.stringify(value)}, not text`]
    case "BOOLEAN":
      return typeof value === "boolean" ? [] : [`is ${JSON.stringify(value)}, not yes or no`]
    default:
      return [`is ${JSON.stringify(value)}, not a link to ${String(type)}`]
  }
}

function choicesOf([type, options]: InputSpec): unknown[] | undefined {
  if (Array.isArray(type)) return type
  const listed = options?.["options"]
  if (type === "COMBO" && Array.isArray(listed)) return listed as unknown[]
  if (type === "COMFY_DYNAMICCOMBO_V3") return (listed as { key: string }[]).map((choice) => choice.key)
  return undefined
}

function linkFaults(graph: ApiGraph, info: Info, type: InputSpec[0], [id, output]: unknown[]): string[] {
  const source = graph[String(id)]
  if (!source) return [`leads to node ${String(id)}, which is not there`]
  const given = info[source.class_type]?.output[Number(output)]
  if (given === undefined) return [`leads to output ${String(output)} of ${source.class_type}, which has none`]
  return given === type ? [] : [`gets ${given} from ${source.class_type}, not ${String(type)}`]
}

function visit(graph: ApiGraph, id: string, used: Set<string>): void {
  if (used.has(id)) return
  used.add(id)
  for (const value of Object.values(graph[id]?.inputs ?? {}))
    if (Array.isArray(value)) visit(graph, String(value[0]), used)
}
