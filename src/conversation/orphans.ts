import { answerDoc } from "#src/conversation/answer.ts"
import type { Outcome } from "#src/conversation/carry-out.ts"
import type { Live } from "#src/conversation/live.ts"
import type { ConversationParts } from "#src/conversation/parts.ts"
import type { OpenTurn, Transcript } from "#src/conversation/transcript.ts"

const WAIT_SLICE_MS = 20_000
/** No turn takes longer: after this the process id means another process. */
const LONGEST_TURN_MS = 3_600_000
const RECENT = 60
const FINAL = new Set(["done", "failed", "cancelled"])

type OrphanParts = ConversationParts & { transcript: Transcript; live: Live; signal: AbortSignal }

/** Answers that a process left open when it ended: what their jobs came to is still delivered, and the rest is said to be lost. */
export function resumeOrphans(parts: OrphanParts): void {
  const now = parts.clock.now()
  const isGone = ({ pid, startedAt }: { pid: number; startedAt: number }) =>
    startedAt < now - LONGEST_TURN_MS || !isAlive(pid, startedAt)
  for (const turn of parts.transcript.adopt(isGone))
    void finish(parts, turn).catch((error: unknown) => {
      if (!parts.signal.aborted)
        parts.log.error({ err: error, thread: turn.threadId }, "an open answer could not be finished")
    })
}

async function finish(parts: OrphanParts, { id, threadId, accountId, jobId, startedAt }: OpenTurn): Promise<void> {
  const { jobs, transcript, live, signal } = parts
  let view = jobId === null ? undefined : jobs.get(accountId, jobId)
  while (view && !FINAL.has(view.state) && !signal.aborted)
    view = await jobs.wait(view.id, { timeoutMs: WAIT_SLICE_MS, signal })
  // Deleted meanwhile, or left to the next process.
  if (signal.aborted || !transcript.get(accountId, threadId)) return
  const reply = view && jobs.reply(view)
  const outcomes: Outcome[] = reply
    ? [{ outcome: "done", say: reply.say, data: reply.data, artifacts: reply.artifacts ?? [], next: reply.next ?? [] }]
    : []
  const text =
    reply?.say ??
    (view?.error
      ? `${view.error.problem} ${view.error.hint}`
      : "The studio was stopped while it answered. Say it again.")
  const isUnread = transcript.latest(threadId, RECENT).some((it) => it.role === "user" && it.createdAt > startedAt)
  const note = {
    kind: "note",
    tone: "warning",
    text: `The studio was restarted meanwhile.${isUnread ? " What you said after this was not read: say it again." : ""}`,
  } as const
  const addButton = transcript.addButton.bind(undefined, threadId, accountId)
  const doc = answerDoc({ text, outcomes, choices: [], confirm: [], notes: [note] }, addButton)
  const message = transcript.add(threadId, { role: "assistant", authorId: null, doc })
  transcript.turnEnded(id)
  if (message) live.tell(threadId, { kind: "message", message })
}

/** The process that began a turn runs; one of somebody else's counts as running. */
function isAlive(pid: number, startedAt: number): boolean {
  // In a container every start may have the same process id.
  if (pid === process.pid) return startedAt >= performance.timeOrigin
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}
