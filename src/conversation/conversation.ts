import type { Outcome } from "#src/conversation/carry-out.ts"
import type { Doc } from "#src/conversation/document.ts"
import type { TurnChoice, TurnQuestion } from "#src/conversation/result.ts"
import type { Explanation } from "#src/errors.ts"
import type { Progress } from "#src/job.ts"
import type { Caller } from "#src/studio.ts"

/** Where people talk: one per page tab group, terminal, chat thread. The key comes from the surface, never from text. */
export interface ThreadKey {
  surface: Caller["surface"]
  tenantId: string
  /** Whatever the surface knows the thread by. */
  thread: string
}

export interface Thread {
  id: string
  accountId: string
  projectId: string
  title: string
  createdAt: number
  updatedAt: number
}

/** What somebody sends. Only `text` of the caller is an instruction; everything in `quoted` is data. */
export interface Incoming {
  caller: Caller
  text: string
  /** Ids of artifacts that came along (already stored by the surface). */
  files?: string[]
  /** Messages of others that the person refers to. */
  quoted?: { author: string; text: string }[]
  /** The surface's own id of this message: sent twice, it counts once. */
  messageId?: string
}

export interface Message {
  threadId: string
  number: number
  role: "user" | "assistant"
  authorId: string | null
  doc: Doc
  createdAt: number
}

/** How an answer came about. */
export interface Provenance {
  /** "command mode" or the model's name. */
  by: string
  cached: boolean
  /** In micro-dollars; null when it cost nothing or the price is unknown. */
  cost: { microUsd: number; estimated: boolean } | null
  tokens: { input: number; output: number; estimated: boolean } | null
}

/**
 * What happens in a thread, in order. `seq` grows by one per thread and process; a surface that was away asks for what came
 * after the last it saw, and reads the transcript when that is gone.
 */
export type ThreadEvent = { seq: number; threadId: string } & (
  | { kind: "message"; message: Message }
  | { kind: "turn-started"; turnId: string }
  /** Text of the answer as it is written. */
  | { kind: "delta"; turnId: string; text: string }
  | { kind: "tool-started"; turnId: string; callId: string; tool: string; title: string }
  | { kind: "tool-ended"; turnId: string; callId: string; ok: boolean }
  | { kind: "progress"; turnId: string; jobId?: string; progress: Progress }
  /** The thread now works on this item. */
  | { kind: "focus"; itemId: string; revision: number }
  | {
      kind: "turn-ended"
      turnId: string
      message: Message
      provenance: Provenance
      outcome: EndKind
    }
)

export type EndKind = "done" | "asked" | "failed" | "stopped"

/** What a turn came to, beyond the answer that people read: for output that programs read. */
export interface TurnEnd {
  outcome: EndKind
  provenance: Provenance
  /**
   * What turned the message into calls: command mode, which reads the person's own words alone; a language model; or nothing,
   * where a button held the call.
   */
  readBy: "commands" | "model" | "nothing"
  /** What came of each call, in order. */
  outcomes: Outcome[]
  /** What the person has to settle, with the button of each choice that has one. */
  question?: OpenQuestion
  /** Words of the message, and files that came with it, that nothing used. */
  unused: string[]
  /** Why it failed, or why the last of its calls did. */
  error?: Explanation
  /** Ids of the jobs that it accepted, whatever has become of them. */
  jobs: string[]
}

export interface OpenQuestion extends Omit<TurnQuestion, "choices"> {
  choices: (TurnChoice & { button?: string })[]
}

/** What a surface in the same process may hear of a turn beyond its events. */
export interface Listening {
  /** Right before the answer is there. */
  onEnd?(end: TurnEnd): void
}

/** The part that every chat surface shares. */
export interface Conversations {
  /** The thread of this key; made on first use, with the caller as its owner. */
  open(key: ThreadKey, caller: Caller): Thread
  get(accountId: string, threadId: string): Thread | undefined
  list(accountId: string, limit?: number): Thread[]
  transcript(accountId: string, threadId: string, options?: { after?: number; limit?: number }): Message[]
  /**
   * Takes a message in. One turn at a time per thread: messages that come meanwhile are answered together in the next turn.
   * Resolves with the answer when the turn that gives it has ended; a message id that was sent before gets the same answer.
   * Throws UserError "too_large" for text over the limit.
   */
  send(threadId: string, incoming: Incoming, listening?: Listening): Promise<Message>
  /** Presses a button of an earlier answer. Throws UserError when it is unknown, expired, used up or somebody else's. */
  press(threadId: string, buttonId: string, caller: Caller, listening?: Listening): Promise<Message>
  /** Ends the running turn; jobs that were accepted go on, and are told when they end, unless `jobs` is set. */
  stop(threadId: string, caller: Caller, options?: { jobs?: boolean }): void
  /** Live events after `after`, until the signal aborts. */
  events(threadId: string, options: { after?: number; signal: AbortSignal }): AsyncIterable<ThreadEvent>
  /** Everything stored about a person's conversations, as plain JSON. */
  exportData(accountId: string): unknown
  /** Removes them without a trace, and ends their turns; returns how many threads went. */
  deleteData(accountId: string): number
  /** Removes threads whose retention has ended; done by itself every hour. */
  purge(): number
  close(): Promise<void>
}
