import { defineCommand, DONE } from "#bots/terminal/command.ts"
import { harmless } from "#bots/terminal/printer.ts"

export const command = defineCommand({
  name: "restore",
  usage: "restore DIR [--force] [--json]",
  summary: "Put a backup back into the data directory.",
  details:
    "The studio must be stopped. Without --force nothing is done when the data directory already holds a studio.",
  options: {
    force: { type: "boolean", help: "Replace the studio that is there." },
    json: { type: "boolean", help: "Print one JSON document instead of text." },
  },
  words: [1, 1],
  async run({ values, positionals, host, print }) {
    const told = await host.restore(positionals[0] ?? "", { force: values.force === true })
    if (values.json) print.json(told.data)
    else print.line(harmless(told.say))
    return DONE
  },
})
