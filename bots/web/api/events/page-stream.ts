import type { StudioEvent } from "#bots/web/api/types.ts"

/** One open page: bytes wait here while its connection is busy, up to a limit. */
export interface PageStream {
  body: ReadableStream<Uint8Array>
  /** False once the page is gone, was dropped, or said goodbye. */
  readonly isOpen: boolean
  send(...chunks: Uint8Array[]): void
  /** A comment that keeps proxies from closing the connection; left out while other bytes wait. */
  beat(): void
  /** Says why and when to come back, then ends. What still waits is dropped: the page asks for it again with its cursor. */
  bye(reason: Extract<StudioEvent, { kind: "bye" }>["reason"]): void
}

/** Given to the connection ahead of its reading. */
const AHEAD_BYTES = 64 * 1024
/** A page that is this far behind reads too slowly. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024
const RETRY_MS = { stopping: 2_000, slow: 1_000, session: 10_000 } as const
const encoder = new TextEncoder()
const BEAT = encoder.encode(":\n\n")

/** `onEnd` is called once, whoever ends it. */
export function openPageStream(onEnd: () => void): PageStream {
  const waiting: Uint8Array[] = []
  let waitingBytes = 0
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let state: "open" | "ending" | "ended" = "open"

  const room = () => (controller?.desiredSize ?? 0) > 0
  const flush = () => {
    while (waiting.length > 0 && room()) {
      const chunk = waiting.shift()
      if (!chunk) break
      waitingBytes -= chunk.length
      controller?.enqueue(chunk)
    }
    if (state === "ending" && waiting.length === 0) {
      state = "ended"
      controller?.close()
    }
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given
      },
      pull: flush,
      cancel: () => {
        const wasOpen = state === "open"
        state = "ended"
        waiting.length = 0
        if (wasOpen) onEnd()
      },
    },
    { highWaterMark: AHEAD_BYTES, size: (chunk) => chunk?.length ?? 0 },
  )
  const push = (chunks: Uint8Array[]) => {
    for (const chunk of chunks) {
      waiting.push(chunk)
      waitingBytes += chunk.length
    }
    flush()
  }
  const bye: PageStream["bye"] = (reason) => {
    if (state !== "open") return
    state = "ending"
    waiting.length = 0
    waitingBytes = 0
    const retryMs = RETRY_MS[reason]
    const event: StudioEvent = { kind: "bye", reason, retryMs }
    // No id: the page resumes from the last event that it really got.
    push([encoder.encode(`retry: ${retryMs}\ndata: ${JSON.stringify(event)}\n\n`)])
    onEnd()
  }
  return {
    body,
    get isOpen() {
      return state === "open"
    },
    send: (...chunks) => {
      if (state !== "open") return
      // What waited before counts: one large event alone is no sign of a slow page.
      if (waitingBytes > MAX_WAITING_BYTES) bye("slow")
      else push(chunks)
    },
    beat: () => {
      if (state === "open" && waiting.length === 0) push([BEAT])
    },
    bye,
  }
}
