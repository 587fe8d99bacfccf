import { CLOSING, createAnswering, type Store } from "#src/conversation/answering.ts"
import { createButtons } from "#src/conversation/buttons.ts"
import type { Conversations, Incoming, Listening, Message, Thread } from "#src/conversation/conversation.ts"
import { startDeliveries } from "#src/conversation/deliveries.ts"
import type { Press } from "#src/conversation/document.ts"
import { docOf } from "#src/conversation/history.ts"
import { LIMITS, type Limits } from "#src/conversation/limits.ts"
import { createLive } from "#src/conversation/live.ts"
import { createMessages } from "#src/conversation/messages.ts"
import type { ConversationParts } from "#src/conversation/parts.ts"
import { createPrivacy } from "#src/conversation/privacy.ts"
import { createQueue } from "#src/conversation/queue.ts"
import { answerTo } from "#src/conversation/rules/answers.ts"
import { createThreads } from "#src/conversation/threads.ts"
import { createTurns } from "#src/conversation/turns.ts"
import { UserError } from "#src/errors.ts"
import type { Caller } from "#src/studio.ts"

const MAX_THREADS_LISTED = 200
const MAX_MESSAGES_READ = 500
const PURGE_EVERY_MS = 3_600_000

/** The part that every chat surface shares: threads, turns, buttons. Nothing here knows a surface. */
export function createConversations(parts: ConversationParts): Conversations {
  const limits: Limits = { ...LIMITS, ...parts.limits }
  const { db, clock } = parts
  const threads = createThreads(db, clock, parts.keepDays)
  const messages = createMessages(db, clock, threads)
  const store: Store = {
    threads,
    messages,
    buttons: createButtons(db, clock),
    turns: createTurns(db, clock, limits.leaseMs),
  }
  const live = createLive()
  const privacy = createPrivacy(db, clock)
  const whole = { ...parts, store, live, limitsNow: limits }
  const queue = createQueue({ answer: createAnswering(whole), store, limits })
  const deliveries = startDeliveries(whole)
  const purging = setInterval(() => {
    try {
      privacy.purge()
    } catch (error) {
      parts.log.warn({ err: error }, "old conversations could not be removed")
    }
  }, PURGE_EVERY_MS).unref()

  const mustGet = (threadId: string, { accountId }: Caller): Thread => {
    const thread = threads.get(accountId, threadId)
    if (!thread) throw new UserError("There is no such thread.", "Begin a new one.", "not_found")
    return thread
  }

  const take = (
    threadId: string,
    incoming: Incoming,
    listening: Listening,
    press?: Exclude<Press, { kind: "say" }>,
  ): Promise<Message> => {
    queue.refuseTooMany(threadId)
    const { caller, messageId } = incoming
    const message = messages.add(threadId, {
      role: "user",
      authorId: caller.accountId,
      doc: docOf(incoming, parts.artifacts),
      turn: null,
      ...(messageId === undefined ? {} : { messageId }),
    })
    live.tell(threadId, { kind: "message", message })
    return queue.add(threadId, {
      incoming,
      number: message.number,
      onEnd: listening.onEnd ?? (() => {}),
      ...(press ? { press } : {}),
    })
  }

  const inPress = new Set<string>()
  const pressed = (
    threadId: string,
    buttonId: string,
    { caller, ...rest }: Pick<Incoming, "caller" | "messageId"> & { text?: string },
    listening: Listening,
  ): Promise<Message> => {
    queue.refuseTooMany(threadId)
    // A double click is one press.
    if (inPress.has(buttonId)) throw new UserError("This was chosen already.", "Wait for its answer.", "conflict")
    const { label, press } = store.buttons.take(threadId, buttonId, caller.accountId)
    const answer =
      press.kind === "say"
        ? take(threadId, { ...rest, caller, text: press.text }, listening)
        : take(threadId, { text: label, ...rest, caller }, listening, press)
    inPress.add(buttonId)
    return answer.finally(() => inPress.delete(buttonId))
  }

  /** "yes", "the second one": the button of the last question that this answers, if it is one, and nothing runs meanwhile. */
  const answered = (threadId: string, incoming: Incoming): (() => string | undefined) | undefined => {
    const { asked } = threads.memory(threadId)
    const isAlone = !incoming.files?.length && !incoming.quoted?.length && !queue.isBusy(threadId)
    if (!asked || asked.accountId !== incoming.caller.accountId || !isAlone) return undefined
    const choice = answerTo(asked.question, incoming.text)
    if (choice === undefined) return undefined
    return () => (choice === "no" ? undefined : asked.buttons[asked.question.choices.indexOf(choice)])
  }

  const send = (threadId: string, incoming: Incoming, listening: Listening): Promise<Message> => {
    const reply = answered(threadId, incoming)
    if (!reply) return take(threadId, incoming, listening)
    const button = reply()
    try {
      // A "no" uses up the buttons, too.
      if (button === undefined) declineAll(threadId, incoming)
      else return pressed(threadId, button, incoming, listening)
    } catch (error) {
      // Too old or used up: then it is read as a sentence.
      if (error instanceof UserError) return take(threadId, incoming, listening)
      throw error
    }
    return take(threadId, incoming, listening, { kind: "decline" })
  }
  const declineAll = (threadId: string, { caller }: Incoming): void => {
    const [first] = threads.memory(threadId).asked?.buttons ?? []
    if (first !== undefined) store.buttons.take(threadId, first, caller.accountId)
  }

  return {
    open: (key, caller) => threads.open(key, caller, parts.items.currentProject(caller.accountId).id),
    get: threads.get,
    list: (accountId, limit = 50) => threads.list(accountId, Math.min(limit, MAX_THREADS_LISTED)),
    transcript: (accountId, threadId, { after = 0, limit = MAX_MESSAGES_READ } = {}) =>
      threads.get(accountId, threadId)
        ? messages.read(threadId, { after, limit: Math.min(limit, MAX_MESSAGES_READ) })
        : [],
    // Both are asynchronous so that a refusal is a rejection.
    send: async (threadId, incoming, listening = {}) => {
      mustGet(threadId, incoming.caller)
      const { messageId, caller } = incoming
      const sent = messageId === undefined ? undefined : messages.sent(threadId, caller.accountId, messageId)
      if (sent) return sent.answer ?? queue.answerOf(threadId, sent.message.number)
      const text = incoming.text.trim()
      refuseUnusable({ ...incoming, text }, parts, limits)
      return send(threadId, { ...incoming, text }, listening)
    },
    press: async (threadId, buttonId, caller, listening = {}) => {
      mustGet(threadId, caller)
      return pressed(threadId, buttonId, { caller }, listening)
    },
    stop: (threadId, caller, { jobs = false } = {}) => {
      mustGet(threadId, caller)
      const running = queue.running(threadId)
      if (!running || running.caller.accountId !== caller.accountId) return
      for (const id of jobs ? running.jobs : [])
        if (cancelQuietly(parts, caller.accountId, id)) running.cancelled.add(id)
      queue.stop(threadId, "stopped")
    },
    events: live.events,
    exportData: privacy.exportData,
    deleteData: (accountId) => {
      const ids = privacy.deleteData(accountId)
      for (const id of ids) {
        queue.drop(id)
        live.forget(id)
      }
      return ids.length
    },
    purge: privacy.purge,
    close: async () => {
      clearInterval(purging)
      deliveries.stop()
      await queue.close(CLOSING)
    },
  }
}

/** Throws UserError for a message that nobody can answer, before anything of it is kept. */
function refuseUnusable(
  { text, caller, files = [], quoted = [] }: Incoming,
  { artifacts }: ConversationParts,
  limits: Limits,
): void {
  const length = text.length + quoted.reduce((sum, it) => sum + it.text.length, 0)
  if (length > limits.text)
    throw new UserError(
      `The message has ${length} characters.`,
      `At most ${limits.text} can be read at once. Send the rest as a file.`,
      "too_large",
    )
  if (!text && files.length === 0) throw new UserError("The message is empty.", "Say what you want to make.")
  const attached = Math.max(files.length, quoted.length)
  if (attached > limits.attached)
    throw new UserError(`${attached} things come with the message.`, `At most ${limits.attached} can.`, "too_large")
  const foreign = files.find((id) => artifacts.get(id)?.accountId !== caller.accountId)
  if (foreign !== undefined)
    throw new UserError(`There is no file "${foreign.slice(0, 80)}".`, "Send it to the studio first.", "not_found")
}

/** False when there was nothing left to cancel. */
function cancelQuietly({ jobs, log }: ConversationParts, accountId: string, id: string): boolean {
  try {
    jobs.cancel(accountId, id)
    return true
  } catch (error) {
    log.debug({ err: error, job: id }, "a job of a stopped turn had ended already")
    return false
  }
}
