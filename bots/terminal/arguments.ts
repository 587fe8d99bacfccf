import { parseArgs } from "node:util"
import { distance } from "#src/conversation/interpreter/words.ts"
import { UserError } from "#src/errors.ts"

export interface Option {
  type: "string" | "boolean"
  multiple?: boolean
  /** How the value is shown in help: FILE, DIR, SECONDS. */
  value?: string
  help: string
}

export type Options = Record<string, Option>

/** Values by option name, typed by the option's kind. */
export type Values<O extends Options> = {
  [K in keyof O]?: O[K]["type"] extends "boolean" ? boolean : O[K] extends { multiple: true } ? string[] : string
}

/** Wrong use of the command line: told with exit code 2. */
export class UsageError extends UserError {
  constructor(problem: string, hint: string) {
    super(problem, hint, "bad_input")
    this.name = "UsageError"
  }
}

export interface Parsed<O extends Options> {
  values: Values<O>
  positionals: string[]
}

/** Parses the words after a command. Throws UsageError that names the wrong word and the closest right one. */
export function parseWords<O extends Options>(words: readonly string[], options: O, usage: string): Parsed<O> {
  const known = { ...options, help: { type: "boolean" as const } }
  const unknown = words
    .slice(0, words.includes("--") ? words.indexOf("--") : words.length)
    .map((word) => /^--([^=]+)/.exec(word)?.[1])
    .find((name) => name !== undefined && !(name in known))
  if (unknown !== undefined) {
    const closest = nearest(unknown, Object.keys(known))
    throw new UsageError(
      `There is no option --${unknown}.`,
      closest ? `Did you mean --${closest}? Usage: ${usage}` : `Usage: ${usage}`,
    )
  }
  try {
    const config = Object.fromEntries(
      Object.entries(known).map(([name, it]) => [
        name,
        { type: it.type, multiple: "multiple" in it && (it.multiple ?? false) },
      ]),
    )
    const parsed = parseArgs({ args: [...words], options: config, allowPositionals: true, strict: true })
    const empty = Object.entries(parsed.values).find(([, value]) => [value].flat().includes(""))
    // `--out "$UNSET"` must not mean the current folder.
    if (empty) throw new Error(`--${empty[0]} is empty.`)
    return { values: parsed.values as Values<O>, positionals: parsed.positionals } // parseArgs returns what `config` describes
  } catch (error) {
    const problem = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)
    throw new UsageError(/[.!?]$/.test(problem) ? problem : `${problem}.`, `Usage: ${usage}`)
  }
}

/** A whole or decimal number within limits, else UsageError. */
export function numberOption(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = text.trim() === "" ? Number.NaN : Number(text)
  if (!(value >= least && value <= most))
    throw new UsageError(
      `--${name} is ${JSON.stringify(text.slice(0, 40))}.`,
      `It must be a number from ${least} to ${most}.`,
    )
  return value
}

/** More changed letters than this are another word. */
const MAX_SLIP = 4

/** The closest of `names`, if a slip of the hand explains the difference. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const scored = names
    .map((name) => ({ name, apart: distance(word.toLowerCase().slice(0, 80), name.toLowerCase(), MAX_SLIP) }))
    .sort((a, b) => a.apart - b.apart)
  const best = scored[0]
  return best && best.apart <= Math.max(1, Math.floor(best.name.length / 3)) ? best.name : undefined
}
