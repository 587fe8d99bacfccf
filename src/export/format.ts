import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { checkModel } from "#src/export/check.ts"
import type { Model, Part } from "#src/geometry/mesh.ts"

/** What every format understands. The model itself stays nominal; shrinkage is a matter of the file only. */
export const commonOptions = {
  shrinkagePct: z
    .number()
    .min(0)
    .max(5)
    .default(0)
    .describe("Linear shrinkage of the casting process in percent; the file is scaled by 1 / (1 − s)")
    .meta({ unit: "%" }),
}

/** A file format as a module that answers questions: formats/<id>.ts exports `format`. */
export interface ExportFormat {
  /** What people type: "stl". */
  id: string
  title: string
  /** Without the dot. */
  extension: string
  mediaType: string
  /** One sentence: what the file is good for, its unit, what it leaves out. */
  describe: string
  /** casting = metal parts only, unless the options say otherwise · all = every part. */
  includes: "casting" | "all"
  options: z.ZodObject
  /**
   * The bytes of the file; the same model and options always give the same bytes. Throws UserError for options out of
   * range, for a model with nothing to write in it, and for meshes that no program could read (NaN, wrong indices).
   */
  write(model: Model, options?: Record<string, unknown>): Promise<Uint8Array>
}

interface FormatDefinition<O extends z.ZodObject> extends Omit<ExportFormat, "options" | "write"> {
  options: O
  /** Which parts go into the file; default by `includes`. */
  keep?(part: Part, options: z.output<O>): boolean
  /** Gets checked parts only, already scaled for shrinkage. */
  encode(model: Model, options: z.output<O>): Promise<Uint8Array>
}

/** Puts parsing of options, checks, choice of parts and shrinkage in front of a writer. */
export function defineFormat<O extends z.ZodObject>(definition: FormatDefinition<O>): ExportFormat {
  const { id, title, extension, mediaType, describe, includes } = definition
  return {
    id,
    title,
    extension,
    mediaType,
    describe,
    includes,
    options: definition.options,
    write: async (model, given = {}) => {
      const options = parseOptions(definition, given)
      const parts = model.parts.filter(
        (part) => definition.keep?.(part, options) ?? (includes === "all" || part.role === "metal"),
      )
      if (parts.length === 0)
        throw new UserError(
          `There is nothing to write: ${model.parts.length} parts, none of them for a ${extension.toUpperCase()} file.`,
          includes === "casting"
            ? `${title} holds the metal parts; export GLB for stones alone.`
            : "The model needs at least one part.",
        )
      const chosen = { name: model.name, parts }
      checkModel(chosen)
      const { shrinkagePct = 0 } = options as { shrinkagePct?: number } // every format spreads commonOptions into its own
      return definition.encode(grown(chosen, shrinkagePct), options)
    },
  }
}

function parseOptions<O extends z.ZodObject>(format: FormatDefinition<O>, given: unknown): z.output<O> {
  const parsed = format.options.strict().safeParse(given)
  if (parsed.success) return parsed.data as z.output<O> // strict() changes only what is refused, not the output
  const issue = parsed.error.issues[0]
  throw new UserError(
    `${format.title} cannot be written with ${issue?.path.join(".") || "these options"}: ${issue?.message ?? "not allowed"}.`,
    `Options: ${Object.keys(format.options.shape).join(", ")}.`,
  )
}

/** The model larger by 1 / (1 − s), so that it has its nominal size after casting. */
function grown(model: Model, shrinkagePct: number): Model {
  if (shrinkagePct === 0) return model
  const factor = 1 / (1 - shrinkagePct / 100)
  const parts = model.parts.map((part) => ({
    ...part,
    mesh: { ...part.mesh, positions: part.mesh.positions.map((value) => value * factor) },
  }))
  return { ...model, parts }
}
