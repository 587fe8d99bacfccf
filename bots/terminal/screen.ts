import type { Io } from "#bots/terminal/host.ts"
import { harmless, type Printer } from "#bots/terminal/printer.ts"
import { createProgress } from "#bots/terminal/progress.ts"
import type { Conversations, ThreadEvent } from "#src/conversation/conversation.ts"

export interface ScreenParts {
  io: Io
  print: Printer
  /** text: words as they are written, and progress on stderr · progress: that alone · events: each as a line of JSON. */
  shows: "text" | "progress" | "events"
}

export interface Screen {
  /** A message is on its way: tells when its turn does not begin, because another process answers in the thread. */
  sent(): void
  /** After a turn gave its answer: shows the rest of what was told of it. True when its words stand on stdout. */
  settled(): Promise<boolean>
  /** Ends the line that is being written, of a turn that gave no answer. */
  endLine(): void
  close(): Promise<void>
}

/** A turn that nothing is in the way of begins at once. */
const BLOCKED_MS = 300

/** Shows what happens in the thread while an answer is written. */
export function watchThread(conversations: Conversations, threadId: string, { io, print, shows }: ScreenParts): Screen {
  const ending = new AbortController()
  const progress = createProgress(io)
  let blocked: NodeJS.Timeout | undefined
  let written = ""
  let over = Promise.withResolvers<void>()
  const show = (event: ThreadEvent): void => {
    if (event.kind === "turn-started") clearTimeout(blocked)
    if (event.kind === "turn-ended") over.resolve()
    if (shows === "events") return print.raw(`${JSON.stringify(event)}\n`)
    if (event.kind === "progress") progress.show(event.progress)
    else if (event.kind === "tool-started") progress.show({ text: event.title })
    else if (event.kind === "delta" && shows === "text") {
      progress.clear()
      written += event.text
      print.raw(harmless(event.text))
    }
  }
  const following = (async () => {
    for await (const event of conversations.events(threadId, { signal: ending.signal })) show(event)
  })()
  const endLine = () => {
    clearTimeout(blocked)
    progress.clear()
    if (written !== "" && !written.endsWith("\n")) print.raw("\n")
    written = ""
  }
  return {
    sent: () => {
      clearTimeout(blocked)
      const text = "waiting for another answer in this thread"
      if (shows !== "events") blocked = setTimeout(() => progress.show({ text }), BLOCKED_MS)
    },
    settled: async () => {
      // The answer may be there a moment before this reader has come to the end of its turn.
      await over.promise
      over = Promise.withResolvers()
      const isSaid = written !== ""
      endLine()
      return isSaid
    },
    endLine,
    close: async () => {
      ending.abort()
      clearTimeout(blocked)
      progress.clear()
      await following.catch(() => {})
    },
  }
}
