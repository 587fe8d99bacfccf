import type { Provenance } from "#src/conversation/conversation.ts"
import type { LlmUsage } from "#src/platform/llm/llm.ts"

export const byCommand: Provenance = { by: "command mode", cached: false, cost: null, tokens: null }

/** What all calls of a turn used together. `model` is named where no call got as far as telling. */
export function provenanceOf(usages: readonly LlmUsage[], model: string): Provenance {
  if (usages.length === 0) return { ...byCommand, by: model }
  const estimated = usages.some((it) => it.estimated)
  const sum = (of: (usage: LlmUsage) => number) => usages.reduce((total, it) => total + of(it), 0)
  const isPriced = usages.every((it) => it.microUsd !== null)
  return {
    by: [...new Set(usages.map((it) => it.model))].join(", "),
    cached: usages.every((it) => it.cached),
    cost: isPriced ? { microUsd: sum((it) => it.microUsd ?? 0), estimated } : null,
    tokens: { input: sum((it) => it.inputTokens), output: sum((it) => it.outputTokens), estimated },
  }
}
