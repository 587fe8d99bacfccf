import type { z } from "zod"
import type { BackendError } from "#src/errors.ts"
import type { JobContext, Progress, ServerRef } from "#src/job.ts"
import { loadConfig } from "#src/platform/config.ts"
import { createLog } from "#src/platform/log.ts"
import type { Backend, Made } from "#workers/backend.ts"
import { runOnServer } from "#workers/run-on-server.ts"

export interface Attempt {
  made: Promise<Made>
  told: Progress[]
  /** Handles that were kept, in order. */
  kept: unknown[]
  /** Everything that was logged. */
  log: string[]
}

export interface AttemptOptions {
  settings?: unknown
  keyEnv?: string
  handle?: unknown
  /** Most of one result; 256 by default. */
  maxFileMb?: number
  signal?: AbortSignal
  onProgress?: (progress: Progress) => void
  onKeep?: (handle: unknown) => void | Promise<void>
}

export function serverRef(kind: string, url: string, { settings = {}, keyEnv }: AttemptOptions = {}): ServerRef {
  return { id: "srv_1", name: "workhorse", kind, url, settings, ...(keyEnv === undefined ? {} : { keyEnv }) }
}

/** One attempt of a job on a server, as a job handler runs it. */
export function attempt<O extends z.ZodType, H extends z.ZodType, S extends z.ZodType>(
  backend: Backend<O, H, S>,
  url: string,
  order: z.input<O>,
  options: AttemptOptions = {},
): Attempt {
  const told: Progress[] = []
  const kept: unknown[] = []
  const lines: string[] = []
  const { kind } = backend.describe()
  const settings: unknown = backend.settings.parse(options.settings ?? {})
  const context: Parameters<typeof runOnServer>[2] = {
    server: serverRef(kind, url, { ...options, settings }),
    signal: options.signal ?? new AbortController().signal,
    log: createLog("debug", { write: (line) => void lines.push(line) }),
    config: loadConfig({ ATELIER_MAX_FILE_MB: String(options.maxFileMb ?? 256) }, "/nonexistent/.env"),
    progress: (progress) => {
      told.push(progress)
      options.onProgress?.(progress)
    },
    keep: (async (handle) => {
      // What is kept goes through JSON on its way.
      kept.push(JSON.parse(JSON.stringify(handle)))
      await options.onKeep?.(handle)
    }) satisfies JobContext["keep"],
    ...("handle" in options ? { handle: options.handle } : {}),
  }
  // Polls come at once, so that no test waits for them.
  const made = runOnServer({ ...backend, pollEveryMs: 1 }, order, context)
  made.catch(() => undefined) // whoever awaits it sees it
  return { made, told, kept, log: lines }
}

/** What an attempt failed with, as "class: problem". */
export async function failureOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  )
  if (!(error instanceof Error) || error.name !== "BackendError") throw error
  const { retry, problem } = error as BackendError // told by its name
  return `${retry}: ${problem}`
}
