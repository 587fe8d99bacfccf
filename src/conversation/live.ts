import type { ThreadEvent } from "#src/conversation/conversation.ts"

/** Events that a surface which was away can still get, per thread. */
const REMEMBERED = 1_000
/** Threads whose events are remembered while nobody watches. */
const MAX_THREADS = 500

type Untold<T> = T extends unknown ? Omit<T, "seq" | "threadId"> : never
export type Told = Untold<ThreadEvent>

interface Channel {
  seq: number
  past: ThreadEvent[]
  /** Called at the next event; each reader waits with one. */
  wakers: Set<() => void>
}

export interface Live {
  tell(threadId: string, event: Told): void
  events(threadId: string, options: { after?: number; signal: AbortSignal }): AsyncIterable<ThreadEvent>
  /** The thread was deleted. */
  forget(threadId: string): void
}

/** What happens in the threads of this process, for whoever watches. */
export function createLive(): Live {
  const channels = new Map<string, Channel>()
  const channelOf = (threadId: string): Channel => {
    let channel = channels.get(threadId)
    if (!channel) channels.set(threadId, (channel = { seq: 0, past: [], wakers: new Set() }))
    return channel
  }
  /** Numbers go on where they were, so that nobody who comes back takes new events for old ones. */
  const forgetQuiet = () => {
    const full = [...channels.values()].filter((it) => it.past.length > 0)
    for (const channel of full.slice(0, Math.max(0, full.length - MAX_THREADS)))
      if (channel.wakers.size === 0) channel.past = []
  }
  return {
    tell: (threadId, told) => {
      const channel = channelOf(threadId)
      const event: ThreadEvent = { seq: ++channel.seq, threadId, ...told }
      if (channel.past.length === 0) forgetQuiet()
      channel.past.push(event)
      if (channel.past.length > REMEMBERED) channel.past.splice(0, channel.past.length - REMEMBERED)
      for (const wake of channel.wakers) wake()
    },
    events: (threadId, { after, signal }) => {
      const channel = channelOf(threadId)
      // A number from another process says nothing here: then everything remembered is new.
      const from = after === undefined ? channel.seq : after > channel.seq ? 0 : after
      return follow(channel, from, signal)
    },
    forget: (threadId) => {
      const channel = channels.get(threadId)
      if (channel) channel.past = []
    },
  }
}

/** Reads from what is remembered, so that a slow reader costs nothing; one that is too slow sees a gap in the numbers. */
async function* follow(channel: Channel, after: number, signal: AbortSignal): AsyncGenerator<ThreadEvent> {
  let seen = after
  while (!signal.aborted) {
    const first = channel.past[0]?.seq ?? channel.seq + 1
    const next = channel.past[Math.max(0, seen + 1 - first)]
    if (next) {
      seen = next.seq
      yield next
    } else await nextEvent(channel, signal)
  }
}

async function nextEvent({ wakers }: Channel, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const wake = () => resolve()
  wakers.add(wake)
  signal.addEventListener("abort", wake)
  await promise
  wakers.delete(wake)
  signal.removeEventListener("abort", wake)
}
