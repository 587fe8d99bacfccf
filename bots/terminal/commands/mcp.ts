import { defineCommand } from "#bots/terminal/command.ts"

export const command = defineCommand({
  name: "mcp",
  usage: "mcp",
  summary: "Serve MCP over stdin and stdout, for assistants that start it.",
  options: {},
  words: [0, 0],
  run: ({ host, io }) => host.mcp(io),
})
