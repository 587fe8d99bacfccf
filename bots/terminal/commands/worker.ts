import { UsageError } from "#bots/terminal/arguments.ts"
import { defineCommand } from "#bots/terminal/command.ts"

export const command = defineCommand({
  name: "worker",
  usage: "worker [--lanes a,b]",
  summary: "Work on jobs of the queue, until interrupted.",
  options: { lanes: { type: "string", value: "NAMES", help: "Lanes to serve, with commas between (default: cpu)." } },
  words: [0, 0],
  async run({ values, host, io }) {
    const lanes = (values.lanes ?? "cpu")
      .split(",")
      .map((lane) => lane.trim())
      .filter(Boolean)
    const wrong = lanes.find((lane) => !/^[a-z][a-z0-9-]{0,31}$/.test(lane))
    if (lanes.length === 0 || wrong !== undefined)
      throw new UsageError(
        `--lanes is ${JSON.stringify(values.lanes?.slice(0, 80))}.`,
        "Give names such as cpu or gpu, with commas between.",
      )
    return host.worker({ lanes }, io)
  },
})
