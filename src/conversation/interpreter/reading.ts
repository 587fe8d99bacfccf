import type { AskKind } from "#src/conversation/interpreter/finding.ts"
import type { Call, TurnChoice } from "#src/conversation/result.ts"

/** A call with the words it was read from. */
export interface ReadCall extends Call {
  title: string
  spans: Span[]
}

export interface Span {
  /** Dotted path into the input. */
  field: string
  label: string
  value: unknown
  /** The words it was read from. */
  text: string
  /** The words fit other values too: "gold" was taken for 14k yellow gold. */
  assumed?: true
}

/** Something that keeps the sentence from being carried out. */
export interface ReadingAsk {
  kind: AskKind
  question: string
  field?: string
  choices: TurnChoice[]
}

export interface Reading {
  /** What the sentence was read as; empty when nothing was understood. */
  calls: ReadCall[]
  /** Words with content that nothing uses. */
  unused: string[]
  /** Words passed over as talk ("for my wife"). */
  ignored: string[]
  asks: ReadingAsk[]
  /** May be carried out as it is. */
  certain: boolean
  /** Other tools that the sentence could mean, the likeliest first. */
  alternatives: { tool: string; title: string; score: number }[]
}
