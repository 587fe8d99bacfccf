import type { ThreadEvent } from "#src/conversation/conversation.ts"

/** Events that a surface which was away can still get, per thread. */
const REMEMBERED = 1_000
/** A reader that is further behind than this is cut off, rather than keeping everything in memory for it. */
const MAX_BEHIND = 5_000
const MAX_THREADS = 500

type Untold<T> = T extends unknown ? Omit<T, "seq" | "threadId"> : never
export type Told = Untold<ThreadEvent>

interface Channel {
  seq: number
  past: ThreadEvent[]
  readers: Set<(event: ThreadEvent) => void>
}

export interface Live {
  tell(threadId: string, event: Told): void
  events(threadId: string, options: { after?: number; signal: AbortSignal }): AsyncIterable<ThreadEvent>
  /** Drops the past of a thread that was deleted. */
  forget(threadId: string): void
}

/** What happens in the threads of this process, for whoever watches. */
export function createLive(): Live {
  const channels = new Map<string, Channel>()
  const channelOf = (threadId: string): Channel => {
    const known = channels.get(threadId)
    if (known) return known
    if (channels.size >= MAX_THREADS) forgetQuiet(channels)
    const made: Channel = { seq: 0, past: [], readers: new Set() }
    channels.set(threadId, made)
    return made
  }
  return {
    tell: (threadId, told) => {
      const channel = channelOf(threadId)
      const event: ThreadEvent = { seq: ++channel.seq, threadId, ...told }
      channel.past.push(event)
      if (channel.past.length > REMEMBERED) channel.past.splice(0, channel.past.length - REMEMBERED)
      for (const reader of channel.readers) reader(event)
    },
    events: (threadId, { after, signal }) => follow(channelOf(threadId), after, signal),
    forget: (threadId) => channels.get(threadId)?.past.splice(0),
  }
}

async function* follow(channel: Channel, after: number | undefined, signal: AbortSignal): AsyncGenerator<ThreadEvent> {
  const waiting: ThreadEvent[] = after === undefined ? [] : channel.past.filter((event) => event.seq > after)
  let wake = Promise.withResolvers<void>()
  const reader = (event: ThreadEvent) => {
    waiting.push(event)
    wake.resolve()
  }
  const stop = () => wake.resolve()
  channel.readers.add(reader)
  signal.addEventListener("abort", stop)
  try {
    while (!signal.aborted && waiting.length < MAX_BEHIND) {
      const next = waiting.shift()
      if (next) yield next
      else {
        await wake.promise
        wake = Promise.withResolvers<void>()
      }
    }
  } finally {
    channel.readers.delete(reader)
    signal.removeEventListener("abort", stop)
  }
}

/** Threads that nobody watches lose their past; the transcript has what was said. */
function forgetQuiet(channels: Map<string, Channel>): void {
  for (const [id, channel] of channels) if (channel.readers.size === 0) channels.delete(id)
}
