import type { InputSpec, NodeInfo } from "#tests/servers/comfyui/object-info.ts"
import type { Graph } from "#tests/servers/comfyui/state.ts"

interface Reason {
  type: string
  message: string
  details: string
  extra_info: Record<string, unknown>
}
export interface NodeErrors {
  [id: string]: { errors: Reason[]; dependent_outputs: string[]; class_type: string }
}
export type Validated =
  | { ok: true; outputs: string[]; nodeErrors: NodeErrors }
  | { ok: false; error: Reason; nodeErrors: NodeErrors }

interface Context {
  graph: Graph
  info: Record<string, NodeInfo>
  inputFiles: ReadonlySet<string>
  results: Map<string, { valid: boolean; reasons: Reason[] }>
}

/** What POST /prompt checks, in the words of the real server; some outputs may be good and others not. */
export function validate(
  graph: Graph,
  { info, inputFiles, version }: { info: Record<string, NodeInfo>; inputFiles: ReadonlySet<string>; version: string },
): Validated {
  const refuse = (type: string, message: string, details: string, extra = {}): Validated => ({
    ok: false,
    error: { type, message, details, extra_info: extra },
    nodeErrors: {},
  })
  const outputs: string[] = []
  for (const [id, node] of Object.entries(graph)) {
    const known = info[node.class_type]
    if (!known) {
      const details = `Node ID '#${id}'`
      if (version === "0.3.64")
        return refuse("invalid_prompt", `Cannot execute because node ${node.class_type} does not exist.`, details)
      const title = node._meta?.title ?? node.class_type
      return refuse("missing_node_type", `Node '${title}' not found. The custom node may not be installed.`, details, {
        node_id: id,
        class_type: node.class_type,
        node_title: title,
      })
    }
    if (known.output_node) outputs.push(id)
  }
  if (outputs.length === 0) return refuse("prompt_no_outputs", "Prompt has no outputs", "")
  const context: Context = { graph, info, inputFiles, results: new Map() }
  const good: string[] = []
  const nodeErrors: NodeErrors = {}
  for (const id of outputs) {
    if (validNode(context, id)) good.push(id)
    else collect(context, nodeErrors, id)
  }
  if (good.length > 0) return { ok: true, outputs: good, nodeErrors }
  const details = Object.values(nodeErrors)
    .flatMap(({ errors }) => errors.map((it) => `${it.message}: ${it.details}`))
    .join("\n")
  return { ...refuse("prompt_outputs_failed_validation", "Prompt outputs failed validation", details), nodeErrors }
}

function collect({ graph, results }: Context, nodeErrors: NodeErrors, output: string): void {
  for (const [id, { valid, reasons }] of results) {
    if (valid || reasons.length === 0) continue
    nodeErrors[id] ??= { errors: reasons, dependent_outputs: [], class_type: graph[id]?.class_type ?? "" }
    nodeErrors[id].dependent_outputs.push(output)
  }
}

function validNode(context: Context, id: string): boolean {
  const before = context.results.get(id)
  if (before) return before.valid
  const node = context.graph[id]
  const { required = {}, optional = {} } = context.info[node?.class_type ?? ""]?.input ?? {}
  const reasons: Reason[] = []
  let valid = true
  for (const [name, spec] of Object.entries({ ...required, ...optional })) {
    const value = node?.inputs[name]
    if (value === undefined) {
      // The inputs of dynamic lists have dotted names, which only newer servers know how to read.
      if (name in required && spec[0] !== "COMFY_AUTOGROW_V3")
        reasons.push(reason("required_input_missing", "Required input is missing", name, { input_name: name }))
      continue
    }
    const fault = faultOf(context, { class: node?.class_type ?? "", name, spec, value })
    if (fault === "upstream") valid = false
    else if (fault) reasons.push(fault)
  }
  const result = { valid: valid && reasons.length === 0, reasons }
  context.results.set(id, result)
  return result.valid
}

const reason = (type: string, message: string, details: string, extra_info: Record<string, unknown>): Reason => ({
  type,
  message,
  details,
  extra_info,
})

interface Given {
  class: string
  name: string
  spec: InputSpec
  value: unknown
}

function faultOf(context: Context, given: Given): Reason | "upstream" | undefined {
  const { name, spec, value } = given
  const [type, options = {}] = spec
  const extra = { input_name: name, input_config: spec, received_value: value }
  if (Array.isArray(value)) return linkFault(context, given)
  if (type === "INT" || type === "FLOAT") {
    if (Number.isNaN(Number(value)))
      return reason(
        "invalid_input_type",
        `Failed to convert an input value to a ${type} value`,
        `${name}, ${String(value)}`,
        extra,
      )
    const { min, max } = options
    if (typeof min === "number" && Number(value) < min)
      return reason("value_smaller_than_min", `Value ${String(value)} smaller than min of ${min}`, name, extra)
    if (typeof max === "number" && Number(value) > max)
      return reason("value_bigger_than_max", `Value ${String(value)} bigger than max of ${max}`, name, extra)
  }
  const choices = Array.isArray(type) ? type : type === "COMBO" ? (options["options"] as unknown[]) : undefined
  // Nodes that read the input folder check the file themselves.
  if (given.class.startsWith("Load") && options["image_upload"] && !context.inputFiles.has(String(value)))
    return reason(
      "custom_validation_failed",
      "Custom validation failed for node",
      `${name} - Invalid image file: ${String(value)}`,
      { input_name: name },
    )
  if (!choices || options["image_upload"] || options["video_upload"] || options["audio_upload"]) return undefined
  if (choices.includes(value)) return undefined
  const isLong = choices.length > 20
  const list = isLong ? `(list of length ${choices.length})` : `[${choices.map((it) => `'${String(it)}'`).join(", ")}]`
  return reason("value_not_in_list", "Value not in list", `${name}: '${String(value)}' not in ${list}`, {
    ...extra,
    input_config: isLong ? null : spec,
  })
}

function linkFault(context: Context, { name, spec, value }: Given): Reason | "upstream" | undefined {
  const link = value as unknown[]
  const [type] = spec
  if (link.length !== 2)
    return reason("bad_linked_input", "Bad linked input, must be a length-2 list of [node_id, slot_index]", name, {
      input_name: name,
      input_config: spec,
      received_value: value,
    })
  const [id, slot] = link as [string, number]
  const received = context.info[context.graph[id]?.class_type ?? ""]?.output[slot]
  if (received === undefined) throw new Error(`KeyError: ${id}`)
  if (typeof type === "string" && !fits(received, type))
    return reason(
      "return_type_mismatch",
      "Return type mismatch between linked nodes",
      `${name}, received_type(${received}) mismatch input_type(${type})`,
      { input_name: name, input_config: spec, received_type: received, linked_node: value },
    )
  return validNode(context, id) ? undefined : "upstream"
}

function fits(received: string, wanted: string): boolean {
  if (received === "*" || wanted === "*" || wanted.startsWith("COMFY_") || received.startsWith("COMFY_")) return true
  const types = new Set(wanted.split(","))
  return received.split(",").some((type) => types.has(type))
}
