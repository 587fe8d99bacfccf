import { z } from "zod"
import { slashes } from "#workers/backends/comfyui/model-inputs.ts"
import { read, type Wire } from "#workers/backends/comfyui/request.ts"

/** What an input of a class takes, as far as it is checked before anything is queued. */
export interface InputRules {
  /** Closed list of values. Absent for inputs whose list is not known beforehand: uploads, lists that depend on other inputs. */
  choices?: readonly unknown[]
  min?: number
  max?: number
}

export interface NodeClass {
  inputs: ReadonlyMap<string, InputRules>
  /** It ends a graph: its files are kept. */
  isOutput: boolean
}

const specs = z.record(z.string(), z.unknown())
/** Only what is looked at; everything else is left out while reading. */
export const classSchema = z.object({
  input: z.object({ required: specs.nullish(), optional: specs.nullish() }).catch({}),
  output_node: z.boolean().catch(false),
})

/** Inputs that take files sent before: their lists are those of the moment at which they were asked for. */
const UPLOADS = ["image_upload", "video_upload", "audio_upload", "file_upload", "remote", "remote_combo"]

/** [[choice, …], options] of older nodes, ["COMBO", { options }] of newer ones, ["INT", { min, max }], … */
export function rulesOf(spec: unknown): InputRules {
  if (!Array.isArray(spec)) return {}
  const [type, given] = spec as unknown[] // at least one thing, by the protocol; nothing is taken for granted below
  const options = typeof given === "object" && given !== null ? (given as Record<string, unknown>) : {}
  const listed = Array.isArray(type) ? (type as unknown[]) : type === "COMBO" ? options["options"] : undefined
  const isOpen = UPLOADS.some((name) => options[name])
  const { min, max } = options
  return {
    ...(Array.isArray(listed) && !isOpen && { choices: listed as unknown[] }),
    ...(typeof min === "number" && { min }),
    ...(typeof max === "number" && { max }),
  }
}

function nodeClass({ input, output_node }: z.output<typeof classSchema>): NodeClass {
  const inputs = Object.entries({ ...input.optional, ...input.required }).map(
    ([name, spec]) => [name, rulesOf(spec)] as const,
  )
  return { inputs: new Map(inputs), isOutput: output_node }
}

interface Known {
  at: number
  nodeClass: NodeClass | undefined
}

const KEEP_MS = 60_000
const MAX_SERVERS = 100
const AT_ONCE = 6
const known = new Map<string, Map<string, Known>>()

/**
 * The classes of that name; undefined for those that the server does not have. Asked one by one, since a whole /object_info may
 * be tens of MB; known for a minute.
 */
export async function classesOf(wire: Wire, names: Iterable<string>): Promise<Map<string, NodeClass | undefined>> {
  const ofServer = known.get(wire.server.url) ?? new Map<string, Known>()
  known.delete(wire.server.url)
  known.set(wire.server.url, ofServer)
  for (const url of [...known.keys()].slice(0, -MAX_SERVERS)) known.delete(url)
  const wanted = [...new Set(names)]
  const missing = wanted.filter((name) => !(Date.now() - (ofServer.get(name)?.at ?? 0) < KEEP_MS))
  for (let first = 0; first < missing.length; first += AT_ONCE)
    await Promise.all(
      missing.slice(first, first + AT_ONCE).map(async (name) => {
        ofServer.set(name, { at: Date.now(), nodeClass: await askClass(wire, name) })
      }),
    )
  return new Map(wanted.map((name) => [name, ofServer.get(name)?.nodeClass]))
}

/** What is known of a server is asked for again: it said no, or seems to lack something that may have been put there since. */
export function forgetClasses(url: string): void {
  known.delete(url)
}

async function askClass(wire: Wire, name: string): Promise<NodeClass | undefined> {
  const path = `object_info/${encodeURIComponent(name)}`
  const answer = await read(z.record(z.string(), z.unknown()), wire, path, { expected: [404] })
  const parsed = classSchema.safeParse(answer?.[name])
  return parsed.success ? nodeClass(parsed.data) : undefined
}

/** The value as the server lists it, whichever slashes it uses; undefined when it is not in the list. */
export function listed(choices: readonly unknown[], value: unknown): unknown {
  if (choices.includes(value)) return value
  if (typeof value !== "string") return undefined
  const plain = slashes(value)
  return choices.find((choice) => typeof choice === "string" && slashes(choice) === plain)
}
