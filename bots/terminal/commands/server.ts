import { numberOption, UsageError } from "#bots/terminal/arguments.ts"
import { defineCommand, DONE } from "#bots/terminal/command.ts"
import { harmless } from "#bots/terminal/printer.ts"
import { withStudio } from "#bots/terminal/session.ts"

const VERBS = [
  "list",
  "kinds",
  "add",
  "change",
  "drain",
  "resume",
  "probe",
  "free",
  "remove",
  "models",
  "warm",
] as const
type Verb = (typeof VERBS)[number]

interface Values {
  slots?: number | undefined
  vram?: number | undefined
  key?: string | undefined
  settings?: string | undefined
  force?: boolean | undefined
  find?: string | undefined
  url?: string | undefined
}

export const command = defineCommand({
  name: "server",
  usage:
    "server list | kinds | add <name> <kind> <url> | change | drain | resume | probe | free | remove | models [name] | warm <name> <preset>",
  summary: "The servers that make pictures, video and 3D models for the studio.",
  details:
    "Servers can be added and removed while the studio runs. A key is never stored: --key names the environment variable that\n" +
    "holds it where the studio and its workers run. Examples:\n" +
    "  atelier server add gpu1 comfyui http://10.0.0.5:8188\n" +
    "  atelier server add cloud meshy https://api.meshy.ai --key MESHY_API_KEY\n" +
    "  atelier server drain gpu1",
  options: {
    slots: { type: "string", value: "N", help: "Runs at the same time (default: what is usual for its kind)." },
    vram: { type: "string", value: "GB", help: "Memory of its largest GPU (default: what it says itself)." },
    key: { type: "string", value: "VARIABLE", help: "Environment variable that holds its key." },
    settings: { type: "string", value: "JSON", help: "Settings of its kind, as a JSON object." },
    url: { type: "string", value: "URL", help: "With change: its new address." },
    force: { type: "boolean", help: "With remove: also while jobs run there." },
    find: { type: "string", value: "TEXT", help: "With models: only files whose name contains this." },
    json: { type: "boolean", help: "Print one JSON document instead of text." },
  },
  words: [1, 4],
  async run({ values, positionals, host, io, print }) {
    const verb = VERBS.find((one) => one === positionals[0])
    if (!verb)
      throw new UsageError(
        `There is no "server ${(positionals[0] ?? "").slice(0, 40)}".`,
        `There are: ${VERBS.join(", ")}.`,
      )
    const { tool, input } = callFor(verb, positionals.slice(1), {
      ...values,
      slots: numberOption("slots", values.slots, 1, 64),
      vram: numberOption("vram", values.vram, 1, 4096),
    })
    return withStudio(host, io, async (open, studio) => {
      const reply = await open.registry.callTool(tool, input, studio)
      if (values.json) print.json(reply.data)
      else for (const line of reply.say.split("\n")) print.line(harmless(line))
      return DONE
    })
  },
})

/** Least and most words after the verb. */
const WORDS: Record<Verb, readonly [number, number]> = {
  list: [0, 0],
  kinds: [0, 0],
  add: [3, 3],
  change: [1, 1],
  drain: [1, 1],
  resume: [1, 1],
  probe: [1, 1],
  free: [1, 1],
  remove: [1, 1],
  models: [0, 1],
  warm: [2, 2],
}
const USAGE =
  "For example: atelier server add <name> <kind> <url>, atelier server drain <name>, atelier server warm <name> <preset>"

/** The tool call that a command stands for. */
function callFor(verb: Verb, words: string[], values: Values): { tool: string; input: unknown } {
  const [name, kind, url] = words
  const [least, most] = WORDS[verb]
  if (words.length < least || words.length > most)
    throw new UsageError(
      `"server ${verb}" takes ${most === 0 ? "no more words" : least === most ? `${most} more words` : "at most one more word"}.`,
      USAGE,
    )
  if (verb === "list" || verb === "kinds") return { tool: "server_list", input: { kinds: verb === "kinds" } }
  if (verb === "warm") return { tool: "model_admin", input: { server: name, warm: kind } }
  if (verb === "models") return { tool: "model_admin", input: given({ server: name, find: values.find }) }
  const fields = { slots: values.slots, vram_gb: values.vram, key_variable: values.key, settings: values.settings }
  const extra = {
    add: { kind, url, ...fields },
    change: { url: values.url, ...fields },
    remove: { force: values.force },
  }
  const more = verb === "add" || verb === "change" || verb === "remove" ? extra[verb] : {}
  return { tool: "server_edit", input: { operations: [given({ do: verb, name, ...more })] } }
}

function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
