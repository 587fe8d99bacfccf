import { basename } from "node:path"
import { createInterface } from "node:readline/promises"
import { stat } from "node:fs/promises"
import { UsageError } from "#bots/terminal/arguments.ts"
import { defineCommand, DONE, INTERRUPTED, NOT_DONE } from "#bots/terminal/command.ts"
import type { Io, OpenHost } from "#bots/terminal/host.ts"
import { harmless, type Printer } from "#bots/terminal/printer.ts"
import { commandFor, printReply, shellQuote, structured } from "#bots/terminal/reply.ts"
import { saveArtifacts } from "#bots/terminal/save.ts"
import { withStudio } from "#bots/terminal/session.ts"
import type { TurnChoice, TurnResult } from "#src/conversation/result.ts"
import { runChosen, runTurn } from "#src/conversation/turn.ts"
import type { Studio } from "#src/studio.ts"

/** Questions asked one after the other at a terminal before giving up. */
const MAX_ROUNDS = 8

export const command = defineCommand({
  name: "ask",
  usage: 'ask "<sentence>" [--file F]… [--out DIR] [--yes] [--json]',
  summary: "Say one sentence; get the reply and its files.",
  details:
    "The sentence is read without a language model. What is not understood is named, and nothing is done before you agree.\n" +
    "At a terminal questions are asked right away; elsewhere they are printed with the commands that answer them (exit code 1).",
  options: {
    file: {
      type: "string",
      multiple: true,
      value: "FILE",
      help: "A file that the sentence speaks of; may be repeated.",
    },
    out: { type: "string", value: "DIR", help: "Save the files of the reply into this folder." },
    yes: { type: "boolean", help: "Go on although some words are not used." },
    json: { type: "boolean", help: "Print one JSON document instead of text." },
  },
  words: [1, 200],
  async run({ values, positionals, host, io, print }) {
    const sentence = positionals.join(" ")
    const files = values.file ?? []
    for (const file of files)
      if (!(await stat(file).catch(() => undefined))?.isFile())
        throw new UsageError(`There is no file ${JSON.stringify(file.slice(0, 200))}.`, "Check the path after --file.")
    return withStudio(host, io, async (open, studio) => {
      const names = files.map((file) => basename(file))
      const request = { registry: open.registry, studio }
      let result = await runTurn({ ...request, text: sentence, files: names, yes: values.yes === true })
      if (!values.json && io.isTTY.stdin && io.isTTY.stderr) result = await askOn(result, open, studio, io)
      const { saved, refused } = await saveArtifacts(result.artifacts, values.out, open.services.artifacts)
      if (values.json) {
        const { artifacts, next, data, job, ...rest } = result
        print.json({
          ...rest,
          ...structured({ data: { data }, artifacts, next, ...(job ? { job } : {}) }, saved, open.services),
        })
      } else if (result.outcome === "done") await printReply(result, saved, open.services, io, print)
      else if (result.outcome === "asked") printQuestion(result, sentence, print)
      if (result.outcome === "failed") {
        print.error(result.error?.problem ?? result.say, result.error?.hint ?? "")
        return io.signal.aborted ? INTERRUPTED : NOT_DONE
      }
      if (refused) print.error(refused.problem, refused.hint)
      const isOpen = result.job?.state === "waiting" || result.job?.state === "running"
      return result.outcome === "done" && !isOpen && !refused ? DONE : NOT_DONE
    })
  },
})

/** The question, its choices, and for each the command that gives this answer. */
function printQuestion(result: TurnResult, sentence: string, print: Printer): void {
  const lines = result.say.split("\n")
  for (const line of lines.slice(0, -1)) print.line(harmless(line))
  const choices = result.question?.choices ?? []
  for (const [index, choice] of choices.entries()) {
    print.line(`  ${index + 1}. ${harmless(choice.label)}`)
    print.line(print.dim(`     ${answerCommand(choice, sentence)}`))
  }
  print.line(print.dim(harmless(lines.at(-1) ?? "")))
}

function answerCommand({ does }: TurnChoice, sentence: string): string {
  if ("say" in does) return `atelier ask ${shellQuote(does.say)}`
  if ("yes" in does) return `atelier ask ${shellQuote(sentence)} --yes`
  return commandFor(does.call.tool, does.call.input)
}

/** Asks at the terminal until the question is settled, an empty line is typed, or the person interrupts. */
async function askOn(first: TurnResult, open: OpenHost, studio: Studio, io: Io): Promise<TurnResult> {
  let result = first
  for (let round = 0; round < MAX_ROUNDS && result.outcome === "asked" && !io.signal.aborted; round++) {
    const choices = result.question?.choices ?? []
    if (choices.length === 0) return result
    const body = result.say.split("\n").slice(0, -1)
    const list = choices.map((choice, index) => `  ${index + 1}. ${choice.label}`)
    io.stderr.write(`${[...body, ...list].map(harmless).join("\n")}\n`)
    const chosen = pick(
      await readLine(io, choices.length === 1 ? "1 = yes, empty = no: " : `1–${choices.length}, empty = stop: `),
      choices,
    )
    if (!chosen) return result
    const request = { registry: open.registry, studio }
    if ("say" in chosen.does) result = await runTurn({ ...request, text: chosen.does.say })
    else result = await runChosen("yes" in chosen.does ? chosen.does.yes : chosen.does.call, request)
  }
  return result
}

function pick(answer: string, choices: readonly TurnChoice[]): TurnChoice | undefined {
  const text = answer.trim().toLowerCase()
  if (!text) return undefined
  if (/^\d+$/.test(text)) return choices[Number(text) - 1]
  if (choices.length === 1 && /^(y|yes)$/.test(text)) return choices[0]
  return choices.find((choice) => choice.value.toLowerCase() === text || choice.label.toLowerCase() === text)
}

async function readLine(io: Io, prompt: string): Promise<string> {
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: false })
  try {
    return await lines.question(prompt, { signal: io.signal })
  } catch {
    return ""
  } finally {
    lines.close()
  }
}
