import { z } from "zod"
import type { Field, ItemFields } from "#bots/web/api/types.ts"
import { listedValues, peel, rangeOf, type Peeled } from "#src/conversation/interpreter/schema.ts"
import type { Item } from "#src/studio.ts"
import type { Role, Tool } from "#src/tool.ts"
import type { Registry } from "#tools/registry.ts"

/**
 * The parameter panel of an item, from the schema of its family's edit tool (`<kind>_edit` with a list of `operations`, one of
 * them `set`): whatever that tool can set, the panel can, and a family without such a tool has an empty panel.
 */
export function fieldsOf(registry: Registry, role: Role, item: Item): ItemFields {
  const may = (name: string) => registry.visible(role).find((tool) => tool.name === name)
  const edit = may(`${item.kind}_edit`)
  const show = may(`${item.kind}_show`)
  const operations = edit ? operationsOf(edit) : new Map<string, Shape>()
  const set = operations.get("set")
  const base = edit && baseInput(edit, item)
  const step = (op: string) =>
    edit && operations.has(op) ? { [op]: { tool: edit.name, input: { ...base, operations: [{ op }] } } } : {}
  return {
    fields: set ? Object.entries(set).flatMap(([name, schema]) => fieldOf(name, schema) ?? []) : [],
    ...(edit && set ? { edit: { tool: edit.name, input: { ...base } } } : {}),
    ...step("undo"),
    ...step("redo"),
    ...(show ? { show: { tool: show.name, input: baseInput(show, item) } } : {}),
  }
}

type Shape = Record<string, z.ZodType>

/** The fields of each operation by its name. */
function operationsOf(tool: Tool): Map<string, Shape> {
  const list = schemaAt(tool.input.shape, "operations")
  const element = list instanceof z.ZodArray ? peel(list.element as z.ZodType).schema : undefined
  const options = element instanceof z.ZodUnion ? (element.options as z.ZodType[]) : element ? [element] : []
  const found = new Map<string, Shape>()
  for (const option of options) {
    const { schema } = peel(option)
    if (!(schema instanceof z.ZodObject)) continue
    const { op, ...shape } = schema.shape
    const name = op && listedValues(peel(op).schema)?.[0]
    if (typeof name === "string") found.set(name, shape)
  }
  return found
}

function schemaAt(shape: Shape, key: string): z.ZodType | undefined {
  const schema = shape[key]
  return schema && peel(schema).schema
}

/** Names the item, and does not wait: the events tell when it is done. */
function baseInput(tool: Tool, item: Item): Record<string, unknown> {
  const { shape } = tool.input
  return { ...(item.kind in shape ? { [item.kind]: item.id } : {}), ...("wait_s" in shape ? { wait_s: 0 } : {}) }
}

/** Undefined for what one control cannot hold: lists, objects. */
function fieldOf(name: string, schema: z.ZodType): Field | undefined {
  const peeled = peel(schema)
  const { description = "", unit } = peeled.hints
  const control = controlOf(peeled)
  return control && { name, title: titleOf(name, unit), description, ...(unit ? { unit } : {}), ...control }
}

type Control<F = Field> = F extends Field ? Omit<F, "name" | "title" | "description" | "unit"> : never

function controlOf({ schema }: Peeled): Control | undefined {
  const listed = listedValues(schema)
  // Where there is nothing to choose, there is no control.
  if (listed?.length === 1) return undefined
  if (listed) return { kind: "enum", choices: listed.map((value) => ({ value, label: labelOf(value) })) }
  if (schema instanceof z.ZodBoolean) return { kind: "boolean" }
  if (schema instanceof z.ZodNumber) return numberControl(schema)
  if (schema instanceof z.ZodString) return textControl(schema)
  // "7" or 7: whatever is typed is a text.
  if (!(schema instanceof z.ZodUnion)) return undefined
  const text = (schema.options as z.ZodType[]).map((it) => peel(it).schema).find((it) => it instanceof z.ZodString)
  return text && textControl(text)
}

function numberControl(schema: z.ZodType): Control {
  const { min, max, integer } = rangeOf(schema)
  return {
    kind: "number",
    integer,
    ...(Number.isFinite(min) ? { min } : {}),
    ...(Number.isFinite(max) ? { max } : {}),
  }
}

function textControl(schema: z.ZodString): Control {
  return { kind: "text", ...(schema.maxLength === null ? {} : { maxLength: schema.maxLength }) }
}

/** "band_width_mm" with the unit mm → "Band width". */
function titleOf(name: string, unit: string | undefined): string {
  const ending = unit === "%" ? "pct" : unit
  const words = ending && name.endsWith(`_${ending}`) ? name.slice(0, -ending.length - 1) : name
  return sentence(words)
}

/** "14k_rose_gold" → "14k rose gold"; short names such as "us" are abbreviations. */
function labelOf(value: string | number): string {
  const text = String(value)
  return /^[a-z]{1,3}$/.test(text) ? text.toUpperCase() : sentence(text)
}

function sentence(name: string): string {
  const words = name.replaceAll("_", " ")
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}
