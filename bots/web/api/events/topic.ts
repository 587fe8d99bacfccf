/** One event, serialised once for all pages: the `data:` line of a server-sent event with the empty line after it. */
export interface Frame {
  seq: number
  bytes: Uint8Array
}

/** The last events about one subject, and whoever wants the next ones. */
export interface Topic {
  /** Newest sequence number, or the one before the first. */
  readonly last: number
  readonly listeners: number
  /** Whether everything after `seq` is still remembered. */
  has(seq: number): boolean
  /** Calls back for what is remembered after `after`, then for each new event. Returns what ends it. */
  subscribe(after: number, listener: (frame: Frame) => void): () => void
  /** `seq` must be greater than `last`. */
  publish(event: object, seq?: number): void
}

const MAX_REMEMBERED = 500
const MAX_REMEMBERED_BYTES = 512 * 1024
const encoder = new TextEncoder()

/** `start`: the sequence number before the first event. */
export function createTopic(start: number): Topic {
  const remembered: Frame[] = []
  const listeners = new Set<(frame: Frame) => void>()
  let last = start
  /** Newest event that was forgotten. */
  let forgotten = start
  let bytes = 0

  return {
    get last() {
      return last
    },
    get listeners() {
      return listeners.size
    },
    has: (seq) => seq >= forgotten && seq <= last,
    subscribe: (after, listener) => {
      for (const frame of remembered) if (frame.seq > after) listener(frame)
      const own = (frame: Frame) => listener(frame)
      listeners.add(own)
      return () => listeners.delete(own)
    },
    publish: (event, seq = last + 1) => {
      const frame = { seq, bytes: encoder.encode(`data: ${JSON.stringify(event)}\n\n`) }
      // What the source itself has lost is not remembered either.
      if (seq > last + 1) forgotten = seq - 1
      last = seq
      remembered.push(frame)
      bytes += frame.bytes.length
      while (remembered.length > MAX_REMEMBERED || (bytes > MAX_REMEMBERED_BYTES && remembered.length > 1)) {
        const oldest = remembered.shift()
        if (!oldest) break
        forgotten = Math.max(forgotten, oldest.seq)
        bytes -= oldest.bytes.length
      }
      for (const listener of listeners) listener(frame)
    },
  }
}
