import type { LanguageModelV4, LanguageModelV4CallOptions } from "@ai-sdk/provider"
import { createRulesModel } from "#src/conversation/rules/provider.ts"
import type { Tool } from "#src/tool.ts"
import { contexts } from "#tests/eval/row.ts"
import type { ExpectedCall, Row } from "#tests/eval/row.ts"

/** A model for one row. */
export type ModelFor = (row: Row, tools: readonly Tool[]) => LanguageModelV4

export const commandMode: ModelFor = (row, tools) => {
  const focus = row.context && contexts[row.context]
  return createRulesModel({ tools, ...(focus && { focus }) })
}

/** Knows the table by heart: shows that the evaluation can be passed. */
export const oracle: ModelFor = ({ expect }) => scripted("oracle", "calls" in expect ? expect.calls : [])

/** Always makes the same ring: shows that the evaluation can be failed. */
export const alwaysWrong: ModelFor = () =>
  scripted("always-wrong", [{ tool: "design_create", input: { metal: "bronze", name: "Wrong" } }])

/** Makes its calls at once and speaks after their results. */
function scripted(modelId: string, calls: readonly ExpectedCall[]): LanguageModelV4 {
  const answer = ({ prompt }: LanguageModelV4CallOptions) => {
    const done = prompt.some((it) => it.role === "tool") || calls.length === 0
    return {
      content: done
        ? [{ type: "text" as const, text: "Done." }]
        : calls.map(({ tool, input }, index) => ({
            type: "tool-call" as const,
            toolCallId: `call-${index}`,
            toolName: tool,
            input: JSON.stringify(input, (_, value: unknown) => leastOf(value)),
          })),
      finishReason: { unified: done ? ("stop" as const) : ("tool-calls" as const), raw: undefined },
      usage: {
        inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
        outputTokens: { total: 0, text: 0, reasoning: 0 },
      },
      warnings: [],
    }
  }
  return {
    specificationVersion: "v4",
    provider: "eval",
    modelId,
    supportedUrls: {},
    doGenerate: (options) => Promise.resolve(answer(options)),
    doStream: () => Promise.reject(new Error("the evaluation does not stream")),
  }
}

/** A span stands for any number in it. */
function leastOf(value: unknown): unknown {
  const span = typeof value === "object" && value !== null && "between" in value ? value.between : undefined
  return Array.isArray(span) ? (span[0] as unknown) : value
}
