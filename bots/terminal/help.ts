import type { Options } from "#bots/terminal/arguments.ts"
import type { Command } from "#bots/terminal/command.ts"
import { commands } from "#bots/terminal/commands.ts"

/** The overview: every command in one line, and what exit codes mean. */
export function overview(version: string): string {
  const width = Math.max(...commands.map((it) => it.name.length))
  return [
    `atelier ${version}: a creative studio that people talk to.`,
    "",
    "Usage: atelier <command> [options]",
    "",
    ...commands.map((it) => `  ${it.name.padEnd(width)}  ${it.summary}`),
    `  ${"help".padEnd(width)}  Show this, or the help of a command.`,
    "",
    'Try: atelier ask "a 14k rose gold solitaire, US size 7, with a 1 carat round diamond, and the STL please" --out .',
    "",
    EXIT_CODES,
    "Replies go to stdout, everything else to stderr. NO_COLOR turns colours, links and pictures off.",
  ].join("\n")
}

const EXIT_CODES = `Exit codes:
  0    done
  1    not done: an error, or a question that needs an answer
  2    wrong usage of the command line
  130  interrupted`

export function helpOf(command: Command): string {
  const options: Options = { ...command.options, help: { type: "boolean", help: "Show this." } }
  const flags = Object.entries(options).map(([name, option]) => ({
    flag: `--${name}${option.value ? ` ${option.value}` : ""}`,
    help: option.help,
  }))
  const width = Math.max(...flags.map(({ flag }) => flag.length))
  return [
    `Usage: atelier ${command.usage}`,
    "",
    command.summary,
    ...(command.details ? [command.details] : []),
    "",
    ...flags.map(({ flag, help }) => `  ${flag.padEnd(width)}  ${help}`),
    "",
    EXIT_CODES,
  ].join("\n")
}
