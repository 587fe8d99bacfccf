import { answerOf } from "#src/conversation/answer.ts"
import type { Store } from "#src/conversation/answering.ts"
import type { Outcome } from "#src/conversation/carry-out.ts"
import type { Doc } from "#src/conversation/document.ts"
import type { Limits } from "#src/conversation/limits.ts"
import type { Live } from "#src/conversation/live.ts"
import type { ConversationParts } from "#src/conversation/parts.ts"
import { newId } from "#src/conversation/threads.ts"
import type { Delivery } from "#src/conversation/turns.ts"
import type { JobView } from "#src/studio.ts"
import type { Registry } from "#tools/registry.ts"

const AT_ONCE = 50
const LOST = "The studio was stopped while it answered. What was accepted until then stays; say the rest again."
const UNREAD = "The studio was stopped before it could answer this. Say it again."

type Parts = Pick<ConversationParts, "db" | "clock" | "jobs" | "log" | "registry"> & {
  store: Store
  live: Live
  limitsNow: Limits
}

/**
 * Tells threads what became of work that no turn waits for any more: the turn was stopped, its patience ended, or its process
 * did. Looks when it is made and then again and again, until it is stopped.
 */
export function startDeliveries(parts: Parts): { stop(): void } {
  let registry: Registry | undefined
  let isLooking = false
  const look = async () => {
    if (isLooking) return
    isLooking = true
    try {
      registry ??= await parts.registry()
      if (timer !== undefined) sweep(parts, registry)
    } catch (error) {
      parts.log.warn({ err: error }, "results of jobs could not be told")
    }
    isLooking = false
  }
  let timer: NodeJS.Timeout | undefined = setInterval(() => void look(), parts.limitsNow.sweepMs)
  timer.unref()
  return {
    stop: () => {
      clearInterval(timer)
      timer = undefined
    },
  }
}

function sweep(parts: Parts, registry: Registry): void {
  const { store, clock, limitsNow } = parts
  for (const { threadId, turn } of store.turns.lost())
    if (store.turns.promised(turn).length === 0) tell(parts, threadId, turn, [note(LOST)])
  for (const delivery of store.turns.due(AT_ONCE)) deliver(parts, registry, delivery)
  for (const threadId of store.messages.forgotten(clock.now() - limitsNow.leaseMs)) {
    const turn = newId("trn")
    store.messages.takeUpAll(threadId, turn)
    tell(parts, threadId, turn, [note(UNREAD)])
  }
}

function deliver(parts: Parts, registry: Registry, delivery: Delivery): void {
  const { store, jobs, db } = parts
  const { threadId, accountId, turn, jobId } = delivery
  const view = jobs.get(accountId, jobId)
  if (view?.state === "waiting" || view?.state === "running") return
  const message = db.tx(() => {
    if (!store.turns.settle(delivery) || !view || view.state === "cancelled") return undefined
    const { doc } = answerOf(endingOf(view, jobs), {
      addButton: (label, press) => store.buttons.add({ threadId, accountId, label, press }),
      isDestroying: (tool) => registry.get(tool)?.effect === "destroys",
    })
    return store.messages.add(threadId, { role: "assistant", authorId: null, doc, turn })
  })
  if (message) parts.live.tell(threadId, { kind: "message", message })
}

function endingOf(view: JobView, jobs: Parts["jobs"]): Parameters<typeof answerOf>[0] {
  const reply = jobs.reply(view)
  if (!reply) {
    const { problem, hint } = view.error ?? {
      problem: `${view.title} failed.`,
      hint: "Nothing was charged. Try again.",
    }
    return { text: "", outcomes: [], notes: [{ kind: "note", tone: "error", text: `${problem} ${hint}`.trim() }] }
  }
  const outcome: Outcome = {
    outcome: "done",
    say: reply.say,
    data: reply.data,
    artifacts: reply.artifacts ?? [],
    next: reply.next ?? [],
  }
  return { text: reply.say, outcomes: [outcome], notes: [] }
}

function tell({ store, live }: Parts, threadId: string, turn: string, doc: Doc): void {
  if (!store.threads.exists(threadId)) return
  const message = store.messages.add(threadId, { role: "assistant", authorId: null, doc, turn })
  live.tell(threadId, { kind: "message", message })
}

const note = (text: string): Doc[number] => ({ kind: "note", tone: "warning", text })
