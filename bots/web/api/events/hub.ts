import { randomBytes } from "node:crypto"
import { readCursor, writeCursor, type Cursor } from "#bots/web/api/events/cursor.ts"
import { openPageStream, type PageStream } from "#bots/web/api/events/page-stream.ts"
import { createTopics, type TopicParts } from "#bots/web/api/events/topics.ts"
import type { Frame, Topic } from "#bots/web/api/events/topic.ts"
import type { StudioEvent } from "#bots/web/api/types.ts"
import { UserError } from "#src/errors.ts"

export interface PageRequest {
  sessionId: string
  accountId: string
  threadId?: string
  /** Last-Event-ID, or the `after` of the address. */
  after?: string | null
}

/** All open pages of this process. */
export interface Hub {
  /** The body of a text/event-stream. Throws UserError "quota" when too many are open. */
  open(page: PageRequest): ReadableStream<Uint8Array>
  /** Tells all open pages of an account. */
  tell(accountId: string, event: StudioEvent): void
  /** Drops what is remembered of a thread that was deleted. */
  forget(threadId: string): void
  /** Ends the streams of a session that was closed. */
  endSession(sessionId: string): void
  /** Open streams, for tests and measurements. */
  readonly pages: number
  close(): void
}

export interface HubParts extends TopicParts {
  /** Asked at every heartbeat. */
  sessionStands(id: string): boolean
}

const BEAT_MS = 15_000
const MAX_PAGES = 2_000
const MAX_PAGES_OF_SESSION = 250
const encoder = new TextEncoder()
const OPENING = encoder.encode("retry: 1000\n\n")

interface OpenPage {
  sessionId: string
  stream: PageStream
}

/** Every event is made and serialised once; each page only adds its cursor. */
export function createHub(parts: HubParts): Hub {
  // Sequence numbers mean something within one run only.
  const run = randomBytes(5).toString("hex")
  const topics = createTopics(parts)
  const pages = new Set<OpenPage>()
  let beating: NodeJS.Timeout | undefined

  const beat = () => {
    for (const { sessionId, stream } of pages)
      if (parts.sessionStands(sessionId)) stream.beat()
      else stream.bye("session")
  }
  const enter = (page: OpenPage) => {
    pages.add(page)
    beating ??= setInterval(beat, BEAT_MS).unref()
  }
  const leave = (page: OpenPage) => {
    pages.delete(page)
    if (pages.size > 0) return
    clearInterval(beating)
    beating = undefined
  }

  return {
    open: ({ sessionId, accountId, threadId, after }) => {
      refuseTooMany(pages, sessionId)
      const stops: (() => void)[] = []
      const stream = openPageStream(() => {
        for (const stop of stops) stop()
        leave(page)
      })
      const page: OpenPage = { sessionId, stream }
      enter(page)
      const cursor = readCursor(after, run)
      const now: Cursor = { run, studio: 0, thread: threadId ?? "", threadSeq: 0 }
      stops.push(...follow(stream, cursor, now, topics.account(accountId), threadId && topics.thread(threadId)))
      if (!stream.isOpen) for (const stop of stops) stop()
      return stream.body
    },
    tell: topics.tell,
    forget: topics.forget,
    endSession: (sessionId) => {
      for (const page of pages) if (page.sessionId === sessionId) page.stream.bye("session")
    },
    get pages() {
      return pages.size
    },
    close: () => {
      for (const { stream } of pages) stream.bye("stopping")
      clearInterval(beating)
      topics.close()
    },
  }
}

/** Sends hello, then what was missed, then what happens. `now` is moved along with every event. */
function follow(
  stream: PageStream,
  cursor: Cursor | undefined,
  now: Cursor,
  account: Topic,
  thread: Topic | "" | undefined,
): (() => void)[] {
  const send = (bytes: Uint8Array) => stream.send(encoder.encode(`id: ${writeCursor(now)}\n`), bytes)
  const say = (event: StudioEvent) => send(encoder.encode(`data: ${JSON.stringify(event)}\n\n`))
  const isComplete = cursor !== undefined && account.has(cursor.studio)
  now.studio = isComplete ? cursor.studio : account.last
  const sameThread = cursor !== undefined && cursor.thread === now.thread
  now.threadSeq = sameThread ? cursor.threadSeq : 0

  // A thread that is only now followed again may still have to hear of what the page knows.
  const isKept = !thread || thread.has(now.threadSeq) || thread.last < now.threadSeq
  stream.send(OPENING)
  say({ kind: "hello", resumed: isComplete && sameThread && isKept })
  const stops = [
    account.subscribe(now.studio, ({ seq, bytes }) => {
      now.studio = seq
      send(bytes)
    }),
  ]
  if (!thread) return stops
  const onFrame = ({ seq, bytes }: Frame) => {
    // Events of a thread follow each other by one, so a gap after a known place is a loss.
    const isGap = now.threadSeq > 0 && seq > now.threadSeq + 1
    now.threadSeq = seq
    if (isGap) say({ kind: "reset" })
    send(bytes)
  }
  stops.push(thread.subscribe(now.threadSeq, onFrame))
  return stops
}

function refuseTooMany(pages: ReadonlySet<OpenPage>, sessionId: string): void {
  const own = [...pages].filter((page) => page.sessionId === sessionId).length
  if (pages.size < MAX_PAGES && own < MAX_PAGES_OF_SESSION) return
  throw new UserError(
    `${own} pages are open in this browser, ${pages.size} in all.`,
    `At most ${MAX_PAGES_OF_SESSION} and ${MAX_PAGES} can be; close some.`,
    "quota",
  )
}
