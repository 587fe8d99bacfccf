import { z } from "zod"

/** What tools say about a field for people and for the interpreter, in `.describe()` and `.meta()`. */
export interface Hints {
  description?: string
  /** Other words: per enum value, or for the field itself. */
  aliases?: Readonly<Record<string, readonly string[]>> | readonly string[]
  /** Unit of a number: mm, ct, s, g, %, px, deg. */
  unit?: string
  /** Words before or after a value that say which field it is for. */
  cue?: readonly string[]
  /** Words of this subject that the tool knows of but cannot do ("oval" where only round is made). */
  unavailable?: readonly string[]
  /** Fields that must not be given together with this one, since they say the same of the thing. */
  excludes?: readonly string[]
  /** The field takes the id of an attached file. */
  artifact?: boolean
}

export interface Peeled {
  schema: z.ZodType
  hints: Hints
  required: boolean
  /** What is taken when the field is left out. */
  fallback?: unknown
}

type Def = { type: string; innerType?: z.ZodType; in?: z.ZodType; getter?: () => z.ZodType; defaultValue?: unknown }

/** Every zod schema carries a plain definition; only its static type is hidden. */
export const defOf = (schema: z.ZodType): Def => schema.def

/** Takes optional, default, nullable, readonly, catch and pipes off a schema and gathers their hints, outer ones first. */
export function peel(schema: z.ZodType): Peeled {
  let inner = schema
  let hints: Hints = {}
  let required = true
  let fallback: unknown
  for (let depth = 0; depth < 12; depth++) {
    hints = { ...(inner.meta() as Hints | undefined), ...hints }
    const def = defOf(inner)
    if (def.type === "optional" || def.type === "default" || def.type === "prefault" || def.type === "catch")
      required = false
    if (def.type === "default" || def.type === "prefault") fallback ??= def.defaultValue
    const next = def.innerType ?? def.in ?? def.getter?.()
    if (!next) break
    inner = next
  }
  return { schema: inner, hints, required, ...(fallback === undefined ? {} : { fallback }) }
}

export interface Range {
  min: number
  max: number
  integer: boolean
}

export function rangeOf(schema: z.ZodType): Range {
  if (!(schema instanceof z.ZodNumber)) return { min: -Infinity, max: Infinity, integer: false }
  return { min: schema.minValue ?? -Infinity, max: schema.maxValue ?? Infinity, integer: schema.isInt }
}

/** The only values a schema allows, when it lists them: an enum, a literal, or a union of literals. */
export function listedValues(schema: z.ZodType): (string | number)[] | undefined {
  if (schema instanceof z.ZodEnum) return [...schema.options]
  if (schema instanceof z.ZodLiteral)
    return [...schema.values].filter((value) => typeof value === "string" || typeof value === "number")
  if (!(schema instanceof z.ZodUnion)) return undefined
  const parts = schema.options.map((option) => listedValues(peel(option as z.ZodType).schema))
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined
}

/** True when the schema itself decides which texts are allowed, so that a text found in a sentence can be put to the test. */
export function isPatterned(schema: z.ZodType): boolean {
  const checks = (schema.def as { checks?: { _zod: { def: { check: string } } }[] }).checks ?? []
  return (
    "format" in schema.def ||
    checks.some((it) => it._zod.def.check === "string_format" || it._zod.def.check === "custom")
  )
}
