import type { Focus } from "#src/conversation/rules/focus.ts"

/** A number that only has to lie in a span: what "a bit wider" comes to is a matter of taste. */
export interface Between {
  between: readonly [number, number]
}

export interface ExpectedCall {
  tool: string
  input: Record<string, unknown>
}

/** What must come of a sentence: exactly these calls in any order, or a question before anything is changed. */
export type Expected =
  | { calls: readonly ExpectedCall[]; /** Other calls that come to the same. */ or?: readonly ExpectedCall[][] }
  | { asks: true }

export interface Row {
  say: string
  /** Name of what the conversation is about; none = a new conversation. */
  context?: keyof typeof contexts
  expect: Expected
  /** Tools that must not be called, whatever else happens. */
  forbid?: readonly string[]
}

export const setNames = ["plain", "chat", "follow-up", "ambiguous", "hostile", "languages", "strangers"] as const
export type SetName = (typeof setNames)[number]

const parameters = {
  size: "US 7",
  metal: "14k_yellow_gold",
  finish: "polished",
  stone: "diamond",
  carat: 1.01,
  stone_diameter_mm: 6.5,
  prongs: 6,
  prong_diameter_mm: 1,
  rails: 1,
  band_profile: "d",
  band_width_mm: 2.2,
  band_thickness_mm: 1.8,
} as const

const ring: Focus = {
  itemId: "design_ring1",
  kind: "design",
  name: "14k yellow gold solitaire, US 7",
  revision: 4,
  parameters,
  lastCall: { tool: "export_file", input: { design: "design_ring1", format: "stl" } },
}

/** What a conversation is about when a sentence is said. */
export const contexts = {
  ring,
  /** Two designs, the ring in front of the other. */
  two: { ...ring, previousItemId: "design_ring2" },
  /** Nothing about it is the usual. */
  white: {
    ...ring,
    itemId: "design_white",
    name: "18k white gold solitaire, UK M",
    parameters: {
      size: "UK M",
      metal: "18k_white_gold",
      finish: "satin",
      stone: "emerald",
      carat: 1.15,
      stone_diameter_mm: 7,
      prongs: 4,
      prong_diameter_mm: 1.1,
      rails: 1,
      band_profile: "comfort",
      band_width_mm: 2.6,
      band_thickness_mm: 1.9,
    },
  },
  uk: { ...ring, itemId: "design_uk", parameters: { ...parameters, size: "UK N" } },
  edited: {
    ...ring,
    lastCall: {
      tool: "design_edit",
      input: { design: "design_ring1", operations: [{ op: "set", metal: "14k_yellow_gold" }] },
    },
  },
} satisfies Record<string, Focus>

// ── How the tables are written ────────────────────────────────────────────────────────────────────────────────────────

type Input = Record<string, unknown>

export const call = (tool: string, input: Input = {}): ExpectedCall => ({ tool, input })
export const calls = (...all: ExpectedCall[]): Expected => ({ calls: all })
export const create = (input: Input = {}): Expected => calls(call("design_create", input))
export const set = (input: Input): Expected => calls(call("design_edit", { operations: [{ op: "set", ...input }] }))
export const steps = (...ops: ("undo" | "redo")[]): Expected =>
  calls(call("design_edit", { operations: ops.map((op) => ({ op })) }))
export const save = (format: string, input: Input = {}): Expected => calls(call("export_file", { format, ...input }))
export const show = (input: Input = {}): Expected => calls(call("design_show", input))
/** A new design with the parameters of the one in front, but for these. */
export const copy = (changes: Input): Expected => {
  const { rails: _rails, carat: _carat, ...own } = parameters
  return create({ ...own, ...changes })
}
export const between = (least: number, most: number): Between => ({ between: [least, most] })
export const asks: Expected = { asks: true }
