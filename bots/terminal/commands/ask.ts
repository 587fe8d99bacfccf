import { exchange, type Exchanged } from "#bots/terminal/ask/exchange.ts"
import { refuseUnreadable, storeFiles } from "#bots/terminal/ask/files.ts"
import { answerDocument, filesOf, refusalDocument } from "#bots/terminal/ask/json.ts"
import { createAskPrinter } from "#bots/terminal/ask/print.ts"
import { defineCommand, DONE, INTERRUPTED, NOT_DONE, type Invocation } from "#bots/terminal/command.ts"
import type { OpenHost } from "#bots/terminal/host.ts"
import { saveArtifacts, type SavedFile } from "#bots/terminal/save.ts"
import { watchThread } from "#bots/terminal/screen.ts"
import { stopJob } from "#bots/terminal/session.ts"
import { DEFAULT_THREAD, threadKey } from "#bots/terminal/thread.ts"
import { explain, UserError } from "#src/errors.ts"

const options = {
  file: {
    type: "string",
    multiple: true,
    value: "FILE",
    help: "A file that goes with the sentence; may be repeated.",
  },
  out: { type: "string", value: "DIR", help: "Save the files of the answer into this folder." },
  yes: { type: "boolean", help: "Agree beforehand to what command mode makes of the sentence; see above." },
  json: { type: "boolean", help: "Print one JSON document instead of text." },
  thread: { type: "string", value: "NAME", help: `Say it in this thread (default "${DEFAULT_THREAD}", as in chat).` },
} as const

export const command = defineCommand({
  name: "ask",
  usage: 'ask "<sentence>" [--file FILE]… [--out DIR] [--yes] [--json] [--thread NAME]',
  summary: "Say one sentence in a conversation; get the answer and its files.",
  details: [
    'The thread remembers: "undo that" and "the same in platinum" follow up on what was said before, here or in chat.',
    "Where something is to be settled you are asked right away at a terminal; elsewhere the question is printed with the",
    "commands that answer it (exit code 1). The next sentence in the thread may answer it, too.",
    "",
    "--yes goes on although words or files are not used, and agrees to a step that destroys something or takes much work, but",
    "only where command mode read your sentence. To what a language model proposes it never agrees: that is asked.",
  ].join("\n"),
  options,
  words: [1, 200],
  async run(invocation) {
    await refuseUnreadable(invocation.values.file ?? [])
    const open = await invocation.host.open()
    try {
      return await askIn(open, invocation)
    } finally {
      await open.close()
    }
  },
})

async function askIn(open: OpenHost, invocation: Invocation<typeof options>): Promise<number> {
  const { values, io, print } = invocation
  try {
    return await converse(open, invocation)
  } catch (error) {
    // A bug is told by whoever runs commands; a refusal belongs into the document.
    if (!values.json || !(error instanceof UserError)) throw error
    print.json(refusalDocument(explain(error), io.signal.aborted ? "stopped" : "failed"))
    if (io.signal.aborted) return INTERRUPTED
    print.error(error.problem, error.hint)
    return NOT_DONE
  }
}

async function converse(
  open: OpenHost,
  { values, positionals, io, print }: Invocation<typeof options>,
): Promise<number> {
  const { owner, services } = open
  const name = values.thread === undefined || values.thread === DEFAULT_THREAD ? undefined : values.thread
  const files = await storeFiles(values.file ?? [], owner.accountId, services)
  const conversations = await open.conversations()
  const thread = conversations.open(threadKey(values.thread ?? DEFAULT_THREAD), owner)
  io.signal.throwIfAborted()
  const stop = () => conversations.stop(thread.id, owner, { jobs: true })
  io.signal.addEventListener("abort", stop, { once: true })
  const shows = io.isTTY.stdout && !values.json ? "text" : "progress"
  const screen = watchThread(conversations, thread.id, { io, print, shows })
  const saved: SavedFile[] = []
  const refused: UserError[] = []
  const printer = createAskPrinter({ services, io, print, saved, thread: name })
  try {
    const exchanged = await exchange(
      { caller: owner, text: positionals.join(" "), files },
      {
        conversations,
        thread,
        io,
        screen,
        isAgreed: values.yes === true,
        isAttended: !values.json && io.isTTY.stdin && io.isTTY.stderr,
        tell: async (turn, step) => {
          const saving = await saveArtifacts(filesOf(turn), values.out, services.artifacts)
          saved.push(...saving.saved)
          if (saving.refused) refused.push(saving.refused)
          if (!values.json) await printer.print(turn, step)
          if (step.kind !== "agreed" && step.isWithheld)
            print.note("--yes stands only for what command mode read: this question is for you to answer.")
        },
      },
    )
    const { last, turns } = exchanged
    const isStopped = last.end.outcome === "stopped"
    const ended = isStopped ? await stoppedJobs(open, last.end.jobs) : []
    if (values.json) print.json(answerDocument({ turns, last, saved, services, thread, name }))
    if (isStopped) print.error("Interrupted.", ended.join("\n") || "Nothing had been begun.")
    for (const it of refused) print.error(it.problem, it.hint)
    if (values.json && last.end.error && !isStopped) print.error(last.end.error.problem, last.end.error.hint)
    if (isStopped || (io.signal.aborted && last.end.outcome !== "done")) return INTERRUPTED
    return isDone(exchanged) && refused.length === 0 ? DONE : NOT_DONE
  } finally {
    io.signal.removeEventListener("abort", stop)
    await screen.close()
  }
}

/** All of it: nothing is open, failed or left to a job. */
function isDone({ last: { end }, isDeclined }: Exchanged): boolean {
  const state = end.outcomes.at(-1)?.job?.state
  return end.outcome === "done" && !end.error && !isDeclined && state !== "waiting" && state !== "running"
}

/** What has become of the work that an interrupted turn had begun, once it obeyed; a line each. */
async function stoppedJobs({ services, owner }: OpenHost, ids: readonly string[]): Promise<string[]> {
  const { jobs } = services
  await Promise.all(ids.map((id) => stopJob(jobs, { accountId: owner.accountId, id })))
  return ids.flatMap((id) => {
    const view = jobs.get(owner.accountId, id)
    if (!view) return []
    const is = view.state === "waiting" || view.state === "running" ? "goes on" : view.state
    return [`${view.title} (${id}): ${is}.`]
  })
}
