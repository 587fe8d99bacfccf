import type { StudioEvent } from "../api/types.ts"
import type { Connection } from "./store.ts"

/** Waits between attempts, ms: at once after a hiccup, then patiently. */
const PAUSES_MS = [400, 1_000, 2_000, 4_000, 8_000, 15_000]
/** A stream that does not say hello by then is none. */
const HELLO_MS = 10_000

export interface Stream {
  /** Follows this conversation from now on; nothing in between is lost. */
  open(threadId: string | undefined): void
  retryNow(): void
  close(): void
}

interface Listener {
  event(event: StudioEvent): void
  connection(connection: Connection): void
  /** The stream was refused or broke: time to see whether the session still holds. */
  broken(): void
}

/** The studio's events, connected again with growing pauses after each break, from the last event seen. */
export function createStream(tell: Listener): Stream {
  let source: EventSource | undefined
  let timer: number | undefined
  let attempts = 0
  let cursor = ""
  let thread: string | undefined
  let closed = false

  function connect(): void {
    stop()
    if (closed) return
    const query = new URLSearchParams()
    if (thread !== undefined) query.set("thread", thread)
    if (cursor !== "") query.set("after", cursor)
    const mine = (source = new EventSource(`api/events?${query}`))
    timer = window.setTimeout(retryLater, HELLO_MS)
    mine.addEventListener("message", (message: MessageEvent<string>) => {
      if (mine !== source) return
      if (message.lastEventId !== "") cursor = message.lastEventId
      receive(JSON.parse(message.data) as StudioEvent) // our own studio wrote it
    })
    mine.addEventListener("error", () => {
      if (mine === source) retryLater()
    })
  }

  function receive(event: StudioEvent): void {
    if (event.kind === "hello") {
      clearTimeout(timer)
      attempts = 0
      tell.connection({ state: "live" })
    }
    if (event.kind !== "bye") return tell.event(event)
    wait(Math.min(30_000, Math.max(100, event.retryMs)))
    if (event.reason === "session") tell.broken()
  }

  function retryLater(): void {
    const pause = PAUSES_MS[Math.min(attempts, PAUSES_MS.length - 1)] ?? 0
    wait(pause * (0.8 + 0.4 * Math.random()))
    tell.broken()
  }

  function wait(pause: number): void {
    stop()
    if (closed) return
    attempts++
    tell.connection({ state: "waiting", retryAt: Date.now() + pause, attempts })
    timer = window.setTimeout(connect, pause)
  }

  function stop(): void {
    clearTimeout(timer)
    source?.close()
    source = undefined
  }

  const retryNow = () => {
    if (!source && !closed) connect()
  }
  addEventListener("online", retryNow)
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) retryNow()
  })
  return {
    open: (threadId) => {
      closed = false
      thread = threadId
      connect()
    },
    retryNow,
    close: () => {
      closed = true
      stop()
    },
  }
}
