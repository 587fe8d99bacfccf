import { setTimeout as sleep } from "node:timers/promises"
import type { Store, Turn } from "#src/conversation/answering.ts"
import type { Incoming, Message } from "#src/conversation/conversation.ts"
import type { Press } from "#src/conversation/document.ts"
import type { Limits } from "#src/conversation/limits.ts"
import { newId } from "#src/conversation/threads.ts"
import { UserError } from "#src/errors.ts"

/** Another process may answer in the same thread; it is asked about this often. */
const LOOK_AGAIN_MS = 200

export interface Entry {
  incoming: Incoming
  /** Number of the message. */
  number: number
  press?: Exclude<Press, { kind: "say" }>
  onEnd: Turn["onEnd"]
}

interface Waiting extends Entry {
  answer: PromiseWithResolvers<Message>
}

interface Line {
  waiting: Waiting[]
  running?: { turn: Turn; batch: Waiting[]; stop: AbortController }
}

/** Who waits for an answer in which thread: one turn at a time, and what one person said meanwhile is answered together. */
export interface Queue {
  /** Resolves with the answer. */
  add(threadId: string, entry: Entry): Promise<Message>
  /** The answer to a message that waits or is being answered. Throws UserError when it is neither. */
  answerOf(threadId: string, number: number): Promise<Message>
  refuseTooMany(threadId: string): void
  isBusy(threadId: string): boolean
  running(threadId: string): Turn | undefined
  stop(threadId: string, reason: string): void
  /** The thread was deleted: ends its turn, and whoever waits is told. */
  drop(threadId: string): void
  /** Ends all turns and waits until their answers are stored; who still waits is told to ask again. */
  close(reason: string): Promise<void>
}

export interface QueueParts {
  answer(turn: Turn): Promise<Message>
  store: Pick<Store, "turns" | "messages">
  limits: Limits
}

export function createQueue({ answer, store, limits }: QueueParts): Queue {
  const lines = new Map<string, Line>()
  const closing = new AbortController()
  const pumps = new Set<Promise<void>>()
  const renewing = setInterval(() => {
    const turns = [...lines.values()].flatMap((line) => (line.running ? [line.running.turn.id] : []))
    if (turns.length > 0) store.turns.renew(turns)
  }, limits.leaseMs / 4).unref()

  const pump = async (threadId: string, line: Line): Promise<void> => {
    while (line.waiting.length > 0) {
      if (closing.signal.aborted) for (const { answer } of line.waiting.splice(0)) answer.reject(closed())
      else await answerNext(threadId, line)
    }
    lines.delete(threadId)
  }

  const answerNext = async (threadId: string, line: Line): Promise<void> => {
    const batch = takeBatch(line.waiting)
    const last = batch.at(-1)
    if (!last) return
    const stop = new AbortController()
    const signal = AbortSignal.any([stop.signal, closing.signal])
    const turn: Turn = {
      id: newId("trn"),
      threadId,
      caller: last.incoming.caller,
      signal,
      incomings: batch.map((it) => it.incoming),
      jobs: new Set(),
      cancelled: new Set(),
      onEnd: (end) => {
        for (const { onEnd } of batch) onEnd(end)
      },
      ...(last.press ? { press: last.press } : {}),
    }
    line.running = { turn, batch, stop }
    const takeUp = () =>
      store.messages.takeUp(
        threadId,
        batch.map((it) => it.number),
        turn.id,
      )
    try {
      await begin(turn).catch((error: unknown) => {
        // Whoever gave up does not want it answered later.
        if (stop.signal.aborted) takeUp()
        throw error
      })
      takeUp()
      const message = await answer(turn)
      for (const { answer } of batch) answer.resolve(message)
    } catch (error) {
      store.turns.end(turn.id)
      for (const { answer } of batch) answer.reject(error)
    }
    delete line.running
  }

  const begin = async (turn: Turn): Promise<void> => {
    const until = performance.now() + limits.turnMs
    while (!store.turns.begin(turn.threadId, turn.id)) {
      if (performance.now() > until)
        throw new UserError("This thread is being answered elsewhere.", "Wait for that answer.", "conflict")
      await sleep(LOOK_AGAIN_MS, undefined, { signal: turn.signal }).catch(() => {
        throw closing.signal.aborted ? closed() : unanswered()
      })
    }
  }

  const stop = (threadId: string, reason: string) =>
    lines.get(threadId)?.running?.stop.abort(new DOMException(reason, "AbortError"))

  return {
    add: (threadId, entry) => {
      let line = lines.get(threadId)
      const isNew = line === undefined
      if (!line) lines.set(threadId, (line = { waiting: [] }))
      const waiting = { ...entry, answer: Promise.withResolvers<Message>() }
      line.waiting.push(waiting)
      if (isNew) {
        const pumping = pump(threadId, line).finally(() => pumps.delete(pumping))
        pumps.add(pumping)
      }
      return waiting.answer.promise
    },
    answerOf: (threadId, number) => {
      const line = lines.get(threadId)
      const found = [...(line?.running?.batch ?? []), ...(line?.waiting ?? [])].find((it) => it.number === number)
      if (!found) throw new UserError("This message was received, but not answered.", "Say it again.", "conflict")
      return found.answer.promise
    },
    refuseTooMany: (threadId) => {
      if (closing.signal.aborted) throw closed()
      const count = lines.get(threadId)?.waiting.length ?? 0
      if (count < limits.waiting) return
      throw new UserError(`${count} messages wait for an answer already.`, "Wait for it, or stop it.", "conflict")
    },
    isBusy: (threadId) => lines.has(threadId),
    running: (threadId) => lines.get(threadId)?.running?.turn,
    stop,
    drop: (threadId) => {
      for (const { answer } of lines.get(threadId)?.waiting.splice(0) ?? []) answer.reject(deleted())
      stop(threadId, "deleted")
    },
    close: async (reason) => {
      clearInterval(renewing)
      closing.abort(new DOMException(reason, "AbortError"))
      await Promise.allSettled(pumps)
    },
  }
}

export const deleted = () => new UserError("This conversation was deleted.", "Begin a new one.", "cancelled")

const unanswered = () => new UserError("Stopped before it was answered.", "Say it again if you want it.", "cancelled")

const closed = () => new UserError("The studio is being stopped.", "Say it again when it is back.", "cancelled")

/** A pressed button stands alone; sentences of the same person go together. */
function takeBatch(waiting: Waiting[]): Waiting[] {
  const [first] = waiting
  if (!first || first.press) return waiting.splice(0, 1)
  const { accountId } = first.incoming.caller
  const end = waiting.findIndex((it) => it.press !== undefined || it.incoming.caller.accountId !== accountId)
  return waiting.splice(0, end < 0 ? waiting.length : end)
}
