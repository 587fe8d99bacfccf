import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import type { Hono } from "hono"
import { isKnown, json } from "#bots/web/api/answer.ts"
import { readBody } from "#bots/web/api/body.ts"
import type { Visit, WebEnv, WebParts } from "#bots/web/api/parts.ts"
import { webMessage } from "#bots/web/api/render.ts"
import { createThrottle } from "#bots/web/api/throttle.ts"
import { pressButton, sendMessage, stopTurn, type Accepted, type Transcript } from "#bots/web/api/types.ts"
import type { Message, Thread } from "#src/conversation/conversation.ts"
import { explain, UserError } from "#src/errors.ts"

const MAX_THREADS = 100
const MAX_MESSAGES = 500
/** How long a message may take to be stored or refused before it is answered as waiting. */
const STORED_WITHIN_MS = 500

/** Conversations of the person who asks. */
export function routeThreads(app: Hono<WebEnv>, parts: WebParts): void {
  const { conversations, messagesPerMinute, services } = parts
  const throttle = createThrottle(services.clock, messagesPerMinute, "messages")
  const mustOwn = (visit: Visit, id: string): Thread => {
    const thread = conversations.get(visit.caller.accountId, id)
    if (!thread)
      throw new UserError("There is no such conversation.", "Choose one of the list, or begin another.", "not_found")
    return thread
  }

  app.get("/api/threads", (context) => {
    const { caller } = context.get("visit")
    return json(conversations.list(caller.accountId, MAX_THREADS))
  })
  app.post("/api/threads", (context) => {
    const { caller, session } = context.get("visit")
    throttle.take(session.id)
    const key = { surface: "web", tenantId: caller.tenantId, thread: randomUUID() } as const
    const thread = conversations.open(key, caller)
    tellThreads(parts, caller.accountId)
    return json(thread, 201)
  })
  app.get("/api/threads/:id", (context) => {
    const visit = context.get("visit")
    const thread = mustOwn(visit, context.req.param("id"))
    const after = wholeNumber(context.req.query("after"))
    const limit = Math.min(wholeNumber(context.req.query("limit")) ?? MAX_MESSAGES, MAX_MESSAGES)
    const messages = conversations.transcript(visit.caller.accountId, thread.id, {
      limit,
      ...(after === undefined ? {} : { after }),
    })
    const answer: Transcript = { thread, messages: messages.map((it) => webMessage(services.artifacts, it)) }
    return json(answer)
  })
  app.post("/api/threads/:id/messages", async (context) => {
    const visit = context.get("visit")
    const { caller } = visit
    const thread = mustOwn(visit, context.req.param("id"))
    const { text, files, messageId } = await readBody(context.req.raw, sendMessage)
    refuseOthersFiles(parts, caller.accountId, files ?? [])
    throttle.take(visit.session.id)
    const send = () =>
      conversations.send(thread.id, {
        caller,
        text,
        ...(files ? { files } : {}),
        ...(messageId === undefined ? {} : { messageId }),
      })
    return json(await accept(parts, visit, thread.id, send), 202)
  })
  app.post("/api/threads/:id/press", async (context) => {
    const visit = context.get("visit")
    const thread = mustOwn(visit, context.req.param("id"))
    const { button } = await readBody(context.req.raw, pressButton)
    throttle.take(visit.session.id)
    return json(await accept(parts, visit, thread.id, () => conversations.press(thread.id, button, visit.caller)), 202)
  })
  app.post("/api/threads/:id/stop", async (context) => {
    const visit = context.get("visit")
    const thread = mustOwn(visit, context.req.param("id"))
    const { jobs } = await readBody(context.req.raw, stopTurn)
    conversations.stop(thread.id, visit.caller, jobs === undefined ? {} : { jobs })
    return json({})
  })
}

/** Pages show the list of conversations; it changes with every turn. */
export function tellThreads({ hub, conversations }: WebParts, accountId: string): void {
  hub.tell(accountId, { kind: "threads", threads: conversations.list(accountId, MAX_THREADS) })
}

/**
 * Starts a turn and answers as soon as the person's message is stored, or was refused; the turn runs on. What fails later is
 * told to the open pages.
 */
async function accept(
  { conversations, hub, services }: WebParts,
  { caller }: Visit,
  threadId: string,
  start: () => Promise<Message>,
): Promise<Accepted> {
  const watching = new AbortController()
  const events = conversations.events(threadId, { signal: watching.signal })
  const stored = numberOfNext(events[Symbol.asyncIterator](), caller.accountId, services.clock.now())
  let isAnswered = false
  const turn = start()
  const settled = turn.then(
    () => null,
    (error: unknown) => {
      if (!isAnswered) throw error
      if (!isKnown(error)) services.log.error({ err: error, thread: threadId }, "a turn broke")
      hub.tell(caller.accountId, { kind: "problem", threadId, error: explain(error) })
      return null
    },
  )
  try {
    const late = sleep(STORED_WITHIN_MS, null, { signal: watching.signal })
    return { number: await Promise.race([stored, settled, late]) }
  } finally {
    isAnswered = true
    watching.abort()
  }
}

/** Number of the first message by this person since then; null when the events end before. */
async function numberOfNext(
  events: AsyncIterator<{ kind: string; message?: Message }>,
  accountId: string,
  since: number,
): Promise<number | null> {
  try {
    for (let next = await events.next(); !next.done; next = await events.next()) {
      const { kind, message } = next.value
      const isTheirs = kind === "message" && message?.role === "user" && message.authorId === accountId
      if (isTheirs && message.createdAt >= since) return message.number
    }
  } catch {
    // Aborted: the answer was given without it.
  }
  return null
}

function refuseOthersFiles({ services }: WebParts, accountId: string, files: readonly string[]): void {
  const foreign = files.find((id) => services.artifacts.get(id)?.accountId !== accountId)
  if (foreign === undefined) return
  throw new UserError(`There is no file "${foreign.slice(0, 80)}".`, "Send it to the studio first.", "not_found")
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
