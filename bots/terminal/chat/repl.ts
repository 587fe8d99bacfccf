import { randomUUID } from "node:crypto"
import { createInterface, type Interface } from "node:readline"
import { buttonsOf, printDoc } from "#bots/terminal/chat/render.ts"
import { runSlash } from "#bots/terminal/chat/slash.ts"
import { nearest } from "#bots/terminal/arguments.ts"
import type { Io, OpenHost } from "#bots/terminal/host.ts"
import { harmless, type Printer } from "#bots/terminal/printer.ts"
import { createProgress } from "#bots/terminal/progress.ts"
import { LOOP_COMMANDS } from "#bots/terminal/chat/slash.ts"
import type { Conversations, Message, Thread, ThreadEvent } from "#src/conversation/conversation.ts"
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
  let thread = conversations.open(keyOf(repl.thread), open.owner)
  let last: Doc = []
  let busy = false
  let screen = watch(repl, conversations, thread)

  const settle = async (turn: Promise<Message>): Promise<void> => {
    busy = true
    try {
      const message = await turn
      const streamed = screen.endLine()
      if (!repl.json) await printDoc(message.doc, { services: open.services, io, print }, streamed)
      last = message.doc
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
      const button = pressed(line, last)
      await (button === undefined ? say(line) : settle(conversations.press(thread.id, button, open.owner)))
      return true
    }
    if (slash === "quit") return false
    if (slash === "undo") await say("undo that")
    else if (slash === "stop") conversations.stop(thread.id, open.owner)
    else if (slash === "new") {
      await screen.close()
      thread = conversations.open(keyOf(randomUUID()), open.owner)
      screen = watch(repl, conversations, thread)
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

const keyOf = (thread: string) => ({ surface: "cli", tenantId: "local", thread }) as const

/** A number names a button of the last answer; "yes" the one that agrees, "no" the one that does not. */
function pressed(line: string, last: Doc): string | undefined {
  const buttons = buttonsOf(last)
  const text = line.toLowerCase()
  if (/^\d{1,2}$/.test(text)) return buttons[Number(text) - 1]?.id
  const agrees = buttons.filter((button) => button.tone !== "plain")
  if (/^(y|yes)$/.test(text) && agrees.length === 1) return agrees[0]?.id
  return buttons.find((button) => button.label.toLowerCase() === text)?.id
}

/** Shows what happens in the thread while an answer is written: its text as it comes, and progress on stderr. */
function watch({ json, io, print }: Repl, conversations: Conversations, thread: Thread) {
  const ending = new AbortController()
  const progress = createProgress(io)
  let written = ""
  const show = (event: ThreadEvent): void => {
    if (json) return print.raw(`${JSON.stringify(event)}\n`)
    if (event.kind === "delta") {
      progress.clear()
      written += event.text
      print.raw(harmless(event.text))
    } else if (event.kind === "progress") progress.show(event.progress)
    else if (event.kind === "tool-started") progress.show({ text: event.title })
  }
  const following = (async () => {
    for await (const event of conversations.events(thread.id, { signal: ending.signal })) show(event)
  })()
  return {
    /** Ends what was streamed; true when there was any. */
    endLine: (): boolean => {
      progress.clear()
      const any = written.length > 0
      if (any && !written.endsWith("\n")) print.raw("\n")
      written = ""
      return any
    },
    close: async (): Promise<void> => {
      ending.abort()
      await following.catch(() => {})
    },
  }
}
