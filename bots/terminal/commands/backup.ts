import { defineCommand, DONE } from "#bots/terminal/command.ts"
import { harmless } from "#bots/terminal/printer.ts"

export const command = defineCommand({
  name: "backup",
  usage: "backup DIR [--json]",
  summary: "Copy the whole studio into a folder, also while it is running.",
  options: { json: { type: "boolean", help: "Print one JSON document instead of text." } },
  words: [1, 1],
  async run({ values, positionals, host, print }) {
    const told = await host.backup(positionals[0] ?? "")
    if (values.json) print.json(told.data)
    else print.line(harmless(told.say))
    return DONE
  },
})
