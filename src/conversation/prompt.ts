import { randomBytes } from "node:crypto"
import type { ModelMessage } from "ai"
import type { Incoming, Message } from "#src/conversation/conversation.ts"
import { plainText } from "#src/conversation/document.ts"
import type { Artifact, Artifacts } from "#src/studio.ts"

const CHARS_PER_TOKEN = 4
/** History may take this share of a model's context; instructions, tools and the answer need the rest. */
const HISTORY_SHARE = 0.35
const MAX_HISTORY_CHARS = 60_000
const MAX_QUOTED_CHARS = 4_000

/** What was said before, newest last, as far as the context allows; what does not fit is named, not summarised by guess. */
export function historyOf(messages: readonly Message[], contextTokens: number): ModelMessage[] {
  const room =
    contextTokens > 0 ? Math.min(MAX_HISTORY_CHARS, contextTokens * CHARS_PER_TOKEN * HISTORY_SHARE) : MAX_HISTORY_CHARS
  const kept: ModelMessage[] = []
  let used = 0
  for (const message of messages.toReversed()) {
    const text = plainText(message.doc)
    used += text.length
    if (used > room) break
    if (text) kept.unshift({ role: message.role, content: text })
  }
  const left = messages.length - kept.length
  return left > 0
    ? [{ role: "user", content: `(${left} earlier messages of this conversation are not shown.)` }, ...kept]
    : kept
}

/**
 * The messages of this turn. Only the caller's text is theirs; what others wrote, and the names of files, stand between marks
 * that the content cannot close, because it cannot know them.
 */
export function turnMessages(incomings: readonly Incoming[], artifacts: Pick<Artifacts, "get">): ModelMessage[] {
  return incomings.map(({ caller, text, files = [], quoted = [] }) => {
    const mine = files.map((id) => artifacts.get(id)).filter((it): it is Artifact => it?.accountId === caller.accountId)
    const content = [
      ...quoted.map(({ author, text: words }) => quote(author, words)),
      ...mine.map((file) =>
        quote("a file that came along", `${file.name} (${file.mediaType}, ${file.bytes} bytes), id ${file.id}`),
      ),
      text,
    ]
    return { role: "user", content: content.join("\n\n") }
  })
}

/** The names of files that came along, for readers without a model. */
export function fileNames(incomings: readonly Incoming[], artifacts: Pick<Artifacts, "get">): string[] {
  return incomings.flatMap(({ caller, files = [] }) =>
    files.map((id) => artifacts.get(id)).flatMap((it) => (it?.accountId === caller.accountId ? [it.name] : [])),
  )
}

function quote(author: string, text: string): string {
  const mark = `quoted-${randomBytes(6).toString("hex")}`
  const by = author.replaceAll(/[^\p{L}\p{N} ._-]/gu, " ").slice(0, 80)
  return `<${mark} author="${by}">\n${text.slice(0, MAX_QUOTED_CHARS)}\n</${mark}>`
}
