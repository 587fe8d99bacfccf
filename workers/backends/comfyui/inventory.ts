import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import { jsonEntries } from "#workers/backends/comfyui/json-entries.ts"
import { folderName, modelInputs, slashes } from "#workers/backends/comfyui/model-inputs.ts"
import { classSchema, rulesOf } from "#workers/backends/comfyui/object-info.ts"
import { read, type Wire } from "#workers/backends/comfyui/request.ts"
import { askStream } from "#workers/backends/shared/http.ts"
import { keyOf } from "#workers/backends/shared/key.ts"

/** /object_info of a server with hundreds of custom nodes is some tens of MB. */
const MAX_BYTES = 256 * 1024 ** 2
const MAX_ENTRY_CHARS = 8 * 1024 ** 2
const MAX_NAMES = 50_000
const KEEP_MS = 60_000
const MAX_SERVERS = 100
/** Folders whose files no graph names. */
const NOT_MODELS = new Set(["custom_nodes", "configs", "diffusers", "vae_approx"])

const known = new Map<string, { at: number; names: string[] }>()

/** Node classes and model files, known for a minute; what was known before when it cannot be read in time. */
export async function inventoryOf(wire: Wire, timeoutMs: number): Promise<string[] | undefined> {
  const { url } = wire.server
  const before = known.get(url)
  if (before && Date.now() - before.at < KEEP_MS) return before.names
  try {
    const [nodes, files] = await Promise.all([readNodes(wire, timeoutMs), modelsOf(wire, timeoutMs)])
    const listed = Object.keys(files).length > 0 ? files : nodes.files
    const names = [
      ...nodes.classes.map((name) => `node:${name}`),
      ...Object.entries(listed).flatMap(([folder, names]) => names.map((name) => `${folder}/${name}`)),
    ].slice(0, MAX_NAMES)
    known.delete(url)
    known.set(url, { at: Date.now(), names })
    for (const old of [...known.keys()].slice(0, -MAX_SERVERS)) known.delete(old)
    return names
  } catch (error) {
    if (error instanceof BackendError || wire.signal.aborted) return before?.names
    throw error
  }
}

/** Read while it arrives: of each class only its name is kept, and the files that its loaders list. */
async function readNodes(wire: Wire, timeoutMs: number) {
  const classes: string[] = []
  const files: Record<string, string[]> = {}
  let bytes = 0
  const { server, signal } = wire
  await askStream({ server, signal, path: "object_info", key: keyOf(server), timeoutMs }, async (chunks) => {
    const counted = (async function* () {
      for await (const chunk of chunks) {
        bytes += chunk.byteLength
        if (bytes > MAX_BYTES) throw new BackendError(server.name, "its list of nodes has no end", "transient")
        yield chunk
      }
    })()
    for await (const [name, value] of jsonEntries(counted, { entryChars: MAX_ENTRY_CHARS })) {
      if (classes.length >= MAX_NAMES) return
      classes.push(name)
      addFiles(files, name, value)
    }
  })
  return { classes, files }
}

function addFiles(files: Record<string, string[]>, classType: string, value: unknown): void {
  const inputs = modelInputs(classType)
  const { input } = (inputs.length > 0 ? classSchema.safeParse(value).data : undefined) ?? {}
  for (const [name, folder] of inputs) {
    const { choices = [] } = rulesOf(input?.required?.[name] ?? input?.optional?.[name])
    const names = choices.filter((choice) => typeof choice === "string").map(slashes)
    files[folder] = [...new Set([...(files[folder] ?? []), ...names])]
  }
}

const namesSchema = z.array(z.string().max(1000)).max(MAX_NAMES)

/** Model files by folder. Empty on servers of before 2024-09, which have no list of their folders. */
export async function modelsOf(wire: Wire, timeoutMs = 15_000): Promise<Record<string, string[]>> {
  const folders = (await read(namesSchema, wire, "models", { timeoutMs, expected: [404, 405] })) ?? []
  const wanted = folders.filter((folder) => !NOT_MODELS.has(folder)).slice(0, 200)
  const lists = await Promise.all(
    wanted.map(async (folder) => {
      const path = `models/${encodeURIComponent(folder)}`
      return [folder, (await read(namesSchema, wire, path, { timeoutMs, expected: [404] })) ?? []] as const
    }),
  )
  const files: Record<string, string[]> = {}
  for (const [listed, names] of lists) {
    const folder = folderName(listed)
    files[folder] = [...new Set([...(files[folder] ?? []), ...names.map(slashes)])]
  }
  return files
}
