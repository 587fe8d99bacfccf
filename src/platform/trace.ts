import { randomBytes } from "node:crypto"

/** W3C Trace Context, version 00: https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

export function isTrace(text: unknown): text is string {
  return typeof text === "string" && TRACEPARENT.test(text)
}

/** The trace that a call belongs to: that of whoever called, or a new one. */
export function traceOf(given: unknown): string {
  return isTrace(given) ? given : `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`
}

/** The same trace with a step of its own, for the header of a request to somebody else. */
export function nextStep(trace: string): string {
  const [version, id, , flags] = trace.split("-")
  return `${version}-${id}-${randomBytes(8).toString("hex")}-${flags}`
}

/** What log lines of one trace have in common. */
export function traceId(trace: string): string {
  return trace.split("-")[1] ?? ""
}
