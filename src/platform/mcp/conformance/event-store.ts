import { randomUUID } from "node:crypto"
import type { EventStore, JSONRPCMessage } from "@modelcontextprotocol/server"

const MAX_EVENTS = 1_000

/** Events of one session, in memory, so that a stream which was closed can be read on (protocol 2025-11-25). */
export function createEventStore(): EventStore {
  const events: { id: string; stream: string; message: JSONRPCMessage }[] = []
  return {
    storeEvent: (stream, message) => {
      const id = randomUUID()
      events.push({ id, stream, message })
      if (events.length > MAX_EVENTS) events.shift()
      return Promise.resolve(id)
    },
    getStreamIdForEventId: (id) => Promise.resolve(events.find((event) => event.id === id)?.stream),
    replayEventsAfter: async (id, { send }) => {
      const at = events.findIndex((event) => event.id === id)
      const stream = events[at]?.stream ?? ""
      for (const event of events.slice(at + 1)) if (event.stream === stream) await send(event.id, event.message)
      return stream
    },
  }
}
