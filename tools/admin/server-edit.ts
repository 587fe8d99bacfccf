import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { serverLine, serverShape, shownServer } from "#src/platform/servers/view.ts"
import type { ServerView, Studio } from "#src/studio.ts"
import { defineTool } from "#src/tool.ts"

const MOST = 20

const name = z.string().min(1).max(31).describe("What people call the server, such as gpu1.")
const url = z
  .string()
  .min(3)
  .max(500)
  .describe("Its address, such as http://10.0.0.5:8188 (or blender:local for the program of this machine).")
const slots = z
  .number()
  .int()
  .min(1)
  .max(64)
  .optional()
  .describe("Runs at the same time; left out: what is usual for its kind.")
const vramGb = z
  .number()
  .min(0.25)
  .max(4096)
  .optional()
  .describe("Memory of its largest GPU in GB; left out: what it says itself.")
const keyVariable = z
  .string()
  .min(3)
  .max(61)
  .optional()
  .describe("Name of the environment variable that holds its key, such as MESHY_API_KEY; never the key itself.")
const settings = z
  .string()
  .max(20_000)
  .optional()
  .describe("Settings of its kind as a JSON object, such as the description of a Gradio app.")

const operation = z.discriminatedUnion("do", [
  z.strictObject({
    do: z.literal("add").describe("Adds a server and asks it how it is."),
    name,
    kind: z.string().min(2).max(31).describe("The kind of server: server_list with kinds shows them."),
    url,
    slots,
    vram_gb: vramGb,
    key_variable: keyVariable,
    settings,
  }),
  z.strictObject({
    do: z.literal("change").describe("Changes what is given, keeps the rest, and forgets its failures."),
    name,
    url: url.optional(),
    slots,
    vram_gb: vramGb,
    key_variable: keyVariable,
    settings,
  }),
  z.strictObject({ do: z.literal("drain").describe("Gives it nothing new; what runs there ends there."), name }),
  z.strictObject({ do: z.literal("resume").describe("Takes a drained server back into work."), name }),
  z.strictObject({ do: z.literal("probe").describe("Asks it now how it is and what it has."), name }),
  z.strictObject({ do: z.literal("free").describe("Takes the models out of its GPU memory."), name }),
  z.strictObject({
    do: z.literal("remove").describe("Removes it from the studio."),
    name,
    force: z.boolean().default(false).describe("Also while jobs run there: they are then done elsewhere."),
  }),
])
type Operation = z.output<typeof operation>

export const tool = defineTool({
  name: "server_edit",
  title: "Add and change servers",
  description:
    "Adds, changes, drains, resumes, probes, frees and removes the servers that do work for the studio, while it runs. A list of operations, done one after the other; the first that fails ends it, what was done before stays.",
  effect: "writes",
  cost: "free",
  role: "admin",
  input: z.object({
    operations: z.array(operation).min(1).max(MOST).describe("What to do, in this order."),
  }),
  output: z.object({ servers: z.array(serverShape), removed: z.array(z.string()) }),
  examples: [
    {
      say: "add a ComfyUI server",
      input: { operations: [{ do: "add", name: "gpu1", kind: "comfyui", url: "http://10.0.0.5:8188" }] },
    },
    { say: "drain gpu1", input: { operations: [{ do: "drain", name: "gpu1" }] } },
  ],
  async run({ operations }, studio) {
    const lines: string[] = []
    const removed: string[] = []
    const touched = new Set<string>()
    for (const one of operations) {
      const view = await carryOut(one, studio)
      touched.add(one.name)
      if (!view) removed.push(one.name)
      lines.push(view ? serverLine(view) : `${one.name} was removed.`)
    }
    const left = studio.servers.list().filter((view) => touched.has(view.name))
    return { say: [...new Set(lines)].join("\n"), data: { servers: left.map(shownServer), removed } }
  },
})

/** The server as it is now; undefined when it was removed. */
async function carryOut(one: Operation, studio: Studio): Promise<ServerView | undefined> {
  const { servers, caller, signal } = studio
  const actor = { id: caller.accountId, surface: caller.surface }
  switch (one.do) {
    case "add":
      return servers.add(actor, { ...one, ...fieldsOf(one) }, signal)
    case "change":
      return servers.change(actor, one.name, { url: one.url, ...fieldsOf(one) }, signal)
    case "drain":
    case "resume":
      return servers.drain(actor, one.name, one.do === "drain")
    case "probe":
      return servers.probe(one.name, signal)
    case "free":
      return servers.free(actor, one.name, signal)
    case "remove":
      servers.remove(actor, one.name, { force: one.force })
  }
  return undefined
}

function fieldsOf(one: Extract<Operation, { do: "add" | "change" }>) {
  return {
    slots: one.slots,
    vramMb: one.vram_gb === undefined ? undefined : Math.round(one.vram_gb * 1024),
    keyEnv: one.key_variable,
    settings: one.settings === undefined ? undefined : parseSettings(one.settings),
  }
}

function parseSettings(text: string): unknown {
  try {
    const settings: unknown = JSON.parse(text)
    if (typeof settings === "object" && settings !== null && !Array.isArray(settings)) return settings
  } catch {
    // Told below.
  }
  throw new UserError("The settings are not a JSON object.", 'Give them like {"version":"2.1"}.')
}
