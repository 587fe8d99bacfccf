import { numberOption } from "#bots/terminal/arguments.ts"
import { defineCommand } from "#bots/terminal/command.ts"

export const command = defineCommand({
  name: "start",
  usage: "start [--host ADDRESS] [--port N]",
  summary: "Start the studio: MCP endpoint, artifact pages and workers, until interrupted.",
  options: {
    host: { type: "string", value: "ADDRESS", help: "Address to listen on (default ATELIER_HOST)." },
    port: { type: "string", value: "N", help: "Port to listen on, 0 for any free one (default ATELIER_PORT)." },
    conformance: { type: "boolean", help: "Also mount the fixtures of the MCP conformance suite." },
  },
  words: [0, 0],
  async run({ values, host, io }) {
    const port = numberOption("port", values.port, 0, 65_535)
    return host.start(
      {
        conformance: values.conformance === true,
        ...(values.host === undefined ? {} : { host: values.host }),
        ...(port === undefined ? {} : { port }),
      },
      io,
    )
  },
})
