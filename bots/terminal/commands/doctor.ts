import { defineCommand, DONE, NOT_DONE } from "#bots/terminal/command.ts"
import { harmless } from "#bots/terminal/printer.ts"

const MARK = { ok: "ok     ", absent: "absent ", failing: "FAILING" } as const

export const command = defineCommand({
  name: "doctor",
  usage: "doctor [--json]",
  summary: "Show what is configured, reachable or missing, and what to do.",
  options: { json: { type: "boolean", help: "Print the checks as JSON." } },
  words: [0, 0],
  async run({ values, host, io, print }) {
    const open = await host.open()
    try {
      const checks = await open.services.health(io.signal)
      const isFailing = checks.some((check) => check.state === "failing")
      if (values.json) print.json({ version: host.version, node: process.version, ok: !isFailing, checks })
      else {
        print.line(`atelier ${host.version}, node ${process.version}, ${process.platform} ${process.arch}`)
        const width = Math.max(0, ...checks.map((check) => check.name.length))
        for (const { name, state, detail, hint } of checks) {
          print.line(`${MARK[state]}  ${harmless(name).padEnd(width)}  ${harmless(detail)}`)
          if (hint && state !== "ok") print.line(print.dim(`         ${" ".repeat(width)}  ${harmless(hint)}`))
        }
      }
      return isFailing ? NOT_DONE : DONE
    } finally {
      await open.close()
    }
  },
})
