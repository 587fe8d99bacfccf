import { answerCommand } from "#bots/terminal/ask/commands.ts"
import type { Turn } from "#bots/terminal/ask/exchange.ts"
import { nextSteps } from "#bots/terminal/ask/print.ts"
import { structured } from "#bots/terminal/reply.ts"
import type { SavedFile } from "#bots/terminal/save.ts"
import type { OpenQuestion, Thread } from "#src/conversation/conversation.ts"
import type { Explanation } from "#src/errors.ts"
import type { Services } from "#src/studio.ts"
import type { ArtifactRef } from "#src/tool.ts"

export interface Answered {
  turns: readonly Turn[]
  last: Turn
  saved: readonly SavedFile[]
  services: Services
  thread: Thread
  /** Name of the thread, where it is not the one that commands go to by themselves. */
  name: string | undefined
}

/** The one JSON document of `ask --json`. */
export function answerDocument({ turns, last, saved, services, thread, name }: Answered): Record<string, unknown> {
  const { end } = last
  const outcomes = turns.flatMap((turn) => turn.end.outcomes)
  const done = outcomes.findLast((it) => it.outcome === "done")
  const call = (done ?? outcomes.at(-1))?.call
  const job = outcomes.at(-1)?.job
  const jobs = turns.flatMap((turn) => turn.end.jobs).flatMap((id) => services.jobs.get(thread.accountId, id) ?? [])
  // The turns after the first only press buttons.
  const { readBy, provenance } = (turns[0] ?? last).end
  return {
    outcome: end.outcome,
    say: textOf(last),
    ...structured(
      {
        data: { data: done?.data ?? {} },
        artifacts: turns.flatMap(filesOf),
        next: end.question ? [] : nextSteps(last),
        ...(job ? { job } : {}),
      },
      saved,
      services,
    ),
    ...(call ? { call } : {}),
    calls: outcomes.map((it) => ({
      ...it.call,
      outcome: it.outcome,
      say: it.say,
      data: it.data,
      ...(it.error ? { error: it.error } : {}),
    })),
    ...(jobs.length > 0 ? { jobs: jobs.map(({ id, title, state }) => ({ id, title, state })) } : {}),
    ...(end.question ? { question: withCommands(end.question, name) } : {}),
    ...(end.error ? { error: end.error } : {}),
    unused: [...new Set(turns.flatMap((turn) => turn.end.unused))],
    notes: turns.flatMap(notesOf),
    readBy,
    provenance,
    thread: thread.id,
  }
}

/** The document where no turn came about. */
export function refusalDocument(error: Explanation, outcome: "failed" | "stopped"): Record<string, unknown> {
  const say = `${error.problem} ${error.hint}`.trim()
  return { outcome, say, data: {}, calls: [], error, unused: [], notes: [] }
}

function textOf({ message }: Turn): string {
  return message.doc.flatMap((block) => (block.kind === "text" ? [block.text] : [])).join("\n\n")
}

/** The files that the answer shows: of several edits of one thing, those of the last. */
export function filesOf({ message }: Turn): ArtifactRef[] {
  return message.doc.flatMap((block) => (block.kind === "file" || block.kind === "picture" ? [block.artifact] : []))
}

const notesOf = ({ message }: Turn) =>
  message.doc.flatMap((block) => (block.kind === "note" ? [{ tone: block.tone, text: block.text }] : []))

function withCommands(question: OpenQuestion, name: string | undefined) {
  const choices = question.choices.map((choice) => ({ ...choice, command: answerCommand(question, choice, name) }))
  return { ...question, choices }
}
