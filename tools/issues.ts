import { z } from "zod"

/** One thing that is wrong with an input, as people read it. */
export interface InputProblem {
  /** Where it is in the input. */
  path: PropertyKey[]
  /** "band_width is 30 mm; allowed are 1 to 15 mm." */
  text: string
  /** What the field is, in its own words; empty where the schema has none. */
  description: string
  /** The input is not built as the schema wants it (a missing or unknown field, a text for a number), whatever its values. */
  isShape: boolean
}

type Issue = z.core.$ZodIssue

/** A field that an issue is about. */
interface Place {
  name: string
  unit: string
  description: string
  value: unknown
  schemas: z.ZodType[]
}

const MAX_LISTED = 20
const MAX_SHOWN = 60
/** Schemas that are looked at for one field at most: unions and wrappers are finite, but written by anybody. */
const MAX_SCHEMAS = 200

/** What the schema library found, in the studio's words: with the value, its unit, and what is allowed. */
export function inputProblems(error: z.ZodError, schema: z.ZodType, input: unknown): InputProblem[] {
  const problems = error.issues.map((issue) => problemOf(issue, schema, input))
  return problems.filter((it, at) => problems.findIndex((other) => other.text === it.text) === at)
}

function problemOf(issue: Issue, schema: z.ZodType, input: unknown): InputProblem {
  const best = issue.code === "invalid_union" ? bestBranch(issue) : undefined
  if (best) return problemOf({ ...best, path: [...issue.path, ...best.path] }, schema, input)
  const place = placeOf(issue.path, schema, input)
  const isOfWrongType = issue.code === "invalid_type" ? issue.expected !== "int" : typesOf(issue).length > 0
  const isShape = issue.code === "unrecognized_keys" || place.value === undefined || isOfWrongType
  return { path: [...issue.path], text: textOf(issue, place), description: place.description, isShape }
}

/** The option of a union that the value was meant for: the one that it fits by its type. */
function bestBranch({ errors }: Extract<Issue, { code: "invalid_union" }>): Issue | undefined {
  const fitting = errors.filter((issues) => !issues.some((it) => it.code === "invalid_type" && it.path.length === 0))
  return fitting.length === 1 ? fitting[0]?.[0] : undefined
}

/** The types that a union has, where the value is of none of them. */
function typesOf(issue: Issue): string[] {
  const inner = issue.code === "invalid_union" ? issue.errors.flat() : []
  const types = inner.flatMap((it) =>
    it.code === "invalid_type" && it.path.length === 0 ? [inWords(it.expected)] : [],
  )
  return [...new Set(types)]
}

// ── Words ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

function textOf(issue: Issue, place: Place): string {
  const { name, value } = place
  switch (issue.code) {
    case "too_big":
      return limitText(issue.origin, place, { most: Number(issue.maximum), isOpen: issue.inclusive === false })
    case "too_small":
      return limitText(issue.origin, place, { least: Number(issue.minimum), isOpen: issue.inclusive === false })
    case "invalid_type":
      if (value === undefined) return `${name} is missing.`
      return `${name} is ${shown(value)}; it must be ${inWords(issue.expected)}.`
    case "invalid_value":
      return allowedText(place, issue.values)
    case "invalid_union":
      if ("options" in issue && issue.options) return allowedText(place, issue.options)
      if (value === undefined) return `${name} is missing.`
      return `${name} is ${shown(value)}; it must be ${typesOf(issue).join(" or ") || "something else"}.`
    case "unrecognized_keys": {
      const keys = issue.keys.slice(0, MAX_LISTED).map((key) => JSON.stringify(key.slice(0, MAX_SHOWN).toWellFormed()))
      const where = issue.path.length === 0 ? "" : ` in ${name}`
      return `${keys.length === 1 ? "There is no field" : "There are no fields"} ${keys.join(", ")}${where}.`
    }
    case "invalid_format":
      return `${name} is ${shown(value)}, which is not written as it must be.`
    case "not_multiple_of":
      return `${name} is ${shown(value)}${place.unit && ` ${place.unit}`}; it must be a multiple of ${issue.divisor}.`
    default:
      return `${name}: ${issue.message.replace(/\.$/, "")}.`
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
}

const inWords = (type: string) => TYPES[type] ?? type

interface Limit {
  least?: number
  most?: number
  /** The limit itself is not allowed. */
  isOpen: boolean
}

function limitText(origin: string, { name, unit, value, schemas }: Place, limit: Limit): string {
  if (origin === "string" || origin === "array" || origin === "set") {
    const count = typeof value === "string" || Array.isArray(value) ? value.length : 0
    const what = origin === "string" ? "characters" : "entries"
    const be = (limit.most ?? limit.least) === 1 ? "is" : "are"
    const bound =
      limit.most === undefined ? `at least ${limit.least} ${be} needed` : `at most ${limit.most} ${be} allowed`
    return `${name} ${count === 0 ? "is empty" : `has ${count} ${what}`}; ${bound}.`
  }
  const both = schemas.map(rangeOf).find((it) => it && (it.least === limit.least || it.most === limit.most))
  const { least, most } = both ?? limit
  const is = `${name} is ${shown(value)}${unit && ` ${unit}`}`
  const suffix = unit && ` ${unit}`
  if (limit.isOpen) return `${is}; it must be ${least === undefined ? "less" : "more"} than ${least ?? most}${suffix}.`
  if (least !== undefined && most !== undefined) return `${is}; allowed are ${least} to ${most}${suffix}.`
  return `${is}; allowed is ${least === undefined ? "at most" : "at least"} ${least ?? most}${suffix}.`
}

/** Ends that the library puts at the limits of its numbers are none. */
function rangeOf(schema: z.ZodType): { least?: number; most?: number } | undefined {
  if (!(schema instanceof z.ZodNumber)) return undefined
  const { minValue, maxValue } = schema
  const isEnd = (value: number | null): value is number =>
    value !== null && Number.isFinite(value) && Math.abs(value) < Number.MAX_SAFE_INTEGER
  return { ...(isEnd(minValue) ? { least: minValue } : {}), ...(isEnd(maxValue) ? { most: maxValue } : {}) }
}

function allowedText({ name, unit, value }: Place, values: readonly unknown[]): string {
  const more = values.length - MAX_LISTED
  const list = [...values.slice(0, MAX_LISTED).map(String), ...(more > 0 ? [`${more} more`] : [])].join(", ")
  const is = value === undefined ? "is missing" : `is ${shown(value)}${unit && ` ${unit}`}`
  return `${name} ${is}; allowed ${values.length === 1 ? "is" : "are"} ${list}.`
}

function shown(value: unknown): string {
  if (typeof value === "string") {
    const text = JSON.stringify(value.slice(0, MAX_SHOWN).toWellFormed())
    return value.length > MAX_SHOWN ? `${text}…` : text
  }
  if (value === null) return "nothing"
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "an object"
  return typeof value === "number" || typeof value === "boolean" ? String(value) : `a ${typeof value}`
}

// ── Where it is ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Follows the path through schema and input: names and units are in the one, the value in the other. */
function placeOf(path: readonly PropertyKey[], schema: z.ZodType, input: unknown): Place {
  let schemas = layersOf([schema])
  let value = input
  let list: { key: string; value: unknown; at: number } | undefined
  let key = ""
  for (const step of path) {
    if (typeof step === "number") list = { key, value, at: step }
    else key = String(step)
    schemas = layersOf(schemas.flatMap((it) => childOf(it, step)))
    value = typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined // may hold anything
  }
  const unit = hintOf(schemas, "unit")
  const own = unit !== "" && key.endsWith(`_${unit}`) ? key.slice(0, -unit.length - 1) : key
  const isEntry = typeof path.at(-1) === "number"
  const isOneOfSeveral = list !== undefined && Array.isArray(list.value) && list.value.length > 1
  const at = isOneOfSeveral && list ? `number ${list.at + 1} of ${list.key}` : ""
  const name = path.length === 0 ? "The input" : isEntry ? at || own : at === "" ? own : `${own} (${at})`
  return { name, unit, description: hintOf(schemas, "description"), value, schemas }
}

function hintOf(schemas: readonly z.ZodType[], name: "unit" | "description"): string {
  for (const schema of schemas) {
    const hint = schema.meta()?.[name]
    if (typeof hint === "string") return hint
  }
  return ""
}

/** Every zod schema carries a plain definition; only its static type is hidden. */
interface Def {
  innerType?: z.ZodType
  in?: z.ZodType
  getter?: () => z.ZodType
  options?: readonly z.ZodType[]
  shape?: Record<string, z.ZodType>
  element?: z.ZodType
  valueType?: z.ZodType
}
const defOf = (schema: z.ZodType): Def => schema.def as Def

/** The schemas, and what they wrap or choose from, outer ones first. */
function layersOf(schemas: readonly z.ZodType[]): z.ZodType[] {
  const found = new Set(schemas)
  for (const schema of found) {
    if (found.size > MAX_SCHEMAS) break
    const { innerType, in: before, getter, options } = defOf(schema)
    for (const it of [innerType, before, getter?.(), ...(Array.isArray(options) ? options : [])])
      if (it instanceof z.ZodType) found.add(it)
  }
  return [...found]
}

function childOf(schema: z.ZodType, step: PropertyKey): z.ZodType[] {
  const { shape, element, valueType } = defOf(schema)
  const child = typeof step === "number" ? element : (shape?.[String(step)] ?? valueType)
  return child instanceof z.ZodType ? [child] : []
}
