import type { Tool as McpTool } from "@modelcontextprotocol/server"
import { z } from "zod"
import { viewMeta } from "#src/platform/mcp/views.ts"
import type { Tool } from "#src/tool.ts"

type Schema = Record<string, unknown>
type ObjectSchema = McpTool["inputSchema"]

/** `.meta()` of the interpreter's grammar: not part of JSON Schema. */
const OWN_KEYS = ["aliases", "unit", "cue", "unavailable", "excludes", "artifact", "id"]

/** What guides somebody who fills in a form; of an answer, a client needs the shape. */
const INPUT_KEYS = [
  "description",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "pattern",
  "default",
]

/** Bounds that zod writes for every integer. */
const WIDEST = Number.MAX_SAFE_INTEGER
const MAX_EXAMPLES = 2
/** Longer lists of words are told by the input of the same tool. */
const MAX_OUTPUT_WORDS = 8

/**
 * What every `structuredContent` may hold beside the fields of the tool's own output. Files carry more than this (media
 * type, bytes, use); every tool repeats the schema, so it says only what a client needs.
 */
const envelope = {
  artifacts: {
    type: "array",
    items: {
      type: "object",
      properties: {
        id: { type: "string" },
        name: { type: "string" },
        url: { type: "string" },
        page: { type: "string" },
      },
      required: ["id", "name", "url", "page"],
    },
  },
  job: {
    type: "object",
    properties: { id: { type: "string" }, state: { enum: ["waiting", "running", "done", "failed", "cancelled"] } },
    required: ["id", "state"],
  },
  next: {
    type: "array",
    items: {
      type: "object",
      properties: { label: { type: "string" }, tool: { type: "string" }, input: { type: "object" } },
      required: ["label", "tool", "input"],
    },
  },
}

/** A tool as tools/list shows it: schemas, title, the four annotations and a few examples. Built once, not per request. */
export function describeTool(tool: Tool): McpTool {
  const meta = viewMeta(tool)
  return {
    name: tool.name,
    title: tool.title,
    description: [tool.description, ...tool.examples.slice(0, MAX_EXAMPLES).map(exampleLine)].join("\n"),
    inputSchema: objectSchema(tool.input, "input"),
    outputSchema: outputSchema(tool),
    annotations: {
      title: tool.title,
      readOnlyHint: tool.effect === "reads",
      destructiveHint: tool.effect === "destroys",
      idempotentHint: tool.effect === "reads",
      openWorldHint: false,
    },
    ...(meta && { _meta: meta }),
  }
}

/** `{...fields of the output, artifacts?, job?, next?}`: one shape for every tool. */
function outputSchema(tool: Tool): McpTool["outputSchema"] {
  const own = objectSchema(tool.output, "output")
  const taken = Object.keys(envelope).find((name) => name in tool.output.shape)
  if (taken) throw new Error(`the output of ${tool.name} has a field "${taken}", which every result has already`)
  return { ...own, properties: { ...own.properties, ...envelope } }
}

function objectSchema(schema: z.ZodObject, io: "input" | "output"): ObjectSchema {
  const json = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ jsonSchema }) => shorten(jsonSchema, io),
  })
  delete json.$schema // 2020-12 is what the protocol assumes
  // z.toJSONSchema of an object schema is always an object schema.
  return portable(json) as ObjectSchema
}

/** Every byte of tools/list is read by a model at every turn, so what says nothing goes. */
function shorten(schema: Schema, io: "input" | "output"): void {
  for (const key of OWN_KEYS) delete schema[key]
  if (io === "output") shortenOutput(schema)
  if (schema["minimum"] === -WIDEST) delete schema["minimum"]
  if (schema["maximum"] === WIDEST) delete schema["maximum"]
  if (schema["additionalProperties"] === false) delete schema["additionalProperties"]
  if (Array.isArray(schema["required"]) && schema["required"].length === 0) delete schema["required"]
}

/**
 * Spellings that also clients understand which know a single `type` only, or no schema without keywords. On the finished
 * document, since zod folds unions of plain types into one list of types at the very end.
 */
function portable(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(portable)
  if (typeof node !== "object" || node === null) return node
  const { type, ...rest } = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, portable(value)]))
  const others = rest["additionalProperties"]
  if (typeof others === "object" && others !== null && Object.keys(others).length === 0)
    rest["additionalProperties"] = true
  if (Array.isArray(type)) return { anyOf: type.map((one: unknown) => ({ type: one })), ...rest }
  return type === undefined ? rest : { type, ...rest }
}

function shortenOutput(schema: Schema): void {
  for (const key of INPUT_KEYS) delete schema[key]
  if (schema["type"] === "string" && Array.isArray(schema["enum"]) && schema["enum"].length > MAX_OUTPUT_WORDS)
    delete schema["enum"]
}

function exampleLine({ say, input }: Tool["examples"][number]): string {
  return `Example: "${say}" → ${JSON.stringify(input)}`
}
