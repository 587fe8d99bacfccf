import { createInterface, type Interface } from "node:readline"
import { buttonFor, printButtons } from "#bots/terminal/buttons.ts"
import type { Io } from "#bots/terminal/host.ts"
import type { Screen } from "#bots/terminal/screen.ts"
import type { Conversations, Incoming, Listening, Message, Thread, TurnEnd } from "#src/conversation/conversation.ts"
import { answerTo } from "#src/conversation/rules/answers.ts"

/** Questions that one command settles before it gives up. */
const MAX_ROUNDS = 8

export interface Turn {
  message: Message
  end: TurnEnd
  /** Its words stand on stdout already. */
  isSaid: boolean
}

/** What happens after a turn: `--yes` settles its question, the person is asked, or that was all. */
export type Step =
  | { kind: "agreed"; button: string; label: string }
  /** `isWithheld`: `--yes` was given, and does not stand for this. */
  | { kind: "asked" | "over"; isWithheld?: boolean }

export interface Exchange {
  conversations: Conversations
  thread: Thread
  io: Io
  screen: Screen
  /** `--yes` was given. */
  isAgreed: boolean
  /** Somebody sits at the terminal. */
  isAttended: boolean
  /** Shows a turn, before anything more is done. */
  tell(turn: Turn, step: Step): Promise<void>
}

export interface Exchanged {
  turns: Turn[]
  last: Turn
  /** The person chose none of the answers that do something. */
  isDeclined: boolean
}

/** Sends a message, and settles what the answer asks as far as anybody can. */
export async function exchange(incoming: Incoming, parts: Exchange): Promise<Exchanged> {
  const { conversations, thread, io } = parts
  const answers = createAnswers(io)
  try {
    let last = await take(parts, (listening) => conversations.send(thread.id, incoming, listening))
    const turns = [last]
    for (;;) {
      const step = nextStep(turns, parts)
      await parts.tell(last, step)
      if (step.kind === "over") return { turns, last, isDeclined: false }
      const button = step.kind === "agreed" ? step.button : await choose(last, io, answers)
      if (button === undefined) return { turns, last, isDeclined: false }
      const isDeclined = !last.end.question?.choices.some((choice) => choice.button === button)
      last = await take(parts, (listening) => conversations.press(thread.id, button, incoming.caller, listening))
      turns.push(last)
      if (isDeclined) {
        await parts.tell(last, { kind: "over" })
        return { turns, last, isDeclined }
      }
    }
  } finally {
    answers.close()
  }
}

async function take({ screen }: Exchange, begin: (listening: Listening) => Promise<Message>): Promise<Turn> {
  const heard: { end?: TurnEnd } = {}
  try {
    screen.sent()
    const message = await begin({ onEnd: (end) => (heard.end = end) })
    const isSaid = await screen.settled()
    if (!heard.end) throw new Error("a turn ended without saying how")
    return { message, end: heard.end, isSaid }
  } catch (error) {
    screen.endLine()
    throw error
  }
}

function nextStep(turns: readonly Turn[], { isAgreed, isAttended, io }: Exchange): Step {
  const { end } = turns.at(-1) ?? {}
  const choices = end?.question?.choices ?? []
  if (end?.outcome !== "asked" || choices.length === 0 || turns.length > MAX_ROUNDS || io.signal.aborted)
    return { kind: "over" }
  const yes = isAgreed ? yesOf(turns) : undefined
  return yes ?? { kind: isAttended ? "asked" : "over", isWithheld: isAgreed && !isOwnReading(turns) }
}

/**
 * What `--yes` agrees to. It was given before any call was known, so it stands for what command mode read out of the person's
 * own words, and for nothing that a language model had a part in, whatever that is: those are questions to the person.
 */
function yesOf(turns: readonly Turn[]): Step | undefined {
  const [choice, ...more] = turns.at(-1)?.end.question?.choices ?? []
  if (!isOwnReading(turns) || !choice?.button || more.length > 0 || !("yes" in choice.does)) return undefined
  return { kind: "agreed", button: choice.button, label: choice.label }
}

const isOwnReading = (turns: readonly Turn[]): boolean =>
  turns[0]?.end.readBy === "commands" && turns.every(({ end }) => end.readBy !== "model")

// ── At a terminal ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Asks until one of the buttons is named; undefined when the question is left open. */
async function choose({ message, end }: Turn, io: Io, answers: Answers): Promise<string | undefined> {
  const count = printButtons(message.doc, (line) => void io.stderr.write(`${line}\n`))
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const line = (await answers.next(`${count === 1 ? "1" : `1–${count}`}, empty = leave it open: `)).trim()
    if (line === "") return undefined
    const button = buttonFor(line, message.doc) ?? buttonOf(line, end)
    if (button !== undefined) return button
    io.stderr.write("That is none of them.\n")
  }
  return undefined
}

/** "the second one", "yes please". */
function buttonOf(line: string, { question }: TurnEnd): string | undefined {
  const choice = question && answerTo(question, line)
  return question?.choices.find((it) => it === choice)?.button
}

interface Answers {
  /** Empty when there are no more. */
  next(prompt: string): Promise<string>
  close(): void
}

/** Lines of stdin, which is left alone until somebody is asked. */
function createAnswers({ stdin, stderr, signal }: Io): Answers {
  let reader: Interface | undefined
  let lines: AsyncIterator<string, unknown> | undefined
  const close = () => reader?.close()
  return {
    next: async (prompt) => {
      if (signal.aborted) return ""
      if (!reader) {
        reader = createInterface({ input: stdin, terminal: false })
        signal.addEventListener("abort", close, { once: true })
      }
      lines ??= reader[Symbol.asyncIterator]()
      stderr.write(prompt)
      const line = await lines.next()
      return line.done ? "" : line.value
    },
    close: () => {
      signal.removeEventListener("abort", close)
      close()
    },
  }
}
