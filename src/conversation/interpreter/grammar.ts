import { z } from "zod"
import { lex } from "#src/conversation/interpreter/lexer.ts"
import type { Token } from "#src/conversation/interpreter/lexer.ts"
import { defOf, isPatterned, listedValues, peel, rangeOf } from "#src/conversation/interpreter/schema.ts"
import type { Hints, Peeled, Range } from "#src/conversation/interpreter/schema.ts"
import { unitOf } from "#src/conversation/interpreter/units.ts"
import type { Unit } from "#src/conversation/interpreter/units.ts"
import { FILLERS, stem } from "#src/conversation/interpreter/words.ts"
import type { Tool } from "#src/tool.ts"

export type Phrase = readonly Token[]

export interface Listed {
  value: string | number
  phrases: Phrase[]
}

/**
 * Ways a value of a field may be written. `many`: the field is an array of the values. `asText`: the schema wants the number as
 * text. Shapes of text: a short code such as "7" or "N½", an id with digits, the name of a thing, a free sentence.
 */
export type Form =
  | { kind: "listed"; values: Listed[]; many: boolean }
  | { kind: "number"; range: Range; unit: Unit | undefined; unitName: string; allowed?: number[]; asText: boolean }
  | { kind: "text"; schema: z.ZodType; shape: "code" | "id" | "name" | "free" }
  | { kind: "flag"; phrases: Phrase[] }

/** One place in a tool's input that a sentence can fill. */
export interface Slot {
  path: readonly string[]
  label: string
  description: string
  forms: Form[]
  cues: Phrase[]
  /** Single words that belong to this field's names. */
  nameWords: ReadonlySet<string>
  unavailable: ReadonlySet<string>
  required: boolean
  fallback?: unknown
  artifact: boolean
}

/** One kind of element in a list of operations. */
export interface Member {
  label: string
  constants: { key: string; value: string | number }[]
  cues: Phrase[]
  slots: Slot[]
}

export interface Grammar {
  tool: Tool
  slots: Slot[]
  /** A field that takes operations (or one of several shapes). */
  variants?: { key: string; many: boolean; required: boolean; most: number; members: Member[] }
}

const MAX_DEPTH = 3
const MAX_OPERATIONS = 8
/** Texts no longer than this hold a mark, not a sentence. */
const CODE_LENGTH = 40
const NAMING = ["called", "named", "titled", "entitled"]

/** Compiles a tool's input schema into what sentences can say about it. */
export function compileTool(tool: Tool): Grammar {
  const grammar: Grammar = { tool, slots: [] }
  for (const [key, field] of Object.entries(tool.input.shape)) {
    const peeled = peel(field as z.ZodType) // an object's shape holds zod schemas
    const members = membersOf(peeled)
    if (members && !grammar.variants) {
      const many = peeled.schema instanceof z.ZodArray
      grammar.variants = { key, many, required: peeled.required, most: many ? MAX_OPERATIONS : 1, members }
    } else grammar.slots.push(...slotsOf([key], peeled, 0))
  }
  return grammar
}

function membersOf(peeled: Peeled): Member[] | undefined {
  const element = peeled.schema instanceof z.ZodArray ? peel(peeled.schema.element as z.ZodType) : peeled
  const options = element.schema instanceof z.ZodUnion ? element.schema.options : [element.schema]
  if (element === peeled && options.length === 1) return undefined
  const objects = options.map((option) => peel(option as z.ZodType))
  if (!objects.every((it) => it.schema instanceof z.ZodObject)) return undefined
  return objects.map(memberOf)
}

function memberOf({ schema, hints }: Peeled): Member {
  const constants: Member["constants"] = []
  const slots: Slot[] = []
  const cues = [...(hints.cue ?? []), ...(Array.isArray(hints.aliases) ? (hints.aliases as string[]) : [])]
  for (const [key, field] of Object.entries(shapeOf(schema))) {
    const peeled = peel(field)
    const literal = peeled.schema instanceof z.ZodLiteral ? listedValues(peeled.schema) : undefined
    if (literal?.length === 1 && literal[0] !== undefined) {
      constants.push({ key, value: literal[0] })
      cues.push(String(literal[0]), ...(peeled.hints.cue ?? []))
      const aliases = peeled.hints.aliases
      if (aliases) cues.push(...Object.values(aliases).flat())
    } else slots.push(...slotsOf([key], peeled, 0))
  }
  return { label: hints.description ?? String(constants[0]?.value ?? ""), constants, cues: phrases(cues), slots }
}

function slotsOf(path: readonly string[], peeled: Peeled, depth: number, inherited: readonly string[] = []): Slot[] {
  const { schema, hints } = peeled
  if (schema instanceof z.ZodObject) {
    if (depth >= MAX_DEPTH) return []
    const fields = Object.entries(shapeOf(schema)).map(([key, field]) => ({ key, field: peel(field) }))
    const open = fields.filter(({ field }) => !(field.schema instanceof z.ZodEnum))
    const own = [...(hints.cue ?? []), wordsOf(path.at(-1) ?? "").join(" "), ...inherited]
    return fields.flatMap(({ key, field }) =>
      slotsOf(
        [...path, key],
        { ...field, required: field.required && peeled.required },
        depth + 1,
        open.length === 1 && open[0]?.key === key ? own : [],
      ),
    )
  }
  const forms = formsOf(peeled, path.at(-1) ?? "")
  if (forms.length === 0) return []
  return [slotOf(path, peeled, forms, inherited)]
}

function slotOf(
  path: readonly string[],
  { hints, required, fallback }: Peeled,
  forms: Form[],
  inherited: readonly string[],
): Slot {
  const all = wordsOf(path.at(-1) ?? "")
  const name = all.filter(
    (word) => all.length === 1 || (word !== "id" && word !== hints.unit && unitOf(word, true) === undefined),
  )
  const isText = forms.every((form) => form.kind === "text" && form.shape !== "id" && !isPatterned(form.schema))
  const naming = forms.some((form) => form.kind === "text" && form.shape === "name") ? NAMING : []
  const cues = [...(hints.cue ?? []), ...(isText ? naming : [name.join(" ")]), ...inherited]
  if (Array.isArray(hints.aliases)) cues.push(...(hints.aliases as string[]))
  const cuePhrases = phrases(cues)
  const nameWords = new Set(
    [...cuePhrases.flat().map((token) => token.word), ...name.map(stem)].filter((word) => !FILLERS.has(word)),
  )
  return {
    path,
    label: name.join(" ") || path.join("."),
    description: hints.description ?? "",
    forms,
    cues: cuePhrases,
    nameWords,
    unavailable: new Set((hints.unavailable ?? []).flatMap((text) => lex(text).map((token) => token.word))),
    required,
    ...(fallback === undefined ? {} : { fallback }),
    artifact: hints.artifact ?? false,
  }
}

function formsOf(peeled: Peeled, key: string): Form[] {
  const { schema, hints } = peeled
  const listed = listedValues(schema)
  if (listed) return [listedForm(listed, hints, false)]
  if (schema instanceof z.ZodNumber) return [numberForm(rangeOf(schema), hints)]
  if (schema instanceof z.ZodBoolean)
    return [
      {
        kind: "flag",
        phrases: phrases([
          ...(hints.cue ?? []),
          ...(Array.isArray(hints.aliases) ? (hints.aliases as string[]) : []),
          wordsOf(key).join(" "),
        ]),
      },
    ]
  if (defOf(schema).type === "string") return [textForm(schema, key, hints)]
  if (schema instanceof z.ZodUnion)
    return schema.options.flatMap((option) => {
      const inner = peel(option as z.ZodType)
      return formsOf({ ...inner, hints: { ...inner.hints, ...hints } }, key)
    })
  if (schema instanceof z.ZodArray) {
    const element = peel(schema.element as z.ZodType)
    const values = listedValues(element.schema)
    if (values)
      return [
        listedForm(values, { ...element.hints, ...hints, aliases: hints.aliases ?? element.hints.aliases ?? [] }, true),
      ]
  }
  return []
}

function listedForm(values: (string | number)[], hints: Hints, many: boolean): Form {
  if (!many && values.every((value) => Number.isFinite(Number(value))))
    return {
      ...numberForm({ min: -Infinity, max: Infinity, integer: false }, hints),
      allowed: values.map(Number),
      asText: typeof values[0] === "string",
    }
  const aliases: Readonly<Record<string, readonly string[]>> = Array.isArray(hints.aliases)
    ? {}
    : ((hints.aliases ?? {}) as Record<string, string[]>)
  return {
    kind: "listed",
    many,
    values: values.map((value) => ({
      value,
      phrases: phrases([wordsOf(String(value)).join(" "), ...(aliases[String(value)] ?? [])]),
    })),
  }
}

function numberForm(range: Range, hints: Hints): Form & { kind: "number" } {
  return {
    kind: "number",
    range,
    unit: hints.unit ? unitOf(hints.unit, true) : undefined,
    unitName: hints.unit ?? "",
    asText: false,
  }
}

function textForm(schema: z.ZodType, key: string, hints: Hints): Form {
  const name = wordsOf(key).at(-1) ?? ""
  if (name === "name" || name === "title") return { kind: "text", schema, shape: "name" }
  if (name === "id" || /^(its )?id\b/i.test(hints.description ?? "")) return { kind: "text", schema, shape: "id" }
  const most = schema instanceof z.ZodString ? (schema.maxLength ?? Infinity) : Infinity
  return { kind: "text", schema, shape: isPatterned(schema) || most <= CODE_LENGTH ? "code" : "free" }
}

/** Every slot of a tool, those of its operations included. */
export const slotsIn = (grammar: Grammar): Slot[] => [
  ...grammar.slots,
  ...(grammar.variants?.members.flatMap((it) => it.slots) ?? []),
]

/** Every single word of the values that a tool lists. */
export function wordsListed(grammar: Grammar): string[] {
  const phrases = slotsIn(grammar)
    .flatMap((slot) => slot.forms)
    .flatMap((form) => {
      if (form.kind === "listed") return form.values.flatMap((it) => it.phrases)
      return form.kind === "flag" ? form.phrases : []
    })
  return phrases.flat().map((token) => token.word)
}

/** "band_width_mm" → band, width, mm; "roseGold" → rose, gold. */
export function wordsOf(identifier: string): string[] {
  return identifier
    .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .split(/[\s_-]+/)
    .filter(Boolean)
    .map((word) => word.toLowerCase())
}

function phrases(texts: readonly string[]): Phrase[] {
  const found = new Map<string, Phrase>()
  for (const text of texts) {
    const phrase = lex(text).filter((token) => token.kind !== "break")
    if (phrase.length > 0) found.set(phrase.map((token) => token.word).join(" "), phrase)
  }
  return [...found.values()].sort((a, b) => b.length - a.length)
}

/** An object schema's shape, checked by the callers to be one. */
const shapeOf = (schema: z.ZodType): Record<string, z.ZodType> => (schema as z.ZodObject).shape
