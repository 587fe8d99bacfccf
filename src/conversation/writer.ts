import type { Told } from "#src/conversation/live.ts"
import type { Progress } from "#src/job.ts"

/** Text is passed on in pieces of at least this time, so that a fast model does not make an event of every word. */
const EVERY_MS = 40
const PROGRESS_EVERY_MS = 100

/** The words of an answer while it is written: what is streamed is exactly what the answer will say. */
export interface Writer {
  /** What was written so far. */
  readonly text: string
  write(piece: string): void
  /** Begins a paragraph, where something stands before. */
  paragraph(): void
  /** Passes on what is held back; before anything else is told, and at the end. */
  flush(): void
}

export function createWriter(turnId: string, tell: (event: Told) => void): Writer {
  let text = ""
  let held = ""
  let toldAt = -Infinity
  let timer: NodeJS.Timeout | undefined
  let isParagraphDue = false

  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    if (held === "") return
    tell({ kind: "delta", turnId, text: held })
    held = ""
    toldAt = performance.now()
  }
  return {
    get text() {
      return text
    },
    write: (piece) => {
      // Space before the first word of a paragraph is nobody's words.
      const words = text === "" || isParagraphDue ? piece.trimStart() : piece
      if (words === "") return
      const added = isParagraphDue && text !== "" ? `\n\n${words}` : words
      isParagraphDue = false
      text += added
      held += added
      const due = toldAt + EVERY_MS - performance.now()
      if (due <= 0) flush()
      else timer ??= setTimeout(flush, due)
    },
    paragraph: () => {
      isParagraphDue = true
    },
    flush,
  }
}

/** Passes progress on, but not oftener than anybody can read. */
export function calmProgress(tell: (progress: Progress) => void): (progress: Progress) => void {
  let toldAt = -Infinity
  let last = ""
  return (progress) => {
    const now = performance.now()
    if (now - toldAt < PROGRESS_EVERY_MS || (progress.text === last && progress.fraction === undefined)) return
    toldAt = now
    last = progress.text
    tell(progress)
  }
}
