import { z } from "zod"
import { defineCommand, DONE } from "#bots/terminal/command.ts"
import { toolNamed } from "#bots/terminal/commands/call.ts"
import { toolHelp } from "#bots/terminal/schema-help.ts"
import type { Tool } from "#src/tool.ts"

export const command = defineCommand({
  name: "tools",
  usage: "tools [name] [--json]",
  summary: "List the tools, or show one with all its fields.",
  options: { json: { type: "boolean", help: "Print names, schemas and examples as JSON." } },
  words: [0, 1],
  async run({ values, positionals, host, print }) {
    const open = await host.open()
    try {
      const [name] = positionals
      const chosen = name === undefined ? open.registry.all : [toolNamed(open.registry, name)]
      if (values.json)
        print.json(name === undefined ? chosen.map(described) : described(toolNamed(open.registry, name)))
      else if (name !== undefined) print.line(chosen.map(toolHelp).join("\n"))
      else {
        const width = Math.max(0, ...chosen.map((tool) => tool.name.length))
        for (const tool of chosen) print.line(`${print.bold(tool.name.padEnd(width))}  ${tool.title}`)
      }
      return DONE
    } finally {
      await open.close()
    }
  },
})

function described(tool: Tool): Record<string, unknown> {
  const { name, title, description, effect, cost, role, examples } = tool
  return {
    name,
    title,
    description,
    effect,
    cost,
    role,
    input: z.toJSONSchema(tool.input, { io: "input", unrepresentable: "any" }),
    output: z.toJSONSchema(tool.output, { io: "output", unrepresentable: "any" }),
    examples,
  }
}
