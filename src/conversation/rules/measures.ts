import { entryOf } from "#src/conversation/interpreter/compiled.ts"
import type { Slot } from "#src/conversation/interpreter/grammar.ts"
import { stem } from "#src/conversation/interpreter/words.ts"
import type { Call } from "#src/conversation/result.ts"
import type { Focus } from "#src/conversation/rules/focus.ts"
import type { Tool } from "#src/tool.ts"

/** A value of the thing in front that its edit tool can set. */
export interface Measure {
  key: string
  label: string
  unit: string
  now: number
  least: number
  most: number
  /** The only values there are, when they are listed. */
  allowed?: readonly number[]
  /** Words of the field's own name, and of that and its cues. */
  name: ReadonlySet<string>
  words: ReadonlySet<string>
  /** What the field is called as a whole: "stone size", but not "size" alone. */
  called: ReadonlySet<string>
}

export interface Editor {
  tool: Tool
  measures: Measure[]
  /** The parameter that is a mark on a scale of sizes ("US 7"), when there is one. */
  mark?: { key: string; now: string }
  /** The call that sets these fields. */
  set(fields: Readonly<Record<string, unknown>>): Call
  /** The fields a call of this tool sets in one operation; undefined when it does anything else. */
  fieldsOf(call: Call): Record<string, unknown> | undefined
}

/** The tool `<kind>_edit` with the values that the thing in front has. */
export function editorOf(tools: readonly Tool[], focus: Focus): Editor | undefined {
  const tool = tools.find((it) => it.name === `${focus.kind}_edit`)
  if (!tool) return undefined
  const { grammar } = entryOf(tool)
  const { variants } = grammar
  const setter = variants?.members.find((it) => it.constants.some(({ value }) => value === "set"))
  const slots = setter?.slots ?? grammar.slots
  const key = (slot: Slot) => slot.path.at(-1) ?? ""
  const valueOf = (slot: Slot) => focus.parameters?.[key(slot)]
  const sized = slots.find((slot) => key(slot) === "size" && typeof valueOf(slot) === "string")
  const constants = Object.fromEntries(setter?.constants.map((it) => [it.key, it.value]) ?? [])
  return {
    tool,
    measures: slots.flatMap((slot) => measureOf(slot, valueOf(slot))),
    ...(sized ? { mark: { key: key(sized), now: String(valueOf(sized)) } } : {}),
    set: (fields) => {
      const operation = { ...constants, ...fields }
      const input = setter && variants ? { [variants.key]: variants.many ? [operation] : operation } : { ...operation }
      return { tool: tool.name, input: { [focus.kind]: focus.itemId, ...input } }
    },
    fieldsOf: ({ tool: name, input }) => {
      if (name !== tool.name) return undefined
      if (!variants || !setter) return input
      const { [variants.key]: operations, [focus.kind]: _item, ...rest } = input
      const [only, ...more] = [operations].flat() as Record<string, unknown>[] // built by the interpreter from this schema
      const isSet = only && Object.entries(constants).every(([name, value]) => only[name] === value)
      if (!isSet || more.length > 0 || Object.keys(rest).length > 0) return undefined
      return Object.fromEntries(Object.entries(only).filter(([name]) => !(name in constants)))
    },
  }
}

function measureOf(slot: Slot, now: string | number | undefined): Measure[] {
  const form = slot.forms.find((it) => it.kind === "number")
  if (form?.kind !== "number" || typeof now !== "number") return []
  const name = new Set(slot.label.split(" ").map(stem))
  return [
    {
      key: slot.path.at(-1) ?? "",
      label: slot.label,
      unit: form.unitName,
      now,
      least: form.range.min,
      most: form.range.max,
      ...(form.allowed ? { allowed: form.allowed } : {}),
      name,
      words: new Set([...name, ...slot.nameWords]),
      called: new Set(slot.cues.map((cue) => cue.map((token) => token.word).join(" "))),
    },
  ]
}
