import { z } from "zod"
import { modelFiles, slashes } from "#workers/backends/comfyui/model-inputs.ts"

const id = z.string().min(1).max(100)
const node = z.object({
  class_type: z.string().min(1).max(200),
  inputs: z.record(z.string().min(1).max(200), z.unknown()),
  _meta: z.object({ title: z.string().max(200).optional() }).optional(),
})

/** An input that is [id of a node, number of its output] is a link. */
export function linkOf(value: unknown): { node: string; output: number } | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [node, output] = value as unknown[] // two of something
  return typeof node === "string" && typeof output === "number" ? { node, output } : undefined
}

const graphSchema = z
  .record(id, node)
  .refine((it) => Object.keys(it).length > 0 && Object.keys(it).length <= 500, "a graph has 1 to 500 nodes")
  .refine(
    (it) => valuesOf(it).every((value) => (linkOf(value)?.node ?? firstOf(it)) in it),
    "a link names a node that is not in the graph",
  )
/** A workflow as ComfyUI's API takes it: nodes by id. */
export type Graph = z.output<typeof graphSchema>

const firstOf = (graph: object) => Object.keys(graph)[0] ?? ""

function valuesOf(graph: Record<string, { inputs: Record<string, unknown> }>): unknown[] {
  return Object.values(graph).flatMap(({ inputs }) => Object.values(inputs))
}

/** A file that nodes read: it is sent to the server first. Inputs of the graph with this name get the name it has there. */
const upload = z
  .object({
    name: z.string().min(1).max(255),
    mediaType: z.string().max(100),
    /** Either the bytes, or the path of a file. */
    bytes: z.custom<Uint8Array>((it) => it instanceof Uint8Array, "bytes").optional(),
    path: z.string().max(4096).optional(),
  })
  .refine((it) => (it.bytes === undefined) !== (it.path === undefined), "either bytes or a path")

/** What ComfyUI is asked to run. Graphs are made by our own code, never by people or models. */
export const orderSchema = z
  .object({
    graph: graphSchema,
    uploads: z.array(upload).max(50).default([]),
    /** Ids of the nodes whose files are the result; default: every file that the server counts as output, not as temporary. */
    outputs: z.array(id).min(1).max(50).optional(),
  })
  .refine((it) => it.uploads.every(({ name }) => valuesOf(it.graph).includes(name)), "an upload that no node reads")
  .refine((it) => (it.outputs ?? []).every((node) => node in it.graph), "an output is not in the graph")
export type Order = z.output<typeof orderSchema>
export type Upload = Order["uploads"][number]

/** How a run is found again, and what is needed to read it. At most some 30 KB. */
export const handleSchema = z.object({
  /** A lowercase UUID: newer servers accept nothing else. */
  promptId: z.uuid(),
  /** Whose socket hears of it: one id per worker process. */
  clientId: z.string().max(100),
  outputs: z.array(z.string()).optional(),
  /** Nodes whose files carry the mark of this run in their names. */
  marked: z.array(z.string()),
  /** What the nodes are called, and how many steps they take, for progress. */
  nodes: z.record(z.string(), z.object({ title: z.string(), steps: z.number() })),
  /** Seeds, steps, models and the like, as the graph sets them. */
  effective: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** Memory was freed for it: the next time it runs out, it is too small. */
  freed: z.boolean(),
  /** A file of an earlier run had been deleted: nothing may come from the server's cache. */
  fresh: z.boolean(),
})
export type Handle = z.output<typeof handleSchema>

export const settingsSchema = z.object({
  /** Milliseconds between looks while its socket says nothing. */
  poll_ms: z.number().int().min(20).max(60_000).default(2_000),
  /** A download without a byte for this long is given up, in seconds. */
  silence_s: z.number().min(0.1).max(600).default(30),
})
export type Settings = z.output<typeof settingsSchema>

const TOLD = [
  "seed",
  "noise_seed",
  "steps",
  "cfg",
  "guidance",
  "sampler_name",
  "scheduler",
  "denoise",
  "shift",
  "width",
  "height",
  "length",
  "batch_size",
  "fps",
  "strength",
  "strength_model",
  "octree_resolution",
]

/** A handle of a run that is still to be started. */
export function newHandle(order: Order, clientId: string, promptId: string): Handle {
  return {
    promptId,
    clientId,
    ...(order.outputs && { outputs: order.outputs }),
    marked: Object.entries(order.graph).flatMap(([id, { inputs }]) =>
      typeof inputs["filename_prefix"] === "string" ? [id] : [],
    ),
    nodes: Object.fromEntries(
      Object.entries(order.graph).map(([id, it]) => [
        id,
        { title: (it._meta?.title ?? it.class_type).slice(0, 40), steps: stepsOf(order.graph, id) },
      ]),
    ),
    effective: effectiveOf(order.graph),
    freed: false,
    fresh: false,
  }
}

const MAX_STEPS = 10_000

/** Its own, or those of the schedule it is given; nodes that only make a schedule take no time. */
function stepsOf(graph: Graph, id: string): number {
  const { class_type = "", inputs = {} } = graph[id] ?? {}
  const schedule = linkOf(inputs["sigmas"])
  const steps = schedule ? graph[schedule.node]?.inputs["steps"] : /Scheduler/.test(class_type) ? 1 : inputs["steps"]
  return typeof steps === "number" ? Math.min(MAX_STEPS, Math.max(1, Math.round(steps))) : 1
}

/** Values by name; where nodes differ, by name and node: "steps", "seed (12)". */
function effectiveOf(graph: Graph): Handle["effective"] {
  const found = Object.entries(graph).flatMap(([id, { inputs }]) =>
    TOLD.flatMap((name) => {
      const value = inputs[name]
      return typeof value === "number" || typeof value === "string" || typeof value === "boolean"
        ? [{ id, name, value: typeof value === "string" ? value.slice(0, 100) : value }]
        : []
    }),
  )
  const models = modelFiles(graph).map(({ folder, file }) => `${folder}/${slashes(file)}`.slice(0, 200))
  const told: Handle["effective"] = models.length === 0 ? {} : { models: [...new Set(models)].slice(0, 20).join(", ") }
  for (const { id, name, value } of found.slice(0, 60)) {
    const isAlone = found.every((other) => other.name !== name || other.value === value)
    told[isAlone ? name : `${name} (${id})`] = value
  }
  return told
}

/** Part of the file names of a run: the server gives no other proof that a file is of it. */
export const markOf = ({ promptId }: Pick<Handle, "promptId">) => promptId.slice(0, 8)
