import { PassThrough, Readable } from "node:stream"
import { crc32, deflateSync } from "node:zlib"
import { z } from "zod"
import type { Host, Io } from "#bots/terminal/host.ts"
import { runCommand } from "#bots/terminal/run.ts"
import { createConversations } from "#src/conversation/conversations.ts"
import type { Conversations } from "#src/conversation/conversation.ts"
import type { ConversationParts } from "#src/conversation/parts.ts"
import { Question, UserError } from "#src/errors.ts"
import { defineTool } from "#src/tool.ts"
import type { TestStudio } from "#tests/studio.ts"
import { createRegistry, type Registry } from "#tools/registry.ts"

/** A 2 × 2 PNG: red, green, blue, white. */
export const PNG = png([
  [255, 0, 0, 0, 255, 0],
  [0, 0, 255, 255, 255, 255],
])

function png(rows: number[][]): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const frame = Buffer.alloc(8)
    frame.writeUInt32BE(data.length, 0)
    frame.writeUInt32BE(crc32(body), 4)
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
  }
  const header = Buffer.from([0, 0, 0, (rows[0]?.length ?? 0) / 3, 0, 0, 0, rows.length, 8, 2, 0, 0, 0])
  const pixels = deflateSync(Buffer.from(rows.flatMap((row) => [0, ...row])))
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))])
}

const cup = defineTool({
  name: "cup_create",
  title: "Create a cup",
  description: "Makes a cup and writes its mould.",
  effect: "writes",
  cost: "free",
  role: "user",
  input: z.object({
    colour: z.enum(["red", "blue"]).optional().describe("Glaze."),
    height_mm: z
      .number()
      .min(20)
      .max(200)
      .optional()
      .describe("Height.")
      .meta({ unit: "mm", cue: ["high", "height"] }),
    size: z
      .string()
      .max(10)
      .optional()
      .describe("Size.")
      .meta({ cue: ["size"] }),
    system: z.enum(["metric", "imperial"]).optional().describe("What the size is counted in."),
  }),
  output: z.object({ made: z.string() }),
  examples: [{ say: "a red cup", input: { colour: "red" } }],
  async run({ colour, size, system }, studio) {
    if (size && !system)
      throw new Question("Which size do you mean?", "system", [
        { value: "metric", label: "metric, in cm" },
        { value: "imperial", label: "imperial, in inches" },
      ])
    if (colour === "blue") throw new UserError("There is no blue glaze left.", "Red is possible.")
    studio.progress({ fraction: 0.5, text: "turning" })
    const writer = studio.artifacts.writerFor(studio.caller.accountId)
    const mould = await writer.put(Buffer.from(`solid ${size ?? ""}\nendsolid\n`.padEnd(200)), {
      name: "../cup.txt",
      use: "model",
      facts: { Height: "90 mm" },
    })
    return { say: `A ${colour ?? "plain"} cup.\u001b[2J`, data: { made: colour ?? "plain" }, artifacts: [mould] }
  },
})

const smash = defineTool({
  name: "cup_delete",
  title: "Smash a cup",
  description: "Smashes a cup.",
  effect: "destroys",
  cost: "free",
  role: "user",
  input: z.object({}),
  output: z.object({}),
  examples: [],
  run: async () => ({ say: "Smashed.", data: {} }),
})

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

export interface Surroundings {
  stdin?: string
  /** A person at a terminal who answers with stdin. */
  tty?: boolean
  env?: Record<string, string>
  signal?: AbortSignal
  host?: Partial<Host>
  /** Instead of the two small tools. */
  registry?: Registry
  /** What the conversations are made of otherwise: a model, limits. */
  parts?: Partial<ConversationParts>
}

/** Runs one command line against a studio with two small tools. */
export async function atelier(house: TestStudio, argv: string[], around: Surroundings = {}): Promise<Ran> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const tty = around.tty ?? false
  const io: Io = {
    stdin: Readable.from([Buffer.from(around.stdin ?? "")]),
    stdout,
    stderr,
    env: around.env ?? {},
    isTTY: { stdin: tty, stdout: tty, stderr: tty },
    columns: 80,
    signal: around.signal ?? new AbortController().signal,
  }
  const code = await runCommand(argv, { ...hostOf(house, around), ...around.host }, io)
  const text = (stream: PassThrough) => String((stream.read() as Buffer | null) ?? "") // a PassThrough without encoding yields bytes
  return { code, stdout: text(stdout), stderr: text(stderr) }
}

function hostOf(house: TestStudio, { registry = createRegistry([cup, smash]), parts = {} }: Surroundings): Host {
  const told = async (say: string, data: Record<string, unknown> = {}) => ({ say, data })
  return {
    version: "1.2.3",
    open: async () => {
      let talks: Conversations | undefined
      return {
        services: house.services,
        registry,
        owner: house.call().caller,
        conversations: async () =>
          (talks ??= createConversations({
            ...house.services,
            db: house.db,
            registry: async () => registry,
            studioFor: (call) => ({ ...house.call(call.caller, call), progress: call.progress }),
            keepDays: 30,
            ...parts,
          })),
        studioFor: ({ signal, progress }) => ({ ...house.call({}, { signal }), progress }),
        close: async () => talks?.close(),
      }
    },
    start: async ({ port }) => port ?? 0,
    mcp: async () => 0,
    worker: async ({ lanes }) => lanes.length,
    createKey: ({ name, role, scopes, days }) =>
      told(`key ${name} ${role}`, { name, role, scopes, days: days ?? null }),
    listKeys: () => told("no keys", { keys: [] }),
    revokeKey: (id) => told(`revoked ${id}`, { id }),
    backup: (directory) => told(`saved to ${directory}`, { directory }),
    restore: (directory, { force }) => told(`restored ${directory}`, { directory, force }),
  }
}
