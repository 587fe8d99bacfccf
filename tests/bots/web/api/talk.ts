import { EventEmitter, on } from "node:events"
import type { Conversations, Message, Thread, ThreadEvent } from "#src/conversation/conversation.ts"
import type { Doc } from "#src/conversation/document.ts"
import { UserError } from "#src/errors.ts"
import type { Caller, Clock, Items } from "#src/studio.ts"

export interface Talk extends Conversations {
  /** Lets the turns that wait go on. */
  release(): void
  /** Adds an event to a thread, as a turn would. */
  say(threadId: string, doc: Doc): Message
}

type Bare = ThreadEvent extends infer E ? (E extends ThreadEvent ? Omit<E, "seq" | "threadId"> : never) : never

const provenance = { by: "echo", cached: false, cost: null, tokens: null }

/** A conversation in memory that answers everything with the same words: "slow …" only once released, "… break" never. */
export function echoTalk({ clock, items }: { clock: Clock; items: Items }): Talk {
  const threads = new Map<string, { thread: Thread; messages: Message[]; events: ThreadEvent[]; bus: EventEmitter }>()
  let gate = Promise.withResolvers<void>()
  const must = (id: string) => {
    const found = threads.get(id)
    if (!found) throw new Error(`no thread ${id}`)
    return found
  }
  const emit = (id: string, event: Bare) => {
    const { events, bus } = must(id)
    const whole: ThreadEvent = { ...event, seq: events.length + 1, threadId: id }
    events.push(whole)
    bus.emit("event", whole)
  }
  const add = (id: string, role: Message["role"], authorId: string | null, doc: Doc): Message => {
    const { messages } = must(id)
    const message = { threadId: id, number: messages.length + 1, role, authorId, doc, createdAt: clock.now() }
    messages.push(message)
    return message
  }
  const answer = async (id: string, caller: Caller, text: string): Promise<Message> => {
    emit(id, { kind: "message", message: add(id, "user", caller.accountId, [{ kind: "text", text }]) })
    emit(id, { kind: "turn-started", turnId: "t" })
    if (text.startsWith("slow")) await gate.promise
    if (text.endsWith("break")) throw new UserError("The echo broke.", "Say something else.", "backend")
    for (const word of text.split(" ")) emit(id, { kind: "delta", turnId: "t", text: word })
    const message = add(id, "assistant", null, [{ kind: "text", text }])
    emit(id, { kind: "turn-ended", turnId: "t", message, provenance, outcome: "done" })
    return message
  }
  const own = (accountId: string) => [...threads.values()].filter(({ thread }) => thread.accountId === accountId)
  return {
    release: () => {
      gate.resolve()
      gate = Promise.withResolvers()
    },
    say: (id, doc) => {
      const message = add(id, "assistant", null, doc)
      emit(id, { kind: "message", message })
      return message
    },
    open: (key, { accountId }) => {
      const id = `cnv_${key.thread}`
      const now = clock.now()
      const projectId = items.currentProject(accountId).id
      const thread = { id, accountId, projectId, title: "Talk", createdAt: now, updatedAt: now }
      if (!threads.has(id)) threads.set(id, { thread, messages: [], events: [], bus: new EventEmitter() })
      return must(id).thread
    },
    get: (accountId, id) => own(accountId).find(({ thread }) => thread.id === id)?.thread,
    list: (accountId) => own(accountId).map(({ thread }) => thread),
    transcript: (_accountId, id, { after = 0 } = {}) => must(id).messages.filter(({ number }) => number > after),
    send: async (id, { caller, text }) => {
      if (text === "") throw new UserError("The message is empty.", "Say something.")
      return answer(id, caller, text)
    },
    press: async (id, button, caller) => {
      if (button !== "ok") throw new UserError("There is no such button.", "Ask again.", "not_found")
      return answer(id, caller, "pressed")
    },
    stop: (id) => emit(id, { kind: "turn-started", turnId: "stopped" }),
    async *events(id, { after, signal }) {
      const { events, bus } = must(id)
      const live = on(bus, "event", { signal })
      let last = after ?? events.length
      try {
        for (const event of events.slice(last)) {
          last = event.seq
          yield event
        }
        for await (const [event] of live as AsyncIterable<[ThreadEvent]>) if (event.seq > last) yield event
      } catch (error) {
        if (!signal.aborted) throw error
      }
    },
    exportData: (accountId) => own(accountId).map(({ messages }) => messages),
    deleteData: (accountId) => own(accountId).filter(({ thread }) => threads.delete(thread.id)).length,
    purge: () => 0,
    close: async () => {},
  }
}
