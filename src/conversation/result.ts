import type { Explanation } from "#src/errors.ts"
import type { ArtifactRef, JobRef, NextAction } from "#src/tool.ts"

export interface Call {
  tool: string
  input: Record<string, unknown>
}

/** What choosing an answer does: a call as it stands, another sentence, or the same sentence with a yes. */
export type Does = { call: Call } | { say: string } | { yes: Call }

export interface TurnChoice {
  value: string
  label: string
  does: Does
}

export interface TurnQuestion {
  text: string
  /** Dotted path into the tool input that the answer fills. */
  field?: string
  /** Empty when only another sentence can answer. */
  choices: TurnChoice[]
}

/** What came of one turn. Data only: surfaces put it into their own form. */
export interface TurnResult {
  outcome: "done" | "asked" | "failed"
  /** Plain text with plain URLs. */
  say: string
  data: Record<string, unknown>
  artifacts: ArtifactRef[]
  next: NextAction[]
  /** What was carried out, or would be. */
  call?: Call
  job?: JobRef
  question?: TurnQuestion
  error?: Explanation
  /** Words of the sentence that nothing used, whether it was carried out or not. */
  unused: string[]
  /** One line that says how the sentence was read. */
  footer: string
}
