import type { Expected, Sentence } from "#tests/conversation/interpreter/sentences.ts"

/** A new solitaire. */
export const ring = (input: Record<string, unknown> = {}): Expected => ({
  tool: "design_create",
  input: { piece: "solitaire", ...input },
})
/** A change of the ring that is there. */
export const set = (input: Record<string, unknown>): Expected => ({
  tool: "design_edit",
  input: { operations: [{ op: "set", ...input }] },
})
export const step = (...ops: string[]): Expected => ({
  tool: "design_edit",
  input: { operations: ops.map((op) => ({ op })) },
})
export const file = (input: Record<string, unknown>): Expected => ({ tool: "export_file", input })
export const show = (input: Record<string, unknown> = {}): Expected => ({ tool: "design_show", input })
/** Nothing may be done before a question. */
export const asks: Expected = { asks: "" }

export const rows = (list: readonly (readonly [string, Expected])[]): Sentence[] =>
  list.map(([say, expect]) => ({ say, expect }))
