/**
 * Arguments that a tool marks with `x-mcp-header` travel as `Mcp-Param-<Name>` headers too, so that a proxy can route by
 * them (protocol 2026-07-28). A server must refuse a call in which header and body disagree.
 */
const BASE64_MARK = /^=\?base64\?(.*)\?=$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

interface Property {
  [key: string]: unknown
}

/** What is wrong with the headers of this call, in words; undefined when they agree. Only top-level arguments carry headers. */
export function paramHeaderProblem(
  properties: Record<string, unknown> | undefined,
  values: Record<string, unknown>,
  headers: Headers,
): string | undefined {
  for (const [name, property] of Object.entries(properties ?? {})) {
    const mark = (property as Property | undefined)?.["x-mcp-header"]
    const value = values[name]
    if (typeof mark !== "string" || value === undefined || value === null) continue
    const header = headers.get(`Mcp-Param-${mark}`)
    if (header === null) return `the header Mcp-Param-${mark} is missing, but the body holds ${name}`
    const said = decode(header)
    if (said === undefined) return `the header Mcp-Param-${mark} is not valid Base64`
    if (!agree(said, value)) return `the header Mcp-Param-${mark} and ${name} in the body are different`
  }
  return undefined
}

function agree(said: string, value: unknown): boolean {
  if (typeof value === "number") return said.trim() !== "" && Number(said) === value
  return typeof value === "string" || typeof value === "boolean" ? said === String(value) : true
}

/** A value that does not fit into a header is marked and in Base64; every other one stands as it is. */
function decode(header: string): string | undefined {
  const marked = BASE64_MARK.exec(header)
  if (!marked) return header
  const [, encoded = ""] = marked
  return BASE64.test(encoded) ? Buffer.from(encoded, "base64").toString("utf8") : undefined
}
