import { randomUUID } from "node:crypto"
import { nearest, parseWords, UsageError } from "#bots/terminal/arguments.ts"
import { DONE, INTERRUPTED, NOT_DONE, WRONG_USAGE, type Command } from "#bots/terminal/command.ts"
import { commands } from "#bots/terminal/commands.ts"
import { helpOf, overview } from "#bots/terminal/help.ts"
import type { Host, Io } from "#bots/terminal/host.ts"
import { createPrinter } from "#bots/terminal/printer.ts"
import { BackendError, explain, Question, UserError } from "#src/errors.ts"

/** Runs one command line and answers with the exit code. Never throws: every error becomes "error: problem" and a hint on stderr. */
export async function runCommand(argv: readonly string[], host: Host, io: Io): Promise<number> {
  const print = createPrinter(io)
  try {
    return await dispatch(argv, host, io)
  } catch (error) {
    if (io.signal.aborted) {
      print.error(
        "Interrupted.",
        "The work that this command began was stopped; nothing is charged for what did not run.",
      )
      return INTERRUPTED
    }
    const reference = randomUUID().slice(0, 8)
    const isKnown = error instanceof UserError || error instanceof Question || error instanceof BackendError
    const { problem, hint } = explain(error, reference)
    print.error(problem, hint)
    // A bug: whoever sits at this machine can act on the trace, and stderr is the log of a command.
    if (!isKnown && error instanceof Error) print.note(`${reference}: ${error.stack ?? error.message}`)
    return error instanceof UsageError ? WRONG_USAGE : NOT_DONE
  }
}

async function dispatch(argv: readonly string[], host: Host, io: Io): Promise<number> {
  const print = createPrinter(io)
  const [first, ...words] = argv
  if (first === "--version" || first === "-v") {
    print.line(host.version)
    return DONE
  }
  if (first === undefined || first === "help" || first === "--help" || first === "-h") {
    const topic = words.find((word) => !word.startsWith("-"))
    print.line(topic === undefined ? overview(host.version) : helpOf(commandNamed(topic)))
    return first === undefined ? WRONG_USAGE : DONE
  }
  const command = commandNamed(first)
  const usage = `atelier ${command.usage}`
  const wantsHelp = words
    .slice(0, words.includes("--") ? words.indexOf("--") : words.length)
    .some((word) => word === "--help" || word === "-h")
  if (wantsHelp) {
    const topics = words.filter((word) => !word.startsWith("-"))
    print.line((await command.helpFor?.(topics, host)) ?? helpOf(command))
    return DONE
  }
  const { values, positionals } = parseWords(words, command.options, usage)
  const [least, most] = command.words
  if (positionals.length < least)
    throw new UsageError(
      `"${command.name}" needs ${least === 1 ? "one more word" : `${least} words`}.`,
      `Usage: ${usage}`,
    )
  if (positionals.length > most)
    throw new UsageError(
      `"${command.name}" cannot use ${JSON.stringify((positionals[most] ?? "").slice(0, 80))}.`,
      `Usage: ${usage}`,
    )
  return command.run({ values, positionals, host, io, print })
}

function commandNamed(name: string): Command {
  const command = commands.find((it) => it.name === name)
  if (command) return command
  const closest = nearest(name, [...commands.map((it) => it.name), "help"])
  throw new UsageError(
    `There is no command "${name.slice(0, 80)}".`,
    closest ? `Did you mean "atelier ${closest}"?` : `"atelier help" lists the commands.`,
  )
}
