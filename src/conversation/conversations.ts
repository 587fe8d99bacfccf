import { createAnswering } from "#src/conversation/answering.ts"
import type { Conversations, Incoming, Message, Thread } from "#src/conversation/conversation.ts"
import type { Press } from "#src/conversation/document.ts"
import { createLive } from "#src/conversation/live.ts"
import { resumeOrphans } from "#src/conversation/orphans.ts"
import type { ConversationParts } from "#src/conversation/parts.ts"
import { createTranscript } from "#src/conversation/transcript.ts"
import { UserError } from "#src/errors.ts"
import type { Caller } from "#src/studio.ts"

export const MAX_TEXT = 20_000
const MAX_WAITING = 50
const MAX_THREADS_LISTED = 200
const MAX_MESSAGES_READ = 500
const ALL = 100_000

interface Waiting {
  incoming: Incoming
  /** Pressed for this. */
  button?: string
  /** Of the message in the transcript. */
  number: number
  /** Instead of reading the text: what a pressed button does. */
  press?: Exclude<Press, { kind: "say" }>
  resolve(message: Message): void
  reject(error: unknown): void
}

interface Busy {
  waiting: Waiting[]
  isRunning: boolean
  stop?: AbortController
  caller?: Caller
  jobIds: Set<string>
  /** Buttons whose press waits or is carried out. */
  pressed: Set<string>
}

/** The part that every chat surface shares: threads, turns, buttons. Nothing here knows a surface. */
export function createConversations(parts: ConversationParts): Conversations {
  const transcript = createTranscript(parts.db, parts.clock, parts.keepDays)
  const live = createLive()
  const answering = createAnswering({ ...parts, transcript, live })
  const busy = new Map<string, Busy>()
  const closing = new AbortController()
  resumeOrphans({ ...parts, transcript, live, signal: closing.signal })

  const busyOf = (threadId: string): Busy => {
    let found = busy.get(threadId)
    if (!found) busy.set(threadId, (found = { waiting: [], isRunning: false, jobIds: new Set(), pressed: new Set() }))
    return found
  }

  const take = (
    threadId: string,
    incoming: Incoming,
    { press, button }: Pick<Waiting, "press" | "button"> = {},
  ): Promise<Message> => {
    if (closing.signal.aborted) throw closed()
    const { waiting, pressed } = busyOf(threadId)
    if (waiting.length >= MAX_WAITING)
      throw new UserError(
        `${waiting.length} messages wait for an answer already.`,
        "Wait for it, or stop it.",
        "conflict",
      )
    const message = transcript.add(threadId, {
      role: "user",
      authorId: incoming.caller.accountId,
      doc: [{ kind: "text", text: incoming.text }],
      ...(incoming.messageId === undefined ? {} : { messageId: incoming.messageId }),
    })
    if (!message)
      return Promise.reject(new UserError("This message is here already.", "It is answered once.", "conflict"))
    live.tell(threadId, { kind: "message", message })
    const { promise, resolve, reject } = Promise.withResolvers<Message>()
    waiting.push({
      incoming,
      number: message.number,
      resolve,
      reject,
      ...(press && { press }),
      ...(button !== undefined && { button }),
    })
    if (button !== undefined) pressed.add(button)
    void pump(threadId)
    return promise
  }

  /** One turn after the other; what one person said meanwhile is answered together. */
  const pump = async (threadId: string): Promise<void> => {
    const state = busyOf(threadId)
    if (state.isRunning) return
    state.isRunning = true
    while (state.waiting.length > 0 && !closing.signal.aborted) {
      const batch = takeBatch(state.waiting)
      const caller = batch[0]?.incoming.caller
      if (!caller) break
      state.stop = new AbortController()
      state.caller = caller
      const signal = AbortSignal.any([state.stop.signal, closing.signal])
      const turn = { threadId, caller, signal, onJob: (id: string) => state.jobIds.add(id) }
      try {
        const press = batch[0]?.press
        const incomings = batch.map((it) => it.incoming)
        const message = await (press
          ? answering.press(turn, press)
          : answering.turn(turn, incomings, batch[0]?.number ?? 0))
        for (const { resolve } of batch) resolve(message)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
      state.jobIds.clear()
      for (const { button } of batch) if (button !== undefined) state.pressed.delete(button)
    }
    state.isRunning = false
    refuse(state.waiting, closed())
    busy.delete(threadId)
  }

  const mustGet = (threadId: string, { accountId }: Caller): Thread => {
    const thread = transcript.get(accountId, threadId)
    if (!thread) throw new UserError("There is no such thread.", "Begin a new one.", "not_found")
    return thread
  }

  return {
    open: (key, caller) => transcript.open(key, caller, parts.items.currentProject(caller.accountId).id),
    get: (accountId, threadId) => transcript.get(accountId, threadId),
    list: (accountId, limit = 50) => transcript.list(accountId, Math.min(limit, MAX_THREADS_LISTED)),
    transcript: (accountId, threadId, { after = 0, limit = MAX_MESSAGES_READ } = {}) =>
      transcript.get(accountId, threadId)
        ? transcript.messages(threadId, { after, limit: Math.min(limit, MAX_MESSAGES_READ) })
        : [],
    send: async (threadId, incoming) => {
      mustGet(threadId, incoming.caller)
      const text = incoming.text.trim()
      if (text.length > MAX_TEXT)
        throw new UserError(
          `The message has ${text.length} characters.`,
          `At most ${MAX_TEXT} can be read at once. Send the rest as a file.`,
          "too_large",
        )
      if (!text && !incoming.files?.length) throw new UserError("The message is empty.", "Say what you want to make.")
      return take(threadId, { ...incoming, text })
    },
    press: async (threadId, buttonId, caller) => {
      mustGet(threadId, caller)
      // A double click is one press.
      if (busy.get(threadId)?.pressed.has(buttonId))
        throw new UserError("This button was pressed already.", "Wait for its answer.", "conflict")
      const { label, press } = transcript.takeButton(threadId, buttonId, caller.accountId)
      if (press.kind === "say") return take(threadId, { caller, text: press.text }, { button: buttonId })
      return take(threadId, { caller, text: label }, { press, button: buttonId })
    },
    stop: (threadId, caller, { jobs = false } = {}) => {
      mustGet(threadId, caller)
      const state = busy.get(threadId)
      if (!state?.isRunning || state.caller?.accountId !== caller.accountId) return
      if (jobs) for (const id of state.jobIds) cancelQuietly(parts, caller.accountId, id)
      state.stop?.abort(new DOMException("stopped", "AbortError"))
    },
    events: live.events,
    exportData: transcript.exportData,
    deleteData: (accountId) => {
      for (const [threadId, { caller, waiting, stop }] of busy) {
        if (!transcript.get(accountId, threadId)) continue
        refuse(waiting, new UserError("This conversation was deleted.", "Begin a new one.", "not_found"))
        if (caller?.accountId === accountId) stop?.abort(new DOMException("deleted", "AbortError"))
      }
      for (const { id } of transcript.list(accountId, ALL)) live.forget(id)
      return transcript.deleteData(accountId)
    },
    purge: transcript.purge,
    close: async () => {
      closing.abort(new DOMException("the studio closes", "AbortError"))
      await Promise.allSettled([...busy.values()].flatMap((state) => (state.isRunning ? [settled(state)] : [])))
    },
  }
}

const closed = () => new UserError("The studio closes.", "Say it again when it is open.", "cancelled")

function refuse(waiting: Waiting[], error: UserError): void {
  for (const { reject } of waiting.splice(0)) reject(error)
}

/** A pressed button stands alone; sentences of the same person go together. */
function takeBatch(waiting: Waiting[]): Waiting[] {
  const [first] = waiting
  if (!first || first.press) return waiting.splice(0, 1)
  const end = waiting.findIndex(
    (it) => it.press !== undefined || it.incoming.caller.accountId !== first.incoming.caller.accountId,
  )
  return waiting.splice(0, end < 0 ? waiting.length : end)
}

function cancelQuietly({ jobs, log }: ConversationParts, accountId: string, id: string): void {
  try {
    jobs.cancel(accountId, id)
  } catch (error) {
    log.debug({ err: error, job: id }, "a job of a stopped turn had ended already")
  }
}

async function settled(state: Busy): Promise<void> {
  while (state.isRunning) await new Promise((resolve) => setTimeout(resolve, 10))
}
