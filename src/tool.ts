import type { z } from "zod"
import type { Studio } from "#src/studio.ts"

export type Role = "viewer" | "user" | "service" | "admin"

/** A file in the artifact store, by reference. `id` is stable; bytes never travel through replies. */
export interface ArtifactRef {
  id: string
  /** File name a person would like to see, e.g. "rose-gold-solitaire.stl". */
  name: string
  mediaType: string
  bytes: number
  sha256: string
  /** What the file is for: "preview" pictures are shown inline, "model" opens in the 3D viewer, "file" is a download. */
  use: "preview" | "model" | "file"
}

export interface JobRef {
  id: string
  state: "waiting" | "running" | "done" | "failed" | "cancelled"
}

/** A step that makes sense now: shown as a button, as text, or told to a model. */
export interface NextAction {
  label: string
  tool: string
  input: Record<string, unknown>
}

/** What a tool answers: one short text with plain URLs, typed data without base64, files by reference. Surfaces render it. */
export interface Reply<D = Record<string, unknown>> {
  say: string
  data: D
  artifacts?: ArtifactRef[]
  job?: JobRef
  next?: NextAction[]
}

export interface ToolExample {
  /** A sentence somebody would type … */
  say: string
  /** … and the call it stands for. */
  input: Record<string, unknown>
}

/**
 * One capability of the studio. The zod schemas are the single source of the static type, the MCP schema, slash options,
 * the interpreter's grammar, command-line help and the tool table in the docs.
 * Field descriptions are for people; `.meta({ aliases, unit, cue })` on fields and enum values feeds the interpreter.
 */
export interface Tool<I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> {
  /** snake_case, `family_verb`; the family is the folder in tools/. */
  name: string
  title: string
  description: string
  /** reads: nothing changes · writes: adds or revises, can be undone · destroys: cannot be undone. */
  effect: "reads" | "writes" | "destroys"
  /** free: answers at once · metered: submits jobs that hold and settle quota. */
  cost: "free" | "metered"
  /** Least role that may call it. */
  role: Role
  /** Hosts that show MCP Apps open this view beside the answers: "model" = the 3D viewer. */
  view?: "model"
  input: I
  output: O
  examples: ToolExample[]
  run(input: z.output<I>, studio: Studio): Promise<Reply<z.input<O>>>
}

/** Gives a tool its static types; returns the same object. */
export function defineTool<I extends z.ZodObject, O extends z.ZodObject>(tool: Tool<I, O>): Tool<I, O> {
  return tool
}
