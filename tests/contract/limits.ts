/** A JSON Schema as z.toJSONSchema writes it: plain data, looked at without trust. */
export type JsonSchema = Record<string, unknown>

/** Numbers beyond these are zod's "any integer", not a limit somebody thought about. */
const ANY_INTEGER = Number.MAX_SAFE_INTEGER

/** One sentence per place of an input schema that has no limit, or no words for people. `path` names the place. */
export function schemaFaults(schema: unknown, path: string): string[] {
  if (typeof schema !== "object" || schema === null) return [`${path} accepts anything: say what it is`]
  const node = schema as JsonSchema
  const nested = ["anyOf", "oneOf", "allOf"].flatMap((key) => (Array.isArray(node[key]) ? node[key] : []))
  if (nested.length > 0) return nested.flatMap((it, index) => schemaFaults(it, `${path}|${index + 1}`))
  if ("const" in node || "enum" in node || "$ref" in node) return []
  switch (node.type) {
    case "string":
      return isCount(node.maxLength) ? [] : [`${path} is a string without maxLength`]
    case "number":
    case "integer":
      return [...boundFaults(node, path, "minimum"), ...boundFaults(node, path, "maximum")]
    case "array":
      return [
        ...(isCount(node.maxItems) ? [] : [`${path} is an array without maxItems`]),
        ...schemaFaults(node.items, `${path}[]`),
      ]
    case "object":
      return objectFaults(node, path)
    case "boolean":
    case "null":
      return []
    default:
      return [`${path} accepts anything: say what it is`]
  }
}

function objectFaults(node: JsonSchema, path: string): string[] {
  const properties = Object.entries((node.properties ?? {}) as Record<string, JsonSchema>) // JSON Schema's own shape
  const open = typeof node.additionalProperties === "object" || node.propertyNames !== undefined
  return [
    ...(open ? [`${path} takes any number of keys: take an array of pairs with maxItems`] : []),
    ...properties.flatMap(([name, field]) => [
      ...("const" in field || isDescribed(field) ? [] : [`${path}.${name} has no description`]),
      ...schemaFaults(field, `${path}.${name}`),
    ]),
  ]
}

function boundFaults(node: JsonSchema, path: string, bound: "minimum" | "maximum"): string[] {
  const exclusive = bound === "minimum" ? "exclusiveMinimum" : "exclusiveMaximum"
  const value = node[bound] ?? node[exclusive]
  return typeof value === "number" && Math.abs(value) < ANY_INTEGER ? [] : [`${path} is a number without ${bound}`]
}

function isDescribed(field: JsonSchema): boolean {
  return typeof field.description === "string" && field.description.length >= 3
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value < ANY_INTEGER
}
