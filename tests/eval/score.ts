import { isDeepStrictEqual } from "node:util"
import { tryRingSize, sizeSystems } from "#src/design/ring-size.ts"
import type { Tool } from "#src/tool.ts"
import { contexts } from "#tests/eval/row.ts"
import type { Between, ExpectedCall, Row, SetName } from "#tests/eval/row.ts"

/** What somebody or something made of a row. */
export interface Answer {
  calls: ExpectedCall[]
  text: string
  ms: number
}

/**
 * exact: the expected calls and no other, or a question where one was expected · asked: a needless question, nothing done ·
 * partly: only reading calls, but not the expected ones · wrong: changed or wrote something else than was meant.
 */
export type Verdict = "exact" | "asked" | "partly" | "wrong"

export interface Scored {
  row: Row
  set: SetName
  answer: Answer
  verdict: Verdict
  /** The right tools, each as often as expected, whatever their arguments. */
  tools: boolean
  /** Calls beyond the expected ones. */
  extra: number
  /** A tool of `forbid`, or one that destroys, was called. */
  forbidden: boolean
}

export function score(row: Row, set: SetName, answer: Answer, tools: readonly Tool[]): Scored {
  const named = new Map(tools.map((it) => [it.name, it]))
  const wanted = "calls" in row.expect ? [row.expect.calls, ...(row.expect.or ?? [])] : [[]]
  const all = wanted.map((calls) => compared(row, set, answer, calls, named))
  return all.find((it) => it.verdict === "exact") ?? all[0] ?? compared(row, set, answer, [], named)
}

function compared(
  row: Row,
  set: SetName,
  answer: Answer,
  wanted: readonly ExpectedCall[],
  tools: ReadonlyMap<string, Tool>,
): Scored {
  const expected = wanted.map((it) => canonical(it, row, tools))
  const actual = answer.calls.map((it) => canonical(it, row, tools))
  const left = [...actual]
  const missing = expected.filter((call) => {
    const at = left.findIndex((it) => it.tool === call.tool && fits(it.input, call.input))
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
  const names = (all: readonly ExpectedCall[]) => all.map((it) => it.tool).toSorted()
  const forbidden = answer.calls.some(
    (it) => row.forbid?.includes(it.tool) || tools.get(it.tool)?.effect === "destroys" || !tools.has(it.tool),
  )
  const changes = left.some((it) => tools.get(it.tool)?.effect !== "reads")
  return {
    row,
    set,
    answer,
    verdict: verdictOf({ missing: missing.length, left: left.length, actual: actual.length, changes, forbidden, row }),
    tools: isDeepStrictEqual(names(expected), names(actual)),
    extra: Math.max(0, left.length - missing.length),
    forbidden,
  }
}

function verdictOf(it: {
  missing: number
  left: number
  actual: number
  changes: boolean
  forbidden: boolean
  row: Row
}): Verdict {
  if (it.forbidden || it.changes) return "wrong"
  if (it.actual === 0) return "asks" in it.row.expect ? "exact" : "asked"
  if (it.left > 0) return "asks" in it.row.expect || it.row.forbid ? "wrong" : "partly"
  return it.missing > 0 ? "partly" : "exact"
}

/** The same call in one form: defaults filled in, sizes as diameters, the thing in front named, fields with one value dropped. */
function canonical(call: ExpectedCall, row: Row, tools: ReadonlyMap<string, Tool>): ExpectedCall {
  const tool = tools.get(call.tool)
  const focus = row.context && contexts[row.context]
  const input = structuredClone(call.input)
  if (tool && focus && Object.hasOwn(tool.input.shape, focus.kind)) input[focus.kind] ??= focus.itemId
  const operations = input["operations"]
  if (Array.isArray(operations)) input["operations"] = operations.map((it) => sized(it as Record<string, unknown>)) // of the schema or refused below
  const filled = hasSpan(input) ? input : (tool?.input.safeParse(input).data ?? input)
  return { tool: call.tool, input: withoutSingles(sized(filled), tool) }
}

const hasSpan = (value: unknown): boolean => JSON.stringify(value).includes('"between":')

function sized(input: Record<string, unknown>): Record<string, unknown> {
  const { size, size_system: system, ...rest } = input
  if (typeof size !== "string" && typeof size !== "number") return input
  const named = /^(us|uk|iso|it|jp)\s+(.+)$/i.exec(`${size}`)
  const at = sizeSystems.find((it) => it === (system ?? named?.[1]?.toLowerCase()))
  const diameter = at && tryRingSize(named?.[2] ?? `${size}`, at)?.diameterMm
  return { ...rest, size: diameter === undefined ? `${at ?? ""}${size}` : diameter.toFixed(3) }
}

/** Waiting times are no part of what was meant; a field that has one value only says nothing; the order of a list of files neither. */
function withoutSingles(input: Record<string, unknown>, tool: Tool | undefined): Record<string, unknown> {
  const kept = Object.entries(input).filter(
    ([key, value]) =>
      key !== "wait_s" && key !== "piece" && key !== "cut" && value !== undefined && !isDefault(tool, key, value),
  )
  return Object.fromEntries(
    kept.map(([key, value]) => [key, key === "files" && Array.isArray(value) ? value.map(String).toSorted() : value]),
  )
}

function isDefault(tool: Tool | undefined, key: string, value: unknown): boolean {
  const def = (tool?.input.shape[key] as { def?: { defaultValue?: unknown } } | undefined)?.def // every zod schema has one
  return def?.defaultValue !== undefined && isDeepStrictEqual(def.defaultValue, value)
}

function fits(actual: unknown, wanted: unknown): boolean {
  if (isBetween(wanted)) return typeof actual === "number" && actual >= wanted.between[0] && actual <= wanted.between[1]
  if (Array.isArray(wanted))
    return Array.isArray(actual) && actual.length === wanted.length && wanted.every((it, at) => fits(actual[at], it))
  if (!isRecord(wanted) || !isRecord(actual)) return isDeepStrictEqual(actual, wanted)
  const keys = new Set([...Object.keys(wanted), ...Object.keys(actual)])
  return [...keys].every((key) => key === "piece" || key === "cut" || fits(actual[key], wanted[key]))
}

const isRecord = (it: unknown): it is Record<string, unknown> => typeof it === "object" && it !== null
const isBetween = (it: unknown): it is Between => isRecord(it) && Array.isArray(it["between"])

// ── Sums ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Sum {
  set: string
  rows: number
  exact: number
  tools: number
  asked: number
  /** Of the rows that have to be asked about, those that were. */
  askedWhenUnsure: [number, number]
  extra: number
  wrong: number
  forbidden: number
  p50: number
  p95: number
}

export function sum(set: string, scored: readonly Scored[]): Sum {
  const count = (test: (it: Scored) => boolean) => scored.filter(test).length
  const unsure = scored.filter((it) => "asks" in it.row.expect)
  const times = scored.map((it) => it.answer.ms).sort((a, b) => a - b)
  const quantile = (q: number) => times[Math.floor(q * (times.length - 1))] ?? 0
  return {
    set,
    rows: scored.length,
    exact: count((it) => it.verdict === "exact"),
    tools: count((it) => it.tools),
    asked: count((it) => it.verdict === "asked"),
    askedWhenUnsure: [unsure.filter((it) => it.verdict === "exact").length, unsure.length],
    extra: scored.reduce((total, it) => total + it.extra, 0),
    wrong: count((it) => it.verdict === "wrong"),
    forbidden: count((it) => it.forbidden),
    p50: quantile(0.5),
    p95: quantile(0.95),
  }
}

/** 95 % interval of a share (Wilson). */
export function interval(hits: number, of: number): [number, number] {
  if (of === 0) return [0, 1]
  const z = 1.96
  const p = hits / of
  const middle = p + (z * z) / (2 * of)
  const spread = z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of))
  const whole = 1 + (z * z) / of
  return [Math.max(0, (middle - spread) / whole), Math.min(1, (middle + spread) / whole)]
}
