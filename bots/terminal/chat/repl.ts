import { randomUUID } from "node:crypto"
import { createInterface, type Interface } from "node:readline"
import { nearest } from "#bots/terminal/arguments.ts"
import { buttonFor, printButtons } from "#bots/terminal/buttons.ts"
import { LOOP_COMMANDS, runSlash } from "#bots/terminal/chat/slash.ts"
import type { Io, OpenHost } from "#bots/terminal/host.ts"
import type { Printer } from "#bots/terminal/printer.ts"
import { printDoc } from "#bots/terminal/render.ts"
import { watchThread } from "#bots/terminal/screen.ts"
import { threadKey } from "#bots/terminal/thread.ts"
import type { Conversations, Message } from "#src/conversation/conversation.ts"
import type { Doc } from "#src/conversation/document.ts"
import { explain } from "#src/errors.ts"

const PROMPT = "› "
const WORDS = ["files", "jobs", "quota", "history", "help", ...Object.keys(LOOP_COMMANDS)]

export interface Repl {
  open: OpenHost
  io: Io
  print: Printer
  /** Name of the thread to go on with. */
  thread: string
  /** One JSON object a line instead of words: every event of the thread. */
  json: boolean
}

/** Talks until the input ends or somebody leaves: at a terminal with a prompt, in a pipe line by line. */
export async function talk(repl: Repl): Promise<void> {
  const { io, print, open } = repl
  const conversations = await open.conversations()
  const isTerminal = io.isTTY.stdin && io.isTTY.stdout
  const lines = createInterface({ input: io.stdin, ...(isTerminal ? { output: io.stdout, prompt: PROMPT } : {}) })
  const session = startSession(repl, conversations)
  const interrupt = () => (session.isBusy() ? session.stop() : lines.close())
  lines.on("SIGINT", interrupt)
  io.signal.addEventListener("abort", () => lines.close(), { once: true })
  if (isTerminal) print.line('Say what you want to make. "/help" lists the rest, Ctrl-D leaves.')
  await readLines(lines, isTerminal, session.answer)
  await session.close()
}

/** Gives each line to `answer`, one after the other; ends when `answer` says so or the input does. */
async function readLines(
  lines: Interface,
  isTerminal: boolean,
  answer: (line: string) => Promise<boolean>,
): Promise<void> {
  if (isTerminal) lines.prompt()
  for await (const line of lines) {
    if (line.trim() && !(await answer(line.trim()))) break
    if (isTerminal) lines.prompt()
  }
  lines.close()
}

function startSession(repl: Repl, conversations: Conversations) {
  const { open, print, io } = repl
  const watch = () => watchThread(conversations, thread.id, { io, print, shows: repl.json ? "events" : "text" })
  let thread = conversations.open(threadKey(repl.thread), open.owner)
  let last: Doc = []
  let busy = false
  let screen = watch()

  const settle = async (turn: Promise<Message>): Promise<void> => {
    busy = true
    screen.sent()
    try {
      const message = await turn
      const isSaid = await screen.settled()
      last = message.doc
      if (!repl.json) {
        const doc = isSaid ? last.filter((block) => block.kind !== "text") : last
        await printDoc(doc, { services: open.services, io, print })
        printButtons(last, print.line)
      }
    } catch (error) {
      screen.endLine()
      const { problem, hint } = explain(error)
      print.error(problem, hint)
    }
    busy = false
  }
  const say = (text: string) =>
    settle(conversations.send(thread.id, { caller: open.owner, text, messageId: randomUUID() }))

  const answer = async (line: string): Promise<boolean> => {
    const slash = /^\/([a-z]+)$/.exec(line)?.[1]
    if (slash === undefined) {
      const button = buttonFor(line, last)
      await (button === undefined ? say(line) : settle(conversations.press(thread.id, button, open.owner)))
      return true
    }
    if (slash === "quit") return false
    if (slash === "undo") await say("undo that")
    else if (slash === "stop") conversations.stop(thread.id, open.owner)
    else if (slash === "new") {
      await screen.close()
      thread = conversations.open(threadKey(randomUUID()), open.owner)
      screen = watch()
      last = []
      print.line("A new thread.")
    } else if (!(await runSlash(slash, { open, thread, print }))) {
      const closest = nearest(slash, WORDS)
      print.error(`There is no "/${slash}".`, closest ? `Did you mean "/${closest}"?` : '"/help" lists what there is.')
    }
    return true
  }
  return {
    answer,
    isBusy: () => busy,
    stop: () => conversations.stop(thread.id, open.owner),
    close: () => screen.close(),
  }
}
