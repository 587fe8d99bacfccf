import type { Readable } from "node:stream"
import type { Logger } from "pino"
import type { z } from "zod"
import type { JobContract, JobNeeds, Progress } from "#src/job.ts"
import type { Config } from "#src/platform/config.ts"
import type { QuotaAdmin } from "#src/platform/quota/admin.ts"
import type { ServerAdmin } from "#src/platform/servers/admin.ts"
import type { ArtifactRef, JobRef, Reply, Role, Tool } from "#src/tool.ts"

/** Injected time, so that windows, leases and expiry can be tested. Milliseconds since the epoch. */
export interface Clock {
  now(): number
}

export type Surface = "cli" | "stdio" | "http" | "web" | "discord" | "slack" | "job"

/** Who asks: set by the surface from a key or platform identity, never from tool arguments. */
export interface Caller {
  accountId: string
  /** Guild, workspace or "local". */
  tenantId: string
  role: Role
  surface: Surface
  /** BCP 47, e.g. "en-US"; decides what "size 7" means only when the person set it. */
  locale?: string
  keyId?: string
}

// ── Projects and items ────────────────────────────────────────────────────────────────────────────────────────────────

export interface Project {
  id: string
  accountId: string
  name: string
  createdAt: number
}

/** A thing people edit (a design, a board, a book). Its content lives in append-only revisions. */
export interface Item {
  id: string
  projectId: string
  accountId: string
  /** Family word: "design", "model", "board", "book". */
  kind: string
  name: string
  /** The revision that undo and redo move; edits append after it. */
  head: number
  createdAt: number
  updatedAt: number
}

export interface Revision {
  itemId: string
  number: number
  /** The revision it was made from; null for the first. */
  parent: number | null
  /** JSON of the family, checked by the family's own schema when read. */
  data: unknown
  /** One line: what changed. */
  note: string
  accountId: string
  createdAt: number
}

export interface Items {
  createProject(accountId: string, name: string): Project
  /** The account's most recently used project; made on first use. */
  currentProject(accountId: string): Project
  listProjects(accountId: string): Project[]
  getProject(accountId: string, id: string): Project | undefined
  create(input: { accountId: string; projectId: string; kind: string; name: string; data: unknown; note: string }): {
    item: Item
    revision: Revision
  }
  /** Undefined when absent or not this account's. */
  get(accountId: string, id: string): Item | undefined
  /** Most recently changed first. */
  list(accountId: string, filter?: { projectId?: string; kind?: string; limit?: number }): Item[]
  revision(itemId: string, number: number): Revision | undefined
  revisions(itemId: string, limit?: number): Revision[]
  /** Appends after head and moves head. Throws UserError "conflict" when head is not `expectedHead`. */
  revise(
    accountId: string,
    id: string,
    input: { expectedHead: number; data: unknown; note: string },
  ): { item: Item; revision: Revision }
  /** Another name for what is there; no revision, and nothing else changes. */
  rename(accountId: string, id: string, name: string): Item
  /** All of the synchronous `work` or, when it throws, none of it. */
  atomically<T>(work: () => T extends Promise<unknown> ? never : T): T
  /** Moves head to its parent / to the newest child of head. Throws UserError "conflict" when there is nothing to undo or redo. */
  undo(accountId: string, id: string): { item: Item; revision: Revision }
  redo(accountId: string, id: string): { item: Item; revision: Revision }
}

// ── Artifacts ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Artifact extends ArtifactRef {
  accountId: string
  createdAt: number
  /** Facts for the page beside the viewer: size, mass, triangles … short label → short text; "Title" heads it. */
  facts: Record<string, string>
  /** Artifacts made together (the GLB, STL and picture of one revision) share a group, shown as download buttons. */
  group?: string
}

export interface ArtifactInput {
  name: string
  use: ArtifactRef["use"]
  facts?: Record<string, string>
  group?: string
}

/** The part of the store that a job handler sees. */
export interface ArtifactWriter {
  /** Streams to a temporary file, hashes, checks limit and media type (by content), then renames. Idempotent by content. */
  put(source: Uint8Array | Readable | { path: string }, input: ArtifactInput): Promise<Artifact>
  /** Local path of the bytes, read-only. Throws UserError "not_found". */
  path(id: string): Promise<string>
}

export interface Artifacts {
  writerFor(accountId: string): ArtifactWriter
  get(id: string): Artifact | undefined
  group(accountId: string, group: string): Artifact[]
  /** Local path of the bytes. Throws UserError "not_found". */
  path(id: string): string
  /** Signed, expiring link to the bytes / to the viewer page. */
  fileUrl(artifact: ArtifactRef, options?: { download?: boolean }): string
  pageUrl(artifact: ArtifactRef): string
  /** Keeps an artifact alive while `owner` (e.g. "item:…", "job:…") exists. */
  link(owner: string, artifactIds: readonly string[]): void
}

// ── Jobs ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface JobView extends JobRef {
  type: string
  accountId: string
  title: string
  attempt: number
  progress?: Progress
  /** 1 = next; only while waiting. */
  position?: number
  /** Seconds until it is expected to end, when known. */
  etaS?: number
  payload: unknown
  result?: unknown
  error?: { code: string; problem: string; hint: string }
  createdAt: number
  startedAt?: number
  endedAt?: number
}

export interface SubmitOptions {
  caller: Caller
  /** What a person reads in job_list: "14k rose gold solitaire". */
  title: string
  /** Same account + key = same job, charged once. */
  idempotencyKey?: string
  /** Same account + key and a finished job = its result again, free. Only where the work is deterministic. */
  cacheKey?: string
  /** W3C traceparent of the call that submits it: log lines and requests of the work carry it. */
  trace?: string
  /** "rush" is a class above "normal"; "background" below. */
  urgency?: "rush" | "normal" | "background"
}

export interface Jobs {
  /** Accepts in one transaction (idempotency, cache, quota hold, row); answered only after commit. Throws UserError "quota". */
  submit<P extends z.ZodType, R extends z.ZodType>(
    contract: JobContract<P, R>,
    payload: z.input<P>,
    options: SubmitOptions,
  ): JobView
  /** Waits until the job ends or `timeoutMs` passes, whichever is first; never throws for a failed job. */
  wait(
    id: string,
    options: { timeoutMs: number; signal?: AbortSignal; onProgress?: (view: JobView) => void },
  ): Promise<JobView>
  /** Undefined when absent or not this account's. */
  get(accountId: string, id: string): JobView | undefined
  list(accountId: string, filter?: { states?: JobView["state"][]; limit?: number }): JobView[]
  /** Immediate for a waiting job; asks a running one to stop. Throws UserError "not_found" or "conflict" when already ended. */
  cancel(accountId: string, id: string): JobView
  /** How a finished job reads (its contract's `summarize`); undefined while it is not done. */
  reply(view: JobView): Reply | undefined
}

// ── Quota ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface QuotaLine {
  unit: string
  window: "hour" | "day" | "week" | "month" | "total"
  /** null = unlimited. */
  limit: number | null
  used: number
  held: number
  /** Where the limit comes from, for "why". */
  source: string
  resetsAt?: number
  /** A budget that all members of the tenant use together. */
  shared?: boolean
  /** Id of a top-up, which is spent after the allowance of the windows. */
  topUp?: string
}

export interface Quota {
  /** Without a tenant: the one that the account is from. */
  show(accountId: string, tenantId?: string): QuotaLine[]
  /** What admins look at and change; it refuses everybody else. */
  admin: QuotaAdmin
}

// ── Servers ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A server that does work for the studio, as people see it. */
export interface ServerView {
  id: string
  name: string
  kind: string
  url: string
  /** ready · busy (all slots taken) · draining (takes nothing new) · resting (failed, is tried again later) · down · new (not probed yet). */
  state: "ready" | "busy" | "draining" | "resting" | "down" | "new"
  /** One line of its last probe. */
  detail: string
  slots: number
  /** Runs of this studio on it now. */
  running: number
  /** Jobs that wait for a server and could run on it. */
  waiting: number
  /** Runs that it reports itself, others' included. */
  busy?: number
  vramMb?: number
  freeVramMb?: number
  version?: string
  /** Models now in its memory, as far as the studio knows, newest first. */
  warm: string[]
  runsDone: number
  runsFailed: number
  probedAt?: number
}

/** Whether work can run somewhere, with the reason and the way out when it cannot. */
export type Match = { ok: true; servers: string[] } | { ok: false; problem: string; hint: string }

export interface Servers {
  list(): ServerView[]
  /** Servers that have what is needed, whether free or not. */
  match(needs: JobNeeds): Match
  /** What the last probe found there: node classes as "node:KSampler", files as "checkpoints/x.safetensors". */
  inventory(id: string): readonly string[]
}

// ── The studio ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Check {
  name: string
  state: "ok" | "absent" | "failing"
  detail: string
  /** What to do when it is not ok. */
  hint?: string
}

/** Built once in main.ts. */
export interface Services {
  config: Config
  clock: Clock
  log: Logger
  items: Items
  artifacts: Artifacts
  jobs: Jobs
  quota: Quota
  /** Whoever may change servers is decided by the role of the tool. */
  servers: ServerAdmin
  /** What is configured, reachable, missing. Never throws, never takes more than a second. */
  health(signal: AbortSignal): Promise<Check[]>
  /** The tools, for help texts. */
  tools(): Promise<readonly Tool[]>
}

/** What a tool gets: the services, and who asks. */
export interface Studio extends Services {
  caller: Caller
  signal: AbortSignal
  /** Same call sent twice by a client = one job. */
  idempotencyKey?: string
  /** W3C traceparent of this call. */
  trace?: string
  progress(progress: Progress): void
}
