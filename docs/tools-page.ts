import { z } from "zod"
import type { Tool } from "#src/tool.ts"

type JsonSchema = Record<string, unknown>

/** docs/tools.md: every tool with its fields, limits and examples, from the schemas that also check the calls. */
export function renderTools(tools: readonly Tool[]): string {
  const sorted = [...tools].sort((a, b) => (a.name < b.name ? -1 : 1))
  return [
    "# Tools",
    "",
    "Written by `npm run docs` from the tools themselves; do not edit by hand. Every tool is called by the same name over MCP, on the",
    'command line (`atelier call <tool> \'{"field": "value"}\'`) and by the chat.',
    "",
    "| tool | what | effect | cost | role |",
    "|---|---|---|---|---|",
    ...sorted.map((it) => `| [${it.name}](#${it.name}) | ${it.title} | ${it.effect} | ${it.cost} | ${it.role} |`),
    "",
    "- **effect** reads: nothing changes · writes: adds or revises, can be undone · destroys: cannot be undone.",
    "- **cost** free: answers at once · metered: may submit a job, which holds and settles quota.",
    "- **role** the least role that may call it.",
    "",
    ...sorted.flatMap(section),
  ].join("\n")
}

function section(tool: Tool): string[] {
  const rows = fieldRows(z.toJSONSchema(tool.input, { io: "input" }), "")
  return [
    `## ${tool.name}`,
    "",
    `**${tool.title}.** ${tool.description}`,
    "",
    ...(rows.length > 0
      ? ["| field | takes | default | meaning |", "|---|---|---|---|", ...rows, ""]
      : ["Takes no input.", ""]),
    ...tool.examples.flatMap((example) => [
      `> ${example.say}`,
      "",
      "```json",
      JSON.stringify(example.input),
      "```",
      "",
    ]),
  ]
}

/** One row per field; the fields of lists and choices of objects follow under their dotted name. */
function fieldRows(schema: JsonSchema, prefix: string): string[] {
  const required = Array.isArray(schema.required) ? schema.required : []
  return Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>).flatMap(([name, field]) => {
    const given =
      field.default === undefined ? (required.includes(name) ? "required" : "") : `\`${JSON.stringify(field.default)}\``
    const cells = [
      `\`${prefix}${name}\``,
      takes(field),
      given,
      typeof field.description === "string" ? field.description : "",
    ]
    return [`| ${cells.map(cell).join(" | ")} |`, ...nestedRows(field, `${prefix}${name}`)]
  })
}

function nestedRows(field: JsonSchema, path: string): string[] {
  if (field.type === "array") return nestedRows(asSchema(field.items), `${path}[]`)
  if (field.type === "object") return fieldRows(field, `${path}.`)
  return variants(field)
    .filter((it) => it.type === "object")
    .flatMap((it) => fieldRows(it, `${path}${kindOf(it)}.`))
}

/** "text, up to 80", "number 0–5 %", "one of a, b": a schema in words. */
function takes(field: JsonSchema): string {
  const unit = typeof field.unit === "string" ? ` ${field.unit}` : ""
  const either = variants(field)
  if (either.length > 0) return [...new Set(either.map(takes))].join(" or ") + unit
  if ("const" in field) return `\`${JSON.stringify(field.const)}\``
  if (Array.isArray(field.enum)) return `one of ${field.enum.map((it) => `\`${String(it)}\``).join(", ")}${unit}`
  switch (field.type) {
    case "string":
      return `text${typeof field.maxLength === "number" ? `, up to ${field.maxLength} characters` : ""}`
    case "number":
    case "integer":
      return `${field.type === "integer" ? "whole number" : "number"}${range(field)}${unit}`
    case "boolean":
      return "true or false"
    case "array":
      return `list${typeof field.maxItems === "number" ? ` of up to ${field.maxItems}` : ""}: ${takes(asSchema(field.items))}`
    default:
      return "object"
  }
}

function range(field: JsonSchema): string {
  const [least, most] = [field.minimum ?? field.exclusiveMinimum, field.maximum ?? field.exclusiveMaximum]
  return typeof least === "number" && typeof most === "number" ? ` ${least}–${most}` : ""
}

function variants(field: JsonSchema): JsonSchema[] {
  const either = field.anyOf ?? field.oneOf
  return Array.isArray(either) ? either.map(asSchema) : []
}

/** The constant that tells one variant from the others, as "(undo)". */
function kindOf(variant: JsonSchema): string {
  const constant = Object.values((variant.properties ?? {}) as Record<string, JsonSchema>).find((it) => "const" in it)
  return constant ? `(${String(constant.const)})` : ""
}

function asSchema(value: unknown): JsonSchema {
  return typeof value === "object" && value !== null ? (value as JsonSchema) : {} // an object's fields are read as unknown
}

/** A table cell is one line, and a bar in it would open the next cell. */
function cell(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|")
}
