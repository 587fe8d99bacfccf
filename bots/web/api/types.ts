import { z } from "zod"
import type { Block } from "#src/conversation/document.ts"
import type { Message, Provenance, Thread, ThreadEvent } from "#src/conversation/conversation.ts"
import type { Explanation } from "#src/errors.ts"
import type { Progress } from "#src/job.ts"
import type { JobView, Project, QuotaLine } from "#src/studio.ts"
import type { ArtifactRef, JobRef, NextAction, Role } from "#src/tool.ts"

/*
 * What the page and the studio say to each other. Times are milliseconds since the epoch; addresses begin with "/" and are of
 * this origin. Every request under /api needs the session cookie (POST /api/session alone does without); every POST also
 * needs `X-Atelier: 1` and is refused from other origins. A refusal is `ApiError` with a fitting status: 400 bad_input,
 * 401 unauthorized (show how to get a link), 403 forbidden, 404 not_found, 409 conflict, 413 too_large, 429 quota
 * (with Retry-After in seconds where time alone helps), 499 cancelled, 502 backend, 507 storage_full, 500 internal.
 *
 *   GET  /?token=…                        one-time link → cookie, 303 to / (or to /?link=expired)
 *   POST /api/session                     SignIn → SessionInfo           (with an API key)
 *   POST /api/session/end                 {} → {}
 *   GET  /api/sessions                    SessionInfo[]
 *   POST /api/sessions/:id/revoke         {} → {}
 *   GET  /api/state                       StudioState
 *   GET  /api/threads                     Thread[]
 *   POST /api/threads                     {} → Thread, 201
 *   GET  /api/threads/:id?after=&limit=   Transcript
 *   POST /api/threads/:id/messages        SendMessage → Accepted, 202
 *   POST /api/threads/:id/press           PressButton → Accepted, 202
 *   POST /api/threads/:id/stop            StopTurn → {}
 *   GET  /api/items?kind=&limit=          ItemCard[]
 *   GET  /api/items/:id?revision=         ItemDetail
 *   GET  /api/items/:id/fields            ItemFields
 *   POST /api/call                        CallTool → CallAnswer          (Idempotency-Key optional)
 *   GET  /api/jobs?limit=                 JobCard[]
 *   GET  /api/quota                       QuotaLine[]
 *   POST /api/files?name=…                raw bytes → WebFile, 201
 *   GET  /api/privacy/export              a JSON file
 *   POST /api/privacy/delete              DeleteData → Deleted
 *   GET  /api/events?thread=&after=       text/event-stream of StudioEvent
 */

export interface ApiError {
  error: Explanation & { reference?: string }
}

// ── Requests ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export const MAX_MESSAGE_CHARACTERS = 20_000
export const MAX_MESSAGE_FILES = 10
export const DELETE_WORD = "delete"

const id = z.string().min(1).max(80)

export const sendMessage = z.strictObject({
  text: z.string().max(MAX_MESSAGE_CHARACTERS),
  /** Ids of uploaded files. */
  files: z.array(id).max(MAX_MESSAGE_FILES).optional(),
  /** Chosen by the page (crypto.randomUUID()): sent twice, the message counts once. */
  messageId: z.string().min(1).max(80).optional(),
})
export const pressButton = z.strictObject({ button: id })
export const stopTurn = z.strictObject({
  /** Also cancels the jobs that the turn has started. */
  jobs: z.boolean().optional(),
})
export const callTool = z.strictObject({ tool: id, input: z.record(z.string(), z.unknown()) })
export const signIn = z.strictObject({ key: z.string().min(1).max(200) })
export const deleteData = z.strictObject({ confirm: z.literal(DELETE_WORD) })

export type SendMessage = z.input<typeof sendMessage>
export type PressButton = z.input<typeof pressButton>
export type StopTurn = z.input<typeof stopTurn>
export type CallTool = z.input<typeof callTool>
export type SignIn = z.input<typeof signIn>
export type DeleteData = z.input<typeof deleteData>

// ── Answers ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface SessionInfo {
  id: string
  /** Whether it is the one that asks. */
  current: boolean
  /** How it was opened. */
  by: "link" | "key"
  createdAt: number
  lastUsedAt: number
  expiresAt: number
}

/** A stored file with addresses that this page may load. */
export interface WebFile extends ArtifactRef {
  url: string
  /** The same bytes as a download. */
  downloadUrl: string
  /** The page of this file with its 3D view, made to be passed on. */
  pageUrl: string
  /** Short label → short text; "Title" heads them. Empty where nothing is known. */
  facts: Record<string, string>
}

/** Who answers: nobody but the interpreter of commands, or these models (the first of a role is tried first). */
export type Answering =
  | { kind: "command" }
  | { kind: "model"; models: { role: string; endpoint: string; model: string; available: boolean }[] }

export interface StudioState {
  version: string
  account: { id: string; name: string; role: Role; locale?: string }
  session: SessionInfo
  limits: { maxFileBytes: number; maxMessageCharacters: number; maxMessageFiles: number; messagesPerMinute: number }
  /** Names of the tool families that are switched on. */
  families: string[]
  answering: Answering
  project: Project
  projects: Project[]
  /** Most recently used first. */
  threads: Thread[]
  /** Most recently changed first; at most 50. */
  items: ItemCard[]
  /** Open ones, then the last that ended; at most 50. */
  jobs: JobCard[]
  quota: QuotaLine[]
  /** Sentences to try, best first. */
  examples: string[]
  /** Where MCP clients connect. */
  mcpUrl: string
}

/** A document as the page gets it: pictures and files carry their address; a file that is gone has none. */
export type WebBlock =
  | Exclude<Block, { kind: "picture" } | { kind: "file" }>
  | { kind: "picture"; artifact: ArtifactRef; alt: string; file?: WebFile }
  | { kind: "file"; artifact: ArtifactRef; label: string; file?: WebFile }

export interface WebMessage extends Omit<Message, "doc"> {
  doc: WebBlock[]
}

export interface Transcript {
  thread: Thread
  /** Oldest first. */
  messages: WebMessage[]
}

/** The message is stored and the turn runs on; the event stream tells the rest. */
export interface Accepted {
  /** Number of the person's message; null when it waits for the running turn to end. */
  number: number | null
}

export interface ItemCard {
  id: string
  projectId: string
  /** "design", later "model", "board", "book" … */
  kind: string
  name: string
  head: number
  createdAt: number
  updatedAt: number
  /** A picture of some recent revision. */
  pictureUrl?: string
}

export interface RevisionLine {
  number: number
  /** The revision it was made from. */
  parent: number | null
  note: string
  createdAt: number
}

export interface ItemDetail {
  item: ItemCard
  /** The revision that this answer shows: the head, unless another was asked for. */
  revision: RevisionLine
  /** Newest first; at most 200. */
  history: RevisionLine[]
  canUndo: boolean
  canRedo: boolean
  /** One line in words; empty where the family has none. */
  description: string
  /** Values by field name, as ItemFields names them. */
  parameters: Record<string, string | number | boolean>
  /**
   * Files and jobs of this revision's content carry this mark: when a job with it ends, read the item again.
   */
  group: string
  /** Everything made of this revision so far; empty while the first build runs. */
  files: WebFile[]
  /** The one for the 3D view, and the one to look at until it is loaded. */
  model?: WebFile
  picture?: WebFile
}

/** One control of the parameter panel. */
export type Field = {
  name: string
  title: string
  description: string
  /** "mm", "ct", "%" …; absent where a number has none. */
  unit?: string
} & (
  | { kind: "number"; min?: number; max?: number; integer: boolean }
  | { kind: "enum"; choices: { value: string | number; label: string }[] }
  | { kind: "text"; maxLength?: number }
  | { kind: "boolean" }
)

export interface ItemFields {
  fields: Field[]
  /**
   * How a change is made: POST /api/call with `tool` and `{ ...input, operations: [{ op: "set", [name]: value }] }`.
   * Absent where nothing can be edited by this person.
   */
  edit?: { tool: string; input: Record<string, unknown> }
  /** Complete calls for POST /api/call, where the family has them. */
  undo?: CallTool
  redo?: CallTool
  /**
   * A complete call that builds what is missing of the head revision (its model and picture), for POST /api/call: the page
   * calls it once when `files` of the item is empty and no open job has its group.
   */
  show?: CallTool
}

export type CallAnswer =
  | {
      kind: "reply"
      /** Plain text with plain addresses. */
      say: string
      data: Record<string, unknown>
      files: WebFile[]
      job?: JobRef
      next: NextAction[]
    }
  /** Call again with `field` (a dotted path into the input) set to the value of a choice. */
  | { kind: "question"; text: string; field: string; choices: { value: string; label: string }[] }

export interface JobCard {
  id: string
  type: string
  title: string
  state: JobView["state"]
  progress?: Progress
  /** 1 = next; only while waiting. */
  position?: number
  /** Seconds until it is expected to end, when this was told. */
  etaS?: number
  error?: { code: string; problem: string; hint: string }
  /** What came of it; empty while it is not done. */
  files: WebFile[]
  /** As in ItemDetail. */
  group?: string
  createdAt: number
  startedAt?: number
  endedAt?: number
}

export interface Deleted {
  threads: number
  /** What the studio keeps, in words. */
  kept: string
}

// ── Events ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * What GET /api/events sends: `data` is one of these as JSON, `id` an opaque cursor. EventSource resumes by itself with
 * Last-Event-ID; a page that opens a new stream passes the last id as `after` (also when it changes to another thread).
 *
 * Open the stream first and read state, transcript and item when `hello` arrives: then nothing falls in between. Without a
 * cursor of this thread the stream begins with what the studio still remembers of the thread (at most 500 events), so a turn
 * in the middle is complete. Messages are keyed by `number` and may repeat what the transcript says.
 */
export type StudioEvent =
  /** The stream stands. `resumed`: nothing was lost since the cursor, so nothing need be read again. */
  | { kind: "hello"; resumed: boolean }
  /** Some events were lost: read state and transcript again. Live events follow. */
  | { kind: "reset" }
  /** The last event of a stream that the studio ends (it stops, the session ended, the page reads too slowly): open it again. */
  | { kind: "bye"; reason: "stopping" | "slow" | "session"; retryMs: number }
  | WebThreadEvent
  /** Somebody (this page, another, a terminal, an assistant) made, revised or moved an item. `revision` is where head is now. */
  | { kind: "item"; change: "created" | "revised" | "moved"; item: ItemCard; revision: RevisionLine }
  | { kind: "item-removed"; itemId: string }
  /** A job was accepted, went on, or ended. */
  | { kind: "job"; job: JobCard }
  | { kind: "quota"; quota: QuotaLine[] }
  /** The person's list of conversations changed. */
  | { kind: "threads"; threads: Thread[] }
  /** A message or press that was accepted could not be answered at all. */
  | { kind: "problem"; threadId: string; error: Explanation }

/** Events of the conversation core; their messages are web messages. */
export type WebThreadEvent = WithWebMessage<ThreadEvent>

type WithWebMessage<E> = E extends { message: Message } ? Omit<E, "message"> & { message: WebMessage } : E

export type { ArtifactRef, Message, NextAction, Progress, Project, Provenance, QuotaLine, Role, Thread, ThreadEvent }
