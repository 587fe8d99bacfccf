import { z } from "zod"
import type { Tool } from "#src/tool.ts"

type Json = Record<string, unknown>

const MAX_VALUES = 40

/** Help for one tool, all of it from its schema: fields, kinds, limits, values, defaults and examples. */
export function toolHelp(tool: Tool): string {
  const schema = z.toJSONSchema(tool.input, { io: "input", unrepresentable: "any" }) as Json
  const lines = [`${tool.name}: ${tool.title}`, "", tool.description, "", "Fields:"]
  lines.push(...fieldLines(schema, "  "))
  if (tool.examples.length > 0) lines.push("", "Examples:")
  for (const { say, input } of tool.examples)
    lines.push(`  "${say}"`, `    atelier call ${tool.name} '${JSON.stringify(input)}'`)
  return lines.join("\n")
}

function fieldLines(schema: Json, indent: string): string[] {
  const properties = asObject(schema["properties"])
  const required = Array.isArray(schema["required"]) ? schema["required"] : []
  const names = Object.keys(properties)
  if (names.length === 0) return [`${indent}none`]
  const width = Math.max(...names.map((name) => name.length))
  return names.flatMap((name) => {
    const field = asObject(properties[name])
    const parts = [
      kindOf(field),
      required.includes(name) ? "required" : "",
      "default" in field ? `default ${JSON.stringify(field["default"])}` : "",
    ]
    const about = typeof field["description"] === "string" ? [`${indent}  ${field["description"]}`] : []
    return [
      `${indent}${name.padEnd(width)}  ${parts.filter(Boolean).join(", ")}`,
      ...about,
      ...nestedLines(field, `${indent}    `),
    ]
  })
}

/** Objects inside a field: its own fields, its elements, or the kinds of operation it takes. */
function nestedLines(field: Json, indent: string): string[] {
  const element = field["type"] === "array" ? asObject(field["items"]) : field
  const options = element["oneOf"] ?? element["anyOf"]
  if (Array.isArray(options))
    return options.flatMap((option: unknown) =>
      asObject(option)["properties"] ? [`${indent}either:`, ...fieldLines(asObject(option), `${indent}  `)] : [],
    )
  return element["properties"] ? fieldLines(element, indent) : []
}

function kindOf(field: Json): string {
  if (Array.isArray(field["enum"])) return `one of ${field["enum"].slice(0, MAX_VALUES).map(String).join(", ")}`
  if ("const" in field) return `always ${JSON.stringify(field["const"])}`
  const options = field["oneOf"] ?? field["anyOf"]
  if (Array.isArray(options)) return [...new Set(options.map((it: unknown) => kindOf(asObject(it))))].join(" or ")
  const unit = typeof field["unit"] === "string" ? ` ${field["unit"]}` : ""
  const least = firstNumber(field, ["minimum", "exclusiveMinimum", "minLength", "minItems"])
  const most = firstNumber(field, ["maximum", "exclusiveMaximum", "maxLength", "maxItems"])
  const isCounted = field["type"] === "string" || field["type"] === "array"
  const range = [least === undefined ? "" : `from ${least}`, most === undefined ? "" : `to ${most}`]
    .filter(Boolean)
    .join(" ")
  const measure = range
    ? ` ${range}${isCounted ? (field["type"] === "string" ? " characters" : " elements") : unit}`
    : unit
  const inner =
    field["type"] === "array" && !asObject(field["items"])["properties"] && !asObject(field["items"])["oneOf"]
      ? ` of ${kindOf(asObject(field["items"]))}`
      : ""
  const words: Record<string, string> = {
    integer: "whole number",
    number: "number",
    string: "text",
    boolean: "true or false",
    array: "list",
    object: "object",
  }
  const type = typeof field["type"] === "string" ? field["type"] : "any value"
  return `${words[type] ?? type}${inner}${measure}`
}

const asObject = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {})

const firstNumber = (field: Json, keys: readonly string[]): number | undefined =>
  keys
    .map((key) => field[key])
    .find((value) => typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER) as number | undefined // find only stops at numbers
