/** Text that is already HTML; only `html` makes it. */
export interface Html {
  readonly html: string
}

type Value = string | number | Html | readonly Html[] | undefined | false

/** A template whose values are escaped, unless they are templates themselves. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { html: parts.reduce((text, part, i) => text + show(values[i - 1]) + part) }
}

function show(value: Value): string {
  if (value === undefined || value === false) return ""
  if (typeof value === "string" || typeof value === "number") return escape(String(value))
  return "html" in value ? value.html : value.map((it) => it.html).join("")
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "")
}
