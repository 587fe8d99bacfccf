import { answerCommand } from "#bots/terminal/ask/commands.ts"
import type { Step, Turn } from "#bots/terminal/ask/exchange.ts"
import { harmless } from "#bots/terminal/printer.ts"
import { printDoc, type RenderParts } from "#bots/terminal/render.ts"
import { printReach, stepLine } from "#bots/terminal/reply.ts"
import { plainText, type Block } from "#src/conversation/document.ts"
import type { NextAction } from "#src/tool.ts"

export interface AskPrinter {
  /** Prints a turn: the reply to stdout, what was only settled on the way to stderr. */
  print(turn: Turn, step: Step): Promise<void>
}

type Note = Extract<Block, { kind: "note" }>

/** `thread`: name of the thread, where it is not the one that commands go to by themselves. */
export function createAskPrinter(parts: RenderParts & { thread: string | undefined }): AskPrinter {
  const { io, print } = parts
  /** How a sentence was read whose question `--yes` settled: told with the answer. */
  const kept: Note[] = []

  const printWords = async (turn: Turn, step: Step) => {
    const doc = turn.message.doc.filter((block) => block.kind !== "note" && !(turn.isSaid && block.kind === "text"))
    const isOnlyQuestion = turn.end.outcomes.every((it) => it.outcome === "asked")
    const isSettledHere = step.kind !== "over" && !io.isTTY.stdout
    if (isSettledHere && isOnlyQuestion) return print.note(plainText(doc.filter((block) => block.kind === "text")))
    await printDoc(doc, parts)
    if (isSettledHere) print.note(turn.end.question?.text ?? "")
  }

  const printNotes = (turn: Turn, step: Step) => {
    const notes = [...kept.splice(0), ...notesIn(turn)]
    for (const text of new Set(notes.map((it) => it.text))) {
      if (step.kind === "asked" && !io.isTTY.stdout) print.note(text)
      else print.line(print.dim(harmless(text)))
    }
  }

  return {
    print: async (turn, step) => {
      const { message, end } = turn
      const { error } = end
      const isTold = error !== undefined && plainText(message.doc).includes(error.problem)
      // Nothing but an error came of it: then the error is the reply, and errors go to stderr.
      if (end.outcome === "failed" && isTold && end.readBy !== "model") {
        if (!turn.isSaid) print.error(error.problem, error.hint)
        return
      }
      await printWords(turn, step)
      // What became of the work that had begun is told by whoever stopped it.
      if (end.outcome === "stopped") return
      if (step.kind === "agreed") {
        kept.push(...notesIn(turn))
        print.note(`--yes: ${step.label}`)
        return
      }
      if (message.doc.some((block) => block.kind === "file" || block.kind === "picture"))
        await printReach(parts.services, print)
      if (step.kind === "over") {
        printChoices(turn)
        printOpenJobs(turn)
        for (const next of end.question ? [] : nextSteps(turn)) print.line(print.dim(stepLine(next)))
      }
      printNotes(turn, step)
      if (error && !(isTold && io.isTTY.stdout)) print.error(error.problem, error.hint)
    },
  }

  /** The answers that there are, and for each the command that gives it. */
  function printChoices({ end: { question } }: Turn): void {
    for (const [index, choice] of question?.choices.entries() ?? []) {
      print.line(`  ${index + 1}. ${harmless(choice.label)}`)
      if (question) print.line(print.dim(`     ${answerCommand(question, choice, parts.thread)}`))
    }
  }

  function printOpenJobs({ end }: Turn): void {
    const open = end.outcomes.flatMap(({ job }) => (job?.state === "waiting" || job?.state === "running" ? [job] : []))
    for (const { id, state } of open) print.line(`job ${id}: ${state}`)
    if (open.length > 0)
      print.note('It goes on while a studio or a worker runs ("atelier start"), and is told in this thread.')
  }
}

const notesIn = ({ message }: Turn): Note[] => message.doc.filter((block) => block.kind === "note")

/** Steps that tools offer now; of two with one label, the later one. */
export function nextSteps({ end }: Turn): NextAction[] {
  const steps = new Map<string, NextAction>()
  for (const { outcome, next } of end.outcomes)
    if (outcome === "done") for (const step of next) steps.set(step.label, step)
  return [...steps.values()]
}
