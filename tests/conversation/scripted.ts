import { setTimeout as sleep } from "node:timers/promises"
import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider"
import { MockLanguageModelV4 } from "ai/test"
import type { ConversationParts } from "#src/conversation/parts.ts"
import type { LlmUsage } from "#src/platform/llm/llm.ts"

/** What the model does in one step. */
export interface Step {
  text?: string
  calls?: { tool: string; input: Record<string, unknown> }[]
  /** Breaks off after the text. */
  error?: Error
  finish?: "stop" | "length" | "content-filter"
  /** Until then nothing comes. */
  after?: Promise<void>
}

export interface Scripted {
  llm: NonNullable<ConversationParts["llm"]>
  /** What the model was sent, as text. */
  prompts: string[]
  calls: LanguageModelV4CallOptions[]
}

/** A model that does what `script` says, whatever it is told; for the worst it may be told to do. */
export function scripted(
  script: (step: number, prompt: string) => Step,
  { commandsLast = false, contextTokens = 16_000, microUsd = 0 } = {},
): Scripted {
  const prompts: string[] = []
  const calls: LanguageModelV4CallOptions[] = []
  const model = (onUsage?: (usage: LlmUsage) => void) =>
    new MockLanguageModelV4({
      modelId: "scripted",
      doStream: async (options) => {
        const prompt = JSON.stringify(options.prompt)
        calls.push(options)
        prompts.push(prompt)
        const step = script(prompts.length, prompt)
        if (step.after) await Promise.race([step.after, aborted(options.abortSignal)])
        options.abortSignal?.throwIfAborted()
        if (step.error && step.text === undefined) throw step.error
        onUsage?.({
          model: "scripted",
          cached: false,
          inputTokens: 10,
          outputTokens: 5,
          estimated: false,
          microUsd,
          sees: false,
        })
        return { stream: streamOf(step, prompts.length, options.abortSignal) }
      },
    })
  const limits = {
    outputTokens: 4_000,
    steps: 12,
    totalS: 60,
    chunkS: 60,
    toolS: 60,
    dailyUsd: undefined,
    tokensPerDay: 1_000_000,
  }
  return {
    prompts,
    calls,
    llm: { limits, commandsLast, contextTokens: () => contextTokens, model: (_role, { onUsage }) => model(onUsage) },
  }
}

function streamOf(
  step: Step,
  number: number,
  signal: AbortSignal | undefined,
): ReadableStream<LanguageModelV4StreamPart> {
  return new ReadableStream({
    async start(controller) {
      const { text, calls = [], error, finish = "stop" } = step
      controller.enqueue({ type: "stream-start", warnings: [] })
      if (text !== undefined) {
        controller.enqueue({ type: "text-start", id: "t" })
        for (const word of text.split(/(?<= )/)) controller.enqueue({ type: "text-delta", id: "t", delta: word })
        if (!error) controller.enqueue({ type: "text-end", id: "t" })
      }
      await sleep(1)
      if (error) return (controller.enqueue({ type: "error", error }), controller.close())
      if (signal?.aborted) return controller.error(signal.reason)
      for (const [index, { tool, input }] of calls.entries())
        controller.enqueue({
          type: "tool-call",
          toolCallId: `call_${number}_${index}`,
          toolName: tool,
          input: JSON.stringify(input),
        })
      controller.enqueue({
        type: "finish",
        finishReason: { unified: calls.length > 0 ? "tool-calls" : finish, raw: undefined },
        usage: {
          inputTokens: { total: 10, noCache: 10, cacheRead: 0, cacheWrite: 0 },
          outputTokens: { total: 5, text: 5, reasoning: 0 },
        },
      })
      controller.close()
    },
  })
}

async function aborted(signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  signal?.addEventListener("abort", () => resolve(), { once: true })
  await promise
}
