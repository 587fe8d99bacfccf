import type {
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from "@ai-sdk/provider"
import { estimateTokens } from "#src/platform/llm/tokens.ts"

/** What a stream said, gathered part by part. */
export interface Collected {
  content: LanguageModelV4Content[]
  finish: { usage: LanguageModelV4Usage; finishReason: LanguageModelV4FinishReason } | undefined
}

export interface Collector {
  add(part: LanguageModelV4StreamPart): void
  result(): Collected
}

export function createCollector(): Collector {
  const content: LanguageModelV4Content[] = []
  // The piece that a delta belongs to, by id and kind.
  const open = new Map<string, { type: "text" | "reasoning"; text: string }>()
  let finish: Collected["finish"]
  const grow = (type: "text" | "reasoning", id: string, delta: string) => {
    const name = `${type} ${id}`
    let piece = open.get(name)
    if (!piece) {
      piece = { type, text: "" }
      open.set(name, piece)
      content.push(piece)
    }
    piece.text += delta
  }
  return {
    add: (part) => {
      if (part.type === "text-delta") grow("text", part.id, part.delta)
      else if (part.type === "reasoning-delta") grow("reasoning", part.id, part.delta)
      else if (part.type === "text-end") open.delete(`text ${part.id}`)
      else if (part.type === "reasoning-end") open.delete(`reasoning ${part.id}`)
      else if (part.type === "tool-call" || part.type === "source" || part.type === "file") content.push(part)
      else if (part.type === "finish") finish = { usage: part.usage, finishReason: part.finishReason }
    },
    result: () => ({ content, finish }),
  }
}

/** Tokens of an answer, estimated. */
export function estimateOutput(content: readonly LanguageModelV4Content[]): number {
  let tokens = 0
  for (const part of content) {
    if (part.type === "text" || part.type === "reasoning") tokens += estimateTokens(part.text)
    else if (part.type === "tool-call") tokens += 8 + estimateTokens(part.input)
  }
  return tokens
}

/** A whole answer as the parts of a stream. */
export async function* replay(
  content: readonly LanguageModelV4Content[],
  finish: NonNullable<Collected["finish"]>,
): AsyncGenerator<LanguageModelV4StreamPart> {
  yield { type: "stream-start", warnings: [] }
  for (const [index, part] of content.entries()) {
    const id = String(index)
    if (part.type === "text") {
      yield { type: "text-start", id }
      yield { type: "text-delta", id, delta: part.text }
      yield { type: "text-end", id }
    } else if (part.type === "reasoning") {
      yield { type: "reasoning-start", id }
      yield { type: "reasoning-delta", id, delta: part.text }
      yield { type: "reasoning-end", id }
    } else yield part
  }
  yield { type: "finish", ...finish }
}
