import type { Io } from "#bots/terminal/host.ts"

/** Where words go: replies to stdout, everything else to stderr. */
export interface Printer {
  /** One line of the reply. */
  line(text?: string): void
  /** The one JSON document of a `--json` reply. */
  json(value: unknown): void
  /** Bytes for the terminal itself (pictures). */
  raw(text: string): void
  /** A line about what is going on. */
  note(text: string): void
  error(problem: string, hint: string): void
  bold(text: string): string
  dim(text: string): string
  /** A link a terminal can follow; elsewhere the plain address. */
  link(url: string, text?: string): string
  /** Colours, links and pictures may be used on stdout. */
  isRich: boolean
}

// Control characters of replies and errors would steer the terminal; tabs and line ends are harmless.
const CONTROL = /(?![\t\n])\p{Cc}/gu

export const harmless = (text: string): string => text.replaceAll(CONTROL, " ")

export function createPrinter(io: Io): Printer {
  const isDumb = io.env["TERM"] === "dumb" || Boolean(io.env["NO_COLOR"])
  const isRich = io.isTTY.stdout && !isDumb
  const style = (code: number, text: string) => (isRich ? `\u001b[${code}m${text}\u001b[0m` : text)
  return {
    line: (text = "") => void io.stdout.write(`${text}\n`),
    json: (value) => void io.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    raw: (text) => void io.stdout.write(text),
    note: (text) => void io.stderr.write(`${harmless(text)}\n`),
    error: (problem, hint) =>
      void io.stderr.write(
        `error: ${harmless(problem)}\n${hint ? `  ${harmless(hint).replaceAll("\n", "\n  ")}\n` : ""}`,
      ),
    bold: (text) => style(1, text),
    dim: (text) => style(2, text),
    link: (url, text) => {
      const plain = harmless(url)
      if (isRich) return `\u001b]8;;${plain}\u001b\\${harmless(text ?? plain)}\u001b]8;;\u001b\\`
      return text === undefined || text === url ? plain : `${harmless(text)} ${plain}`
    },
    isRich,
  }
}
