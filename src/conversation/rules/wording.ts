import type { ReadCall } from "#src/conversation/interpreter/reading.ts"
import type { Call } from "#src/conversation/result.ts"
import type { Tool } from "#src/tool.ts"

const MAX_DEFAULTS = 8

export const spoken = (value: unknown): string =>
  [value]
    .flat()
    .map((it) => String(it).replaceAll("_", " "))
    .join(" and ")

/** "Read as: Create a jewellery design (metal 14k rose gold, size 7)." */
export function echoOf(call: ReadCall | undefined): string {
  if (!call) return ""
  const parts = call.spans.map(({ label, value }) => `${label} ${spoken(value)}`)
  return `Read as: ${call.title}${parts.length > 0 ? ` (${parts.join(", ")})` : ""}.`
}

/** What was said in fewer words than it takes: "gold" for 14k yellow gold. */
export const assumedIn = (call: ReadCall): string[] =>
  call.spans.filter((it) => it.assumed).map((it) => `${it.label} ${spoken(it.value)} for "${it.text}"`)

/** Fields with a default that the calls leave to it, as a person would say them. */
export function defaultsOf(tools: readonly Tool[], calls: readonly Call[]): string[] {
  const named = calls.flatMap((call) => {
    const tool = tools.find((it) => it.name === call.tool)
    return Object.entries(tool?.input.shape ?? {}).flatMap(([key, field]) => {
      const def = (field as { def?: { type?: string; defaultValue?: unknown } }).def // every zod schema has one
      const isPlain = ["string", "number", "boolean"].includes(typeof def?.defaultValue)
      // How long to wait, and how sharp it is shown, are no properties of the result.
      return def?.type === "default" && isPlain && !(key in call.input) && !/^(?:wait|picture)/.test(key)
        ? [`${key.replaceAll("_", " ")} ${String(def.defaultValue)}`]
        : []
    })
  })
  return [...new Set(named)].slice(0, MAX_DEFAULTS)
}

/** One line that says how the answer came about. */
export function footerOf(unused: readonly string[], defaults: readonly string[]): string {
  const parts = ["Command mode: read without a language model."]
  if (unused.length > 0) parts.push(`Not used: ${unused.join(", ")}.`)
  if (defaults.length > 0) parts.push(`Taken by default: ${defaults.join(", ")}.`)
  return parts.join(" ")
}
