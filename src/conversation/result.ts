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
