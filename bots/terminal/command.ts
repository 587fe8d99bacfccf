import type { Options, Values } from "#bots/terminal/arguments.ts"
import type { Host, Io } from "#bots/terminal/host.ts"
import type { Printer } from "#bots/terminal/printer.ts"

export interface Invocation<O extends Options> {
  values: Values<O>
  positionals: string[]
  host: Host
  io: Io
  print: Printer
}

/** One command of the command line; one file in commands/. */
export interface Command<O extends Options = Options> {
  name: string
  /** What stands after `atelier`. */
  usage: string
  summary: string
  /** More lines for its own help. */
  details?: string
  options: O
  /** Least and most words besides options. */
  words: readonly [number, number]
  /** Further help for these words, printed by `--help`; undefined = only the general one. */
  helpFor?(words: readonly string[], host: Host): Promise<string | undefined>
  run(invocation: Invocation<O>): Promise<number>
}

export const DONE = 0
export const NOT_DONE = 1
export const WRONG_USAGE = 2
export const INTERRUPTED = 130

/** Gives a command its typed options. The table holds them all as one type; each is only ever run with its own options. */
export function defineCommand<const O extends Options>(command: Command<O>): Command {
  return command
}
