import { z } from "zod"
import { explain, UserError } from "#src/errors.ts"
import { warmUp } from "#src/media/warm.ts"
import type { ServerView, Studio } from "#src/studio.ts"
import { defineTool } from "#src/tool.ts"

const MOST_FILES = 2_000
const MOST_TOLD = 12

export const tool = defineTool({
  name: "model_admin",
  title: "Models on the servers",
  description:
    "Which model files each server has, by folder, and which are in its memory now; finds the servers that have a file. With warm: loads a preset or model file into the memory of one server, so that the next picture starts at once; server_edit frees memory.",
  effect: "writes",
  cost: "metered",
  role: "admin",
  input: z.object({
    server: z.string().max(31).optional().describe("Only this server; left out: all that keep models."),
    folder: z.string().max(60).optional().describe("Only this folder, such as checkpoints or loras."),
    find: z.string().max(120).optional().describe("Only files whose name contains this."),
    warm: z
      .string()
      .max(200)
      .optional()
      .describe("Preset or model file that `server` is to load, by one step of a tiny picture."),
  }),
  output: z.object({
    servers: z.array(
      z.object({
        name: z.string(),
        loaded: z.array(z.string()).describe("Signatures of the models in memory, newest first."),
        problem: z.string().optional(),
        files: z.array(z.object({ folder: z.string(), file: z.string() })),
      }),
    ),
  }),
  examples: [
    { say: "which LoRAs are on gpu1?", input: { server: "gpu1", folder: "loras" } },
    { say: "where is flux1-dev?", input: { find: "flux1-dev" } },
    { say: "warm up sdxl on gpu1", input: { server: "gpu1", warm: "sdxl" } },
  ],
  async run({ server, folder, find, warm }, studio) {
    const wanted = studio.servers.list().filter((view) => server === undefined || view.name === server)
    if (server !== undefined && wanted.length === 0) await studio.servers.probe(server, studio.signal) // tells which there are
    if (warm !== undefined) return { ...(await load(warm, server, wanted, studio)), data: { servers: [] } }
    const found = await Promise.all(wanted.map((view) => filesOf(view, studio)))
    const servers = found.map(({ files, ...rest }) => ({
      ...rest,
      files: files
        .filter((one) => folder === undefined || one.folder === folder)
        .filter((one) => find === undefined || one.file.toLowerCase().includes(find.toLowerCase()))
        .slice(0, MOST_FILES),
    }))
    return { say: servers.map(inWords).join("\n") || "There are no servers that keep models.", data: { servers } }
  },
})

async function load(model: string, name: string | undefined, [server]: ServerView[], studio: Studio) {
  if (name === undefined || !server)
    throw new UserError("A model is loaded on one server.", "Name it with server; without warm it lists what each has.")
  const { say, job } = await warmUp(studio, server, model)
  const isDone = job?.state === "done"
  return {
    say: isDone ? `${server.name} has ${model} in its memory now.` : `${server.name} loads ${model}. ${say}`,
    ...(job ? { job } : {}),
  }
}

interface Found {
  name: string
  loaded: string[]
  problem?: string
  files: { folder: string; file: string }[]
}

async function filesOf({ name, warm }: ServerView, { servers, signal }: Studio): Promise<Found> {
  try {
    const folders = await servers.models(name, signal)
    const files = Object.entries(folders).flatMap(([folder, names]) => names.map((file) => ({ folder, file })))
    return { name, loaded: warm, files }
  } catch (error) {
    return { name, loaded: warm, problem: explain(error).problem, files: [] }
  }
}

function inWords({ name, problem, files }: Found): string {
  if (problem !== undefined) return `${name}: ${problem}`
  if (files.length === 0) return `${name}: no such files.`
  const told = files.slice(0, MOST_TOLD).map((one) => `${one.folder}/${one.file}`)
  const more = files.length - told.length
  return `${name}: ${told.join(", ")}${more > 0 ? ` and ${more} more` : ""}`
}
