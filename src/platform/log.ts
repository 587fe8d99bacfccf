import { pino, type Logger } from "pino"
import type { Config } from "#src/platform/config.ts"

// One pass over the finished line, so that depth and place of a secret do not matter.
const SECRET_FIELDS =
  /("(?:[a-z_-]*(?:password|passwd|secret|token|api_?key|authorization|cookie)|client_?secret)"):"(?:[^"\\]|\\.)*"/gi
const SECRET_VALUES: [RegExp, string][] = [
  [/\batl_[A-Za-z0-9_-]{20,}/g, "atl_[hidden]"],
  [/\b(Bearer|Basic) +[A-Za-z0-9._~+/=-]{8,}/gi, "$1 [hidden]"],
  [/\b(?:sk|xox[a-z]|xapp|ghp|hf|AIza)[-_][A-Za-z0-9_-]{16,}/g, "[hidden]"],
  // The signature of a file or page link.
  [/([?&]s=)[A-Za-z0-9_-]{16,}/g, "$1[hidden]"],
]

/** The log of the process: JSON lines on stderr (stdout belongs to the protocol), with secrets hidden wherever they stand. */
export function createLog(level: Config["logLevel"], stream: { write(line: string): void } = stderr()): Logger {
  return pino({ level, base: { pid: process.pid }, hooks: { streamWrite: hideSecrets } }, stream)
}

export function hideSecrets(line: string): string {
  let hidden = line.replace(SECRET_FIELDS, '$1:"[hidden]"')
  for (const [pattern, instead] of SECRET_VALUES) hidden = hidden.replace(pattern, instead)
  return hidden
}

/** Synchronous: a crash must not take the lines that explain it along. */
function stderr(): { write(line: string): void } {
  return pino.destination({ dest: 2, sync: true })
}
