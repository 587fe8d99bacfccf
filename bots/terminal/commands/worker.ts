import { numberOption, UsageError } from "#bots/terminal/arguments.ts"
import { defineCommand } from "#bots/terminal/command.ts"

export const command = defineCommand({
  name: "worker",
  usage: "worker [--lanes a,b] [--slots N]",
  summary: "Work on jobs of the queue, until interrupted.",
  options: {
    lanes: { type: "string", value: "NAMES", help: "Lanes to serve, with commas between (default: cpu)." },
    slots: { type: "string", value: "N", help: "Jobs at the same time on each lane (default: 1, on gpu 16)." },
  },
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
    const slots = numberOption("slots", values.slots, 1, 64)
    return host.worker({ lanes, ...(slots === undefined ? {} : { slots: Math.floor(slots) }) }, io)
  },
})
