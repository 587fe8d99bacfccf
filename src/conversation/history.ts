import type { ModelMessage, UserContent } from "ai"
import type { Incoming } from "#src/conversation/conversation.ts"
import type { Block, Doc } from "#src/conversation/document.ts"
import type { Kept } from "#src/conversation/messages.ts"
import { quote } from "#src/conversation/quoted.ts"
import { estimateTokens } from "#src/platform/llm/tokens.ts"
import type { Artifact, Artifacts } from "#src/studio.ts"

/** History may take this share of a model's context; instructions, tools and the answer need the rest. */
const SHARE = 0.35
const MAX_TOKENS = 20_000
const MAX_QUOTED = 4_000
/** Of what does not fit, this much of what the person asked for is still named. */
const MAX_EARLIER = 15
const MAX_EARLIER_WORDS = 100

export interface History {
  messages: ModelMessage[]
  /** What was asked for before that, oldest first, in the person's own words. Empty when everything fits. */
  earlier: string[]
}

/**
 * What was said before, in the order of the turns: a message that waited stands after the answer it waited for. The newest
 * turns that fit stay as they were; of older ones the first words of each request are left, nothing is summed up by guess.
 */
export function historyOf(messages: readonly Kept[], contextTokens: number): History {
  const room = contextTokens > 0 ? Math.min(MAX_TOKENS, contextTokens * SHARE) : MAX_TOKENS
  const turns = turnsOf(messages)
  const kept: ModelMessage[][] = []
  let used = 0
  let first = turns.length
  while (first > 0) {
    const told = (turns[first - 1] ?? []).flatMap(toldOf)
    used += estimateTokens(JSON.stringify(told))
    if (used > room) break
    kept.unshift(told)
    first--
  }
  const dropped = turns
    .slice(0, first)
    .flat()
    .filter((it) => it.role === "user")
  return {
    messages: mergedUsers(kept.flat()),
    earlier: dropped
      .slice(-MAX_EARLIER)
      .map((it) => wordsOf(it.doc).replace(/\s+/g, " ").slice(0, MAX_EARLIER_WORDS).toWellFormed()),
  }
}

function turnsOf(messages: readonly Kept[]): Kept[][] {
  const turns = new Map<string, Kept[]>()
  for (const message of messages) {
    const turn = message.turn ?? ""
    turns.set(turn, [...(turns.get(turn) ?? []), message])
  }
  return [...turns.values()]
}

function toldOf({ role, doc, calls, number }: Kept): ModelMessage[] {
  if (role === "user") return [{ role, content: userContent(doc) }]
  const made = calls.map((call, index) => ({ ...call, id: `past_${number}_${index}` }))
  const text = wordsOf(doc)
  return [
    ...(made.length > 0
      ? ([
          {
            role: "assistant",
            content: made.map((it) => ({ type: "tool-call", toolCallId: it.id, toolName: it.tool, input: it.input })),
          },
          {
            role: "tool",
            content: made.map((it) => ({
              type: "tool-result",
              toolCallId: it.id,
              toolName: it.tool,
              output: { type: it.ok ? "text" : "error-text", value: quote(`tool ${it.tool}`, it.say, MAX_QUOTED) },
            })),
          },
        ] satisfies ModelMessage[])
      : []),
    ...(text ? [{ role: "assistant" as const, content: text }] : []),
  ]
}

/** Some servers refuse two messages of the same role in a row. */
function mergedUsers(messages: readonly ModelMessage[]): ModelMessage[] {
  const merged: ModelMessage[] = []
  for (const message of messages) {
    const last = merged.at(-1)
    if (message.role === "user" && last?.role === "user")
      merged[merged.length - 1] = { role: "user", content: joined(last.content, message.content) }
    else merged.push(message)
  }
  return merged
}

function joined(before: UserContent, after: UserContent): UserContent {
  if (typeof before === "string" && typeof after === "string") return `${before}\n\n${after}`
  const parts = [before, after].map((it) => (typeof it === "string" ? [{ type: "text" as const, text: it }] : it))
  return parts.flat()
}

/** The messages of this turn as one. Only the caller's text is theirs; words of others and names of files are quoted. */
export function turnMessage(
  incomings: readonly Incoming[],
  artifacts: Pick<Artifacts, "get">,
  pictures: Exclude<UserContent, string> = [],
): ModelMessage {
  const text = incomings.map((it) => userContent(docOf(it, artifacts))).join("\n\n")
  return { role: "user", content: pictures.length === 0 ? text : [{ type: "text", text }, ...pictures] }
}

/** History and the message of this turn, in the form that servers take. */
export const withTurn = (history: readonly ModelMessage[], message: ModelMessage): ModelMessage[] =>
  mergedUsers([...history, message])

/** What somebody sent, as it stands in the transcript. */
export function docOf({ text, files = [], quoted = [] }: Incoming, artifacts: Pick<Artifacts, "get">): Doc {
  return [
    ...(text ? [{ kind: "text" as const, text }] : []),
    ...quoted.map(({ author, text: words }): Block => ({
      kind: "text",
      text: words.slice(0, MAX_QUOTED).toWellFormed(),
      quote: author,
    })),
    ...filesOf(files, artifacts).map((artifact): Block => ({ kind: "file", artifact, label: artifact.name })),
  ]
}

export function filesOf(files: readonly string[], artifacts: Pick<Artifacts, "get">): Artifact[] {
  return files.flatMap((id) => artifacts.get(id) ?? [])
}

function userContent(doc: Doc): string {
  return doc
    .flatMap((block) => {
      if (block.kind === "text")
        return block.quote === undefined ? [block.text] : [quote(block.quote, block.text, MAX_QUOTED)]
      if (block.kind !== "file") return []
      const { id, name, mediaType, bytes } = block.artifact
      return [quote("a file that came along", `${name} (${mediaType}, ${bytes} bytes), id ${id}`, MAX_QUOTED)]
    })
    .join("\n\n")
}

const wordsOf = (doc: Doc): string =>
  doc.flatMap((block) => (block.kind === "text" && block.quote === undefined ? [block.text] : [])).join("\n\n")
