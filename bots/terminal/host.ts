import type { Readable, Writable } from "node:stream"
import type { Progress } from "#src/job.ts"
import type { Conversations } from "#src/conversation/conversation.ts"
import type { Caller, Services, Studio } from "#src/studio.ts"
import type { Role } from "#src/tool.ts"
import type { Registry } from "#tools/registry.ts"

/** The world of one command: injected, so that commands can be run in tests and inside other programs. */
export interface Io {
  stdin: Readable
  stdout: Writable
  stderr: Writable
  env: Readonly<Record<string, string | undefined>>
  isTTY: { stdin: boolean; stdout: boolean; stderr: boolean }
  /** Width of the terminal in characters. */
  columns: number
  /** Aborted when the person interrupts (Ctrl-C). */
  signal: AbortSignal
}

/** A studio opened for this machine's owner. */
export interface OpenHost {
  services: Services
  registry: Registry
  /** Whoever sits at this machine. */
  owner: Caller
  /** Loaded when somebody talks. */
  conversations(): Promise<Conversations>
  studioFor(call: { signal: AbortSignal; progress(progress: Progress): void }): Studio
  /** Finishes what is being written and lets go of the database and the workers. */
  close(): Promise<void>
}

/** What a command that reports back has to say: words for people, data for `--json`. */
export interface Told {
  say: string
  data: Record<string, unknown>
}

export interface StartOptions {
  host?: string
  port?: number
  /** Also mounts the fixtures of the MCP conformance suite. */
  conformance: boolean
}

export interface NewKey {
  name: string
  role: Exclude<Role, "admin"> | "admin"
  scopes: string[]
  /** Days until it expires; absent = never. */
  days?: number
}

/** The privileged and heavy parts of the commands, put in by the composition root. Errors are thrown as UserError. */
export interface Host {
  version: string
  open(): Promise<OpenHost>
  /** Serves until interrupted; resolves with the exit code. */
  start(options: StartOptions, io: Io): Promise<number>
  mcp(io: Io): Promise<number>
  /** `slots`: attempts at the same time on each lane. */
  worker(options: { lanes: string[]; slots?: number }, io: Io): Promise<number>
  createKey(key: NewKey): Promise<Told>
  listKeys(): Promise<Told>
  revokeKey(idOrPrefix: string): Promise<Told>
  backup(directory: string): Promise<Told>
  restore(directory: string, options: { force: boolean }): Promise<Told>
}
