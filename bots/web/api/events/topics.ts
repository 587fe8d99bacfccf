import type { Logger } from "pino"
import { createTopic, type Topic } from "#bots/web/api/events/topic.ts"
import type { StudioEvent } from "#bots/web/api/types.ts"
import type { Conversations, ThreadEvent } from "#src/conversation/conversation.ts"
import type { Change, ChangeFeed } from "#src/platform/changes.ts"

export interface TopicParts {
  conversations: Pick<Conversations, "events">
  changes: Pick<ChangeFeed, "listen" | "nudge">
  log: Logger
  /** What pages are told about a change: none, one or several events. */
  eventsOf(accountId: string, change: Change): StudioEvent[]
  threadEvent(event: ThreadEvent): StudioEvent
  /** Called after each event of a thread, for what follows from it. */
  afterThreadEvent?(event: ThreadEvent): void
}

/** The subjects that pages follow, each with one source however many pages there are. */
export interface Topics {
  account(accountId: string): Topic
  thread(threadId: string): Topic
  /** An event of our own, to the pages of an account that follow it. */
  tell(accountId: string, event: StudioEvent): void
  /** Drops what is remembered of a thread that was deleted. */
  forget(threadId: string): void
  close(): void
}

interface Followed {
  topic: Topic
  stop(): void
  idleSince: number
}

/** A subject nobody follows is remembered this long, for pages that come back. */
const LINGER_MS = 120_000
const SWEEP_MS = 30_000
/** Makes the numbers of a subject that is followed anew greater than all before: old cursors then show as lost. */
const NUMBERS_EACH = 1_000_000_000

export function createTopics(parts: TopicParts): Topics {
  const accounts = new Map<string, Followed>()
  const threads = new Map<string, Followed>()
  let born = 0

  const sweep = () => {
    const now = performance.now()
    for (const followed of [accounts, threads])
      for (const [id, it] of followed) {
        if (it.topic.listeners > 0) it.idleSince = now
        else if (now - it.idleSince > LINGER_MS) {
          it.stop()
          followed.delete(id)
        }
      }
  }
  const sweeping = setInterval(sweep, SWEEP_MS).unref()

  const startAccount = (accountId: string): Followed => {
    const topic = createTopic(++born * NUMBERS_EACH)
    const stop = parts.changes.listen(accountId, (change) => {
      for (const event of parts.eventsOf(accountId, change)) topic.publish(event)
    })
    return { topic, stop, idleSince: performance.now() }
  }

  const startThread = (threadId: string): Followed => {
    const topic = createTopic(0)
    const ending = new AbortController()
    const pump = async () => {
      for await (const event of parts.conversations.events(threadId, { after: 0, signal: ending.signal })) {
        topic.publish(parts.threadEvent(event), event.seq)
        parts.afterThreadEvent?.(event)
      }
    }
    pump().catch((error: unknown) => {
      if (!ending.signal.aborted) parts.log.error({ err: error, thread: threadId }, "the events of a thread ended")
      threads.delete(threadId)
    })
    return { topic, stop: () => ending.abort(), idleSince: performance.now() }
  }

  const follow = (map: Map<string, Followed>, id: string, start: (id: string) => Followed): Topic => {
    let followed = map.get(id)
    if (!followed) map.set(id, (followed = start(id)))
    followed.idleSince = performance.now()
    return followed.topic
  }

  return {
    account: (id) => follow(accounts, id, startAccount),
    thread: (id) => follow(threads, id, startThread),
    tell: (accountId, event) => accounts.get(accountId)?.topic.publish(event),
    forget: (threadId) => {
      threads.get(threadId)?.stop()
      threads.delete(threadId)
    },
    close: () => {
      clearInterval(sweeping)
      for (const followed of [...accounts.values(), ...threads.values()]) followed.stop()
      accounts.clear()
      threads.clear()
    },
  }
}
