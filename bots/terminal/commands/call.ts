import { nearest, numberOption, UsageError } from "#bots/terminal/arguments.ts"
import { defineCommand, DONE, INTERRUPTED, NOT_DONE } from "#bots/terminal/command.ts"
import { readInput } from "#bots/terminal/read-input.ts"
import { commandFor, printReply, structured } from "#bots/terminal/reply.ts"
import { saveArtifacts } from "#bots/terminal/save.ts"
import { toolHelp } from "#bots/terminal/schema-help.ts"
import { withStudio } from "#bots/terminal/session.ts"
import { carryOut } from "#src/conversation/carry-out.ts"
import type { Tool } from "#src/tool.ts"
import type { Registry } from "#tools/registry.ts"

const MAX_WAIT_S = 86_400

export const command = defineCommand({
  name: "call",
  usage: "call <tool> [json | @file | -] [--json] [--out DIR] [--wait SECONDS]",
  summary: "Call one tool with JSON input (inline, from a file, or from stdin).",
  details: "`call <tool> --help` lists the tool's fields with their limits. `tools` lists the tools.",
  options: {
    json: { type: "boolean", help: "Print the structured result alone, as JSON." },
    out: { type: "string", value: "DIR", help: "Save the files of the result into this folder." },
    wait: {
      type: "string",
      value: "SECONDS",
      help: "Wait this long for long work; without it the tool itself decides.",
    },
  },
  words: [1, 2],
  async helpFor([name], host) {
    if (name === undefined) return undefined
    const open = await host.open()
    try {
      return toolHelp(toolNamed(open.registry, name))
    } finally {
      await open.close()
    }
  },
  async run({ values, positionals, host, io, print }) {
    const wait = numberOption("wait", values.wait, 0, MAX_WAIT_S)
    const input = await readInput(positionals[1], io.stdin)
    return withStudio(host, io, async (open, studio) => {
      const tool = toolNamed(open.registry, positionals[0] ?? "")
      const result = await carryOut(
        { tool: tool.name, input },
        { registry: open.registry, studio, patienceMs: (wait ?? 0) * 1_000 },
      )
      if (result.outcome !== "done") {
        const choices = result.question?.choices ?? []
        const first = choices.find((choice) => "call" in choice.does)?.does
        const hint = result.question
          ? `${choices.map((choice) => `${choice.value} (${choice.label})`).join(", ")}${first && "call" in first ? `\nFor example: ${commandFor(first.call.tool, first.call.input)}` : ""}`
          : (result.error?.hint ?? "")
        if (values.json) print.json(result.question ? { question: result.question } : { error: result.error })
        print.error(result.question?.text ?? result.error?.problem ?? result.say, hint)
        return io.signal.aborted ? INTERRUPTED : NOT_DONE
      }
      const { saved, refused } = await saveArtifacts(result.artifacts, values.out, open.services.artifacts)
      if (values.json) print.json(structured(result, saved, open.services))
      else await printReply(result, saved, open.services, io, print)
      if (refused) print.error(refused.problem, refused.hint)
      return refused ? NOT_DONE : DONE
    })
  },
})

/** Throws UsageError with the closest name. */
export function toolNamed(registry: Registry, name: string): Tool {
  const tool = registry.get(name)
  if (tool) return tool
  const closest = nearest(
    name,
    registry.all.map((it) => it.name),
  )
  throw new UsageError(
    `There is no tool "${name.slice(0, 80)}".`,
    closest ? `Did you mean ${closest}? "atelier tools" lists them all.` : `"atelier tools" lists them all.`,
  )
}
