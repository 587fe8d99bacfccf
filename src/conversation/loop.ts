import type { LanguageModelV4 } from "@ai-sdk/provider"
import { isStepCount, streamText, type ModelMessage } from "ai"
import { rulesMetadata, type RulesMetadata } from "#src/conversation/rules/provider.ts"
import { toolSet, type Deeds, type Hands } from "#src/conversation/toolset.ts"
import type { Writer } from "#src/conversation/writer.ts"

export interface LoopOptions {
  model: LanguageModelV4
  /** A language model; false = command mode, which reads results as they are. */
  isModel: boolean
  instructions: string
  messages: ModelMessage[]
  hands: Hands
  writer: Writer
  maxSteps: number
  maxTokens: number
  /** Whether the turn has cost as much as it may. */
  isSpent(): boolean
  turnMs: number
}

/** Why a loop ended: "done" is the only one by the model's own will. */
export type End =
  | "done"
  | "asked"
  | "stopped"
  | "failed"
  | "steps"
  | "tokens"
  | "spend"
  | "time"
  | "length"
  | "withheld"

export interface Looped extends Deeds {
  end: End
  error?: unknown
  rules?: RulesMetadata
}

/** One turn: the model speaks and calls tools until it has answered. Never rejects: what was said and done before an error stays. */
export async function runLoop(options: LoopOptions): Promise<Looped> {
  const { hands, writer } = options
  const looped: Looped = { outcomes: [], left: [], end: "done" }
  const { signal } = hands.studio
  const late = new AbortController()
  // A timer that outlives its turn, as that of AbortSignal.timeout does, would keep the whole turn in memory.
  const timer = setTimeout(() => late.abort(new DOMException("too long", "TimeoutError")), options.turnMs)
  try {
    await consume(options, looped, AbortSignal.any([signal, late.signal]))
  } catch (error) {
    looped.end = "failed"
    looped.error = error
  } finally {
    clearTimeout(timer)
  }
  writer.flush()
  if (signal.aborted) looped.end = "stopped"
  else if (late.signal.aborted) looped.end = "time"
  else if (looped.question) looped.end = "asked"
  return looped
}

async function consume(options: LoopOptions, looped: Looped, abortSignal: AbortSignal): Promise<void> {
  const { hands, writer, maxSteps, maxTokens, isSpent } = options
  let tokens = 0
  const result = streamText({
    model: options.model,
    instructions: options.instructions,
    messages: options.messages,
    tools: toolSet(hands, looped, options.isModel),
    // Two edits of one thing made at once would refuse each other.
    toolCallConcurrency: 1,
    stopWhen: [isStepCount(maxSteps), () => looped.question !== undefined, () => tokens > maxTokens, isSpent],
    abortSignal,
    // Errors come as parts of the stream and are thrown below.
    onError: () => {},
  })
  for await (const part of result.stream) {
    if (part.type === "text-start") writer.paragraph()
    else if (part.type === "text-delta") writer.write(part.text)
    else if (part.type === "finish-step") {
      tokens += part.usage.totalTokens ?? 0
      const rules = rulesMetadata(part.providerMetadata)
      if (rules) looped.rules = rules
    } else if (part.type === "error") throw part.error
    else if (part.type === "finish") looped.end = endOf(part.finishReason, tokens > maxTokens, isSpent())
  }
}

function endOf(finishReason: string, isOverTokens: boolean, isSpent: boolean): End {
  // With calls as the last thing, it was one of our limits that ended the loop.
  if (finishReason === "tool-calls") return isOverTokens ? "tokens" : isSpent ? "spend" : "steps"
  if (finishReason === "length") return "length"
  return finishReason === "content-filter" ? "withheld" : "done"
}
