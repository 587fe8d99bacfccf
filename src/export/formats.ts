import { readdir } from "node:fs/promises"
import { UserError } from "#src/errors.ts"
import type { ExportFormat } from "#src/export/format.ts"

const FOLDER = new URL("./formats/", import.meta.url)

/** The ids of all formats: the file names in formats/. Cheap: loads none of them. */
export async function listFormatIds(): Promise<string[]> {
  return (await readdir(FOLDER))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.slice(0, -3))
    .sort()
}

/** Loads only the asked one. Throws UserError "not_found" that lists what there is. */
export async function getFormat(id: string): Promise<ExportFormat> {
  const ids = await listFormatIds()
  const wanted = id.trim().toLowerCase().replace(/^\./, "")
  if (!ids.includes(wanted))
    throw new UserError(`There is no file format "${id.slice(0, 40)}".`, `There are: ${ids.join(", ")}.`, "not_found")
  return load(wanted)
}

async function load(id: string): Promise<ExportFormat> {
  // The folder is the registry: each module exports `format`, and the contract test checks it.
  const module = (await import(new URL(`${id}.ts`, FOLDER).href)) as { format?: ExportFormat }
  if (!module.format) throw new Error(`src/export/formats/${id}.ts does not export "format"`)
  return module.format
}
