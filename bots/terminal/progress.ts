import { harmless } from "#bots/terminal/printer.ts"
import type { Io } from "#bots/terminal/host.ts"
import type { Progress } from "#src/job.ts"

/** Plain lines (logs, pipes) come no more often than this. */
const LINE_EVERY_MS = 2_000
const REDRAW_EVERY_MS = 100
/** Back to the first column and erase the line. */
const REWRITE = "\r\u001b[2K"

export interface ProgressLine {
  show(progress: Progress): void
  /** Takes the line away before the reply is printed. */
  clear(): void
}

/** How far work is, on stderr: one line that is rewritten on a terminal, a line now and then elsewhere. */
export function createProgress(io: Io, now: () => number = Date.now): ProgressLine {
  const rewrites = io.isTTY.stderr && io.env["TERM"] !== "dumb"
  let last = -Infinity
  let shown = ""
  let isOpen = false
  return {
    show: (progress) => {
      const text = inLine(progress)
      const at = now()
      if (text === shown || at - last < (rewrites ? REDRAW_EVERY_MS : LINE_EVERY_MS)) return
      ;[last, shown] = [at, text]
      isOpen = rewrites
      io.stderr.write(rewrites ? `${REWRITE}${text.slice(0, Math.max(10, io.columns - 1))}` : `${text}\n`)
    },
    clear: () => {
      if (isOpen) io.stderr.write(REWRITE)
      isOpen = false
    },
  }
}

function inLine({ fraction, text }: Progress): string {
  const share = fraction === undefined ? "" : ` ${Math.round(Math.min(1, Math.max(0, fraction)) * 100)} %`
  return `… ${harmless(text).replaceAll("\n", " ")}${share}`
}
