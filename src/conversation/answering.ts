import { answerOf } from "#src/conversation/answer.ts"
import type { Buttons } from "#src/conversation/buttons.ts"
import type { Outcome } from "#src/conversation/carry-out.ts"
import type { Incoming, Message, TurnEnd } from "#src/conversation/conversation.ts"
import { converse, type Came } from "#src/conversation/converse.ts"
import type { Press } from "#src/conversation/document.ts"
import { noteOutcome } from "#src/conversation/focus.ts"
import { createInstructions } from "#src/conversation/instructions.ts"
import type { Limits } from "#src/conversation/limits.ts"
import type { Live } from "#src/conversation/live.ts"
import type { Messages, PastCall } from "#src/conversation/messages.ts"
import type { ConversationParts } from "#src/conversation/parts.ts"
import { byCommand } from "#src/conversation/provenance.ts"
import { deleted } from "#src/conversation/queue.ts"
import type { Memory, Threads } from "#src/conversation/threads.ts"
import { carryOne, type Hands } from "#src/conversation/toolset.ts"
import type { Turns } from "#src/conversation/turns.ts"
import { calmProgress, createWriter, type Writer } from "#src/conversation/writer.ts"
import { explain, UserError } from "#src/errors.ts"
import type { Caller, Studio } from "#src/studio.ts"
import type { Registry } from "#tools/registry.ts"

/** Messages that a model may be told of at most. */
const HISTORY = 80
const MAX_PAST_SAY = 600

/** One turn that has begun. */
export interface Turn {
  id: string
  threadId: string
  caller: Caller
  signal: AbortSignal
  incomings: readonly Incoming[]
  /** Instead of reading the text: what a pressed button does. */
  press?: Exclude<Press, { kind: "say" }>
  /** Jobs that were accepted so far, and those of them that went with a stop. */
  jobs: Set<string>
  cancelled: Set<string>
  onEnd(end: TurnEnd): void
}

export interface Store {
  threads: Threads
  messages: Messages
  buttons: Buttons
  turns: Turns
}

type Parts = ConversationParts & { store: Store; live: Live; limitsNow: Limits }

/** Answers a turn: by a model or in command mode through one loop, or by carrying out what a button holds. */
export function createAnswering(parts: Parts): (turn: Turn) => Promise<Message> {
  const instructions = createInstructions()
  return async (turn) => {
    const { live, store, limitsNow: limits } = parts
    const { threadId, id: turnId } = turn
    live.tell(threadId, { kind: "turn-started", turnId })
    const memory = store.threads.memory(threadId)
    const writer = createWriter(turnId, (event) => live.tell(threadId, event))
    const outcomes: Outcome[] = []
    let hands: Hands | undefined
    let came: Came
    try {
      const registry = await parts.registry()
      hands = handsFor(parts, turn, { registry, memory, writer, outcomes })
      const past = () => store.messages.before(threadId, turnId, HISTORY)
      came = turn.press
        ? await pressed(turn.press, hands, writer)
        : await converse({ parts, limits, instructions, incomings: turn.incomings, past, memory, hands, writer })
    } catch (error) {
      came = broken(error, turn, parts)
    }
    if (came.outcome === "stopped") came = { ...came, notes: [stoppedNote(turn), ...came.notes] }
    return finish(parts, turn, { came, memory, writer, outcomes, registry: hands?.registry })
  }
}

interface Work {
  registry: Registry
  memory: Memory
  writer: Writer
  /** What came of the calls so far; also when the turn itself breaks. */
  outcomes: Outcome[]
}

/** What calls of this turn are carried out with: the caller's own studio, which notes what happens. */
function handsFor(parts: Parts, turn: Turn, { registry, memory, writer, outcomes }: Work): Hands {
  const { live, store, limitsNow: limits, items } = parts
  const { id: turnId, threadId, caller, signal } = turn
  let jobId: string | undefined
  const studio: Studio = parts.studioFor({
    caller,
    signal,
    progress: calmProgress((progress) =>
      live.tell(threadId, { kind: "progress", turnId, progress, ...(jobId === undefined ? {} : { jobId }) }),
    ),
  })
  return {
    registry,
    studio,
    tools: registry.visible(caller.role).filter((tool) => parts.offers?.(tool, caller) ?? true),
    allowance: { seconds: limits.jobSeconds },
    patienceMs: limits.patienceMs,
    turnId,
    tell: (event) => live.tell(threadId, event),
    flush: writer.flush,
    onJob: (id) => {
      jobId = id
      turn.jobs.add(id)
      store.turns.promise({ threadId, jobId: id, turn: turnId, accountId: caller.accountId })
    },
    onOutcome: (outcome) => {
      outcomes.push(outcome)
      const focus = noteOutcome(memory, outcome, caller.accountId, items)
      if (focus) live.tell(threadId, { kind: "focus", ...focus })
    },
  }
}

/** What a button holds is the person's own wish: no model reads it again. */
async function pressed(press: Exclude<Press, { kind: "say" }>, hands: Hands, writer: Writer): Promise<Came> {
  const say = (text: string) => {
    writer.write(text)
    writer.flush()
  }
  const none = { outcomes: [], notes: [], provenance: byCommand, readBy: "nothing", unused: [] } as const
  if (press.kind === "decline") {
    say("Nothing was done.")
    return { ...none, outcome: "done" }
  }
  const { call } = press
  const tool = hands.tools.find((it) => it.name === call.tool)
  if (!tool) throw new UserError(`"${call.tool}" is not open to you here.`, "Say what you want instead.", "forbidden")
  const came = await carryOne(tool, call, crypto.randomUUID(), hands, { isAgreed: press.kind === "confirm" })
  if (!("outcome" in came)) {
    say(came.question.text)
    return { ...none, outcome: "asked", question: came.question }
  }
  say(came.say)
  const outcome = hands.studio.signal.aborted ? "stopped" : came.outcome
  return { ...none, outcomes: [came], outcome, ...(came.question ? { question: came.question } : {}) }
}

function broken(error: unknown, { id, signal }: Turn, { log }: Parts): Came {
  const none = { outcomes: [], provenance: byCommand, readBy: "nothing", unused: [] } as const
  if (signal.aborted) return { ...none, notes: [], outcome: "stopped" }
  const explained = explain(error, id)
  const { code, problem, hint } = explained
  if (code === "internal") log.error({ err: error, turn: id }, "a turn broke")
  const text = `${problem} ${hint}`.trim()
  return { ...none, notes: [{ kind: "note", tone: "error", text }], outcome: "failed", error: explained }
}

function stoppedNote({ jobs, cancelled, signal }: Turn): Came["notes"][number] {
  const isClosing = signal.reason instanceof Error && signal.reason.message === CLOSING
  const what = [
    isClosing ? "The studio was stopped while it answered." : "Stopped.",
    ...(cancelled.size > 0 ? ["The work that it had begun was cancelled."] : []),
    ...(jobs.size > cancelled.size ? ["What was accepted goes on, and is told here when it is done."] : []),
  ]
  return { kind: "note", tone: isClosing ? "warning" : "info", text: what.join(" ") }
}

/** Why a turn is aborted when the process ends. */
export const CLOSING = "the studio closes"

/** Writes the answer down, with its buttons and what the thread now knows: all of it or nothing. */
function finish(
  { db, store, live, jobs }: Parts,
  turn: Turn,
  { came, memory, writer, outcomes, registry }: Omit<Work, "registry"> & { came: Came; registry: Registry | undefined },
): Message {
  const { threadId, id: turnId, caller } = turn
  const { accountId } = caller
  let buttons: readonly string[] = []
  const message = db.tx(() => {
    if (!store.threads.exists(threadId)) return undefined
    const { doc, choices } = answerOf(
      { ...came, text: writer.text },
      {
        addButton: (label, press, question) =>
          store.buttons.add({ threadId, accountId, label, press, ...(question === undefined ? {} : { question }) }),
        isDestroying: (tool) => registry?.get(tool)?.effect === "destroys",
      },
    )
    buttons = choices
    delete memory.asked
    if (came.question && choices.length > 0) memory.asked = { accountId, question: came.question, buttons: choices }
    store.threads.remember(threadId, memory)
    settlePromises()
    store.turns.end(turnId)
    return store.messages.add(threadId, {
      role: "assistant",
      authorId: null,
      doc,
      turn: turnId,
      calls: outcomes.flatMap(pastCall),
    })
  })
  if (!message) throw deleted()
  live.tell(threadId, { kind: "turn-ended", turnId, message, provenance: came.provenance, outcome: came.outcome })
  turn.onEnd(endOf(turn, came, outcomes, buttons))
  return message

  /** Whoever waited has heard how its jobs ended; of a turn that was stopped, only what it still told. */
  function settlePromises(): void {
    const told = new Set(came.outcomes.map((it) => it.job?.id))
    for (const promise of store.turns.promised(turnId)) {
      const state = jobs.get(accountId, promise.jobId)?.state
      const isOver = state === undefined || state === "cancelled"
      const isTold =
        state !== "waiting" && state !== "running" && (came.outcome !== "stopped" || told.has(promise.jobId))
      if (isOver || isTold) store.turns.settle(promise)
    }
  }
}

const pastCall = ({ call, outcome, say }: Outcome): PastCall[] =>
  call ? [{ ...call, ok: outcome === "done", say: say.slice(0, MAX_PAST_SAY).toWellFormed() }] : []

function endOf(
  { jobs }: Turn,
  { outcome, provenance, readBy, unused, question, error }: Came,
  outcomes: readonly Outcome[],
  buttons: readonly string[],
): TurnEnd {
  const why = error ?? outcomes.at(-1)?.error
  const choices = question?.choices.map((choice, index) => {
    const button = buttons[index]
    return button === undefined ? choice : { ...choice, button }
  })
  return {
    outcome,
    provenance,
    readBy,
    outcomes: [...outcomes],
    unused: [...unused],
    jobs: [...jobs],
    ...(question && choices ? { question: { ...question, choices } } : {}),
    ...(why ? { error: why } : {}),
  }
}
