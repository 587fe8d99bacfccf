import type { OpenHost } from "#bots/terminal/host.ts"
import { harmless, type Printer } from "#bots/terminal/printer.ts"
import { sizeInWords } from "#bots/terminal/reply.ts"
import { plainText } from "#src/conversation/document.ts"
import type { Thread } from "#src/conversation/conversation.ts"
import { inWords } from "#src/job.ts"

export interface SlashParts {
  open: OpenHost
  thread: Thread
  print: Printer
}

interface Slash {
  says: string
  run(parts: SlashParts): Promise<void> | void
}

const RECENT = 12
const HISTORY = 40

/** What can be typed beside sentences. Those that the loop itself handles have no `run` here. */
const COMMANDS: Record<string, Slash> = {
  files: { says: "the files made last, with their links", run: printFiles },
  jobs: { says: "the newest jobs and how far they are", run: printJobs },
  quota: { says: "what you may use and have used", run: printQuota },
  history: { says: "what was said in this thread", run: printHistory },
}

/** Handled by the loop. */
export const LOOP_COMMANDS: Record<string, string> = {
  undo: "take the last change back",
  new: "begin a new thread",
  stop: "end the answer that is being written",
  quit: "leave (Ctrl-D does the same)",
}

/** Runs "/name"; false when there is no such command. */
export async function runSlash(name: string, parts: SlashParts): Promise<boolean> {
  if (name === "help") {
    for (const [word, says] of helpLines()) parts.print.line(`  /${word.padEnd(8)} ${says}`)
    parts.print.line("A number presses the button of the last answer. Everything else is said to the studio.")
    return true
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  await command?.run(parts)
  return command !== undefined
}

function helpLines(): [string, string][] {
  const own = Object.entries(COMMANDS).map(([word, { says }]): [string, string] => [word, says])
  return [...own, ...Object.entries(LOOP_COMMANDS), ["help", "this list"]]
}

function printFiles({ open, print }: SlashParts): void {
  const { services, owner } = open
  const jobs = services.jobs.list(owner.accountId, { states: ["done"], limit: RECENT })
  const refs = jobs.flatMap((job) => services.jobs.reply(job)?.artifacts ?? []).slice(0, 3 * RECENT)
  if (refs.length === 0) print.line("No files yet.")
  for (const ref of refs) {
    const url = ref.use === "model" ? services.artifacts.pageUrl(ref) : services.artifacts.fileUrl(ref)
    print.line(`${harmless(ref.name)}  ${sizeInWords(ref.bytes)}  ${print.link(url)}`)
  }
}

function printJobs({ open, print }: SlashParts): void {
  const jobs = open.services.jobs.list(open.owner.accountId, { limit: RECENT })
  if (jobs.length === 0) print.line("No jobs yet.")
  for (const job of jobs) print.line(`${job.id}  ${harmless(job.title)}: ${harmless(inWords(job))}`)
}

function printQuota({ open, print }: SlashParts): void {
  for (const line of open.services.quota.show(open.owner.accountId)) {
    const limit = line.limit === null ? "no limit" : `of ${line.limit}`
    print.line(
      `${line.unit} per ${line.window}: ${line.used} used, ${line.held} held, ${limit} (${harmless(line.source)})`,
    )
  }
}

async function printHistory({ open, thread, print }: SlashParts): Promise<void> {
  const conversations = await open.conversations()
  for (const message of conversations.transcript(open.owner.accountId, thread.id, { limit: HISTORY }))
    print.line(`${message.role === "user" ? "you" : "studio"}: ${harmless(plainText(message.doc))}`)
}
