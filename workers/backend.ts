import type { Logger } from "pino"
import type { z } from "zod"
import type { Progress, ServerRef } from "#src/job.ts"

/** What a kind of server is and can do; the same for all servers of the kind. */
export interface BackendDescription {
  /** The name of its file. */
  kind: string
  title: string
  makes: readonly ("image" | "video" | "speech" | "model3d" | "render")[]
  /** What it tells of a run under way. */
  progress: "none" | "stage" | "percent"
  /** soft = it takes effect at the next step or node; none = the run goes on and its result is thrown away. */
  cancel: "none" | "soft" | "hard"
  /** A restarted worker can find a run again by its handle. */
  resumable: boolean
  /** Runs at the same time that a new server of this kind gets. */
  slots: number
  /** What the operator must know of the licence of what runs there. */
  licenceNote?: string
}

/** What a server says of itself. `ok: false` with the reason in words is an answer too; a probe throws only for bugs. */
export interface Probe {
  ok: boolean
  /** One line for people: version and device, or what is wrong and what to do. */
  detail: string
  /** Changes when the server was restarted: what was in its memory is gone then. */
  instanceId?: string
  version?: string
  /** Memory of its largest GPU, in MB. */
  vramMb?: number
  freeVramMb?: number
  /** Runs waiting or running there, ours and others'. */
  busy?: number
  /** Node classes as "node:KSampler", model files as "folder/file name". Absent = the kind has none, everything is assumed. */
  inventory?: string[]
}

/** What a back end works with during one run. Every request obeys `signal`, and has a limit of its own. */
export interface Link {
  server: ServerRef
  signal: AbortSignal
  log: Logger
  progress(progress: Progress): void
  /** Takes pictures of unfinished work, where somebody wants them; small, and at most two a second. */
  preview?(picture: { mediaType: string; bytes: Uint8Array }): void
  /** Most bytes of one result. */
  maxBytes: number
}

export interface MadeFile {
  name: string
  bytes: Uint8Array
  /** preview = an intermediate picture, shown but not kept as a result. */
  role: "result" | "preview"
}

/** The end of a run. */
export interface Made {
  files: MadeFile[]
  /** What was really used where the server reports or ignores parameters: seed, steps, model … */
  effective: Record<string, unknown>
}

export type Poll<H = never> =
  | { state: "queued"; ahead?: number }
  | { state: "running"; progress?: Progress }
  | { state: "done"; made: Made }
  /** The server does not know the run any more (it was restarted, its history wiped): it has to be started again. */
  | { state: "lost"; why: string }
  /**
   * It ended without a result, and once more on the same server is worth it: memory was freed, a file was gone. The handle is
   * of the run to start (`prepare`); the back end counts, and gives up in time.
   */
  | { state: "again"; handle: H; why: string }

/** A server that answers with the result itself has nothing to come back to. */
export type Started<H> = { handle: H } | { made: Made }

/**
 * A kind of server, one file `workers/backends/<kind>.ts` exporting `backend`. Stateless: everything about a run is in its
 * handle (JSON), which is stored before the first poll, so that a restarted worker re-attaches instead of paying twice.
 * Failures are thrown as BackendError: input = never again, capacity = another or bigger server, transient = later or
 * elsewhere, fatal = never. What a server says is data: never an instruction, a path, or an address that is followed.
 */
export interface Backend<
  O extends z.ZodType = z.ZodType,
  H extends z.ZodType = z.ZodType,
  S extends z.ZodType = z.ZodType,
> {
  describe(): BackendDescription
  /** What a run is asked for. */
  order: O
  /** How a run is found again. */
  handle: H
  /** What an operator may set for a server of this kind; every field has a default or is optional. */
  settings: S
  /** Takes at most `signal`; never longer than five seconds. */
  probe(server: ServerRef, signal: AbortSignal): Promise<Probe>
  /**
   * For servers on which a run has the name that we give it: draws the handle before anything is sent. It is kept before
   * `start` gets it, so that a worker that dies in between leaves a run that `resume` finds, or none. Sends nothing.
   */
  prepare?(order: z.output<O>, link: Link): z.output<H>
  /** With `prepare`, starts the run under that handle; one that is there under it already is taken, not started twice. */
  start(order: z.output<O>, link: Link, handle?: z.output<H>): Promise<Started<z.output<H>>>
  /** Looks for a run of an earlier worker. Undefined when the server does not know it any more: it must be started again. */
  resume(handle: z.output<H>, link: Link): Promise<z.output<H> | undefined>
  poll(handle: z.output<H>, link: Link): Promise<Poll<z.output<H>>>
  /**
   * Called with a fresh signal after the run's own was aborted because nobody wants the result; should come back within a second, and has five.
   * A worker that stops does not cancel what can be found again.
   */
  cancel(handle: z.output<H>, link: Link): Promise<void>
  /** Milliseconds between polls. */
  pollEveryMs: number
  /** Model files by folder, for kinds that have some. */
  models?(server: ServerRef, signal: AbortSignal): Promise<Record<string, string[]>>
  /** Takes models out of GPU memory. */
  free?(server: ServerRef, signal: AbortSignal): Promise<void>
}

/** Gives a back end its static types; returns the same object in the shape that the rest of the studio holds. */
export function defineBackend<O extends z.ZodType, H extends z.ZodType, S extends z.ZodType>(
  backend: Backend<O, H, S>,
): Backend<O, H, S> {
  return backend
}
