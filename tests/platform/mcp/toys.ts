import { setTimeout as sleep } from "node:timers/promises"
import { z } from "zod"
import { BackendError, Question } from "#src/errors.ts"
import { defineTool, type Tool } from "#src/tool.ts"
import { handTool } from "#tests/servers/hand-work.ts"
import { createRegistry, loadRegistry, type Registry } from "#tools/registry.ts"

// A picture of 600 x 300 pixels that compresses badly would be too large to be shown inline as it is.
const PICTURE_BYTES = 40_000

const echo = defineTool({
  name: "toy_echo",
  title: "Echo",
  description: "Says the text back and tells its progress.",
  effect: "reads",
  cost: "free",
  role: "viewer",
  input: z.object({
    text: z.string().max(500).describe("What to say."),
    times: z.number().int().min(1).max(3).default(1).describe("How often."),
  }),
  output: z.object({ text: z.string(), key: z.string().optional() }),
  examples: [{ say: "say hello", input: { text: "hello" } }],
  async run({ text, times }, studio) {
    for (const step of [1, 2, 3]) {
      studio.progress({ fraction: step / 4, text: `step ${step} of 3` })
      // The 2025 client drops progress that reaches it in one piece with the answer.
      await sleep(25, undefined, { signal: studio.signal })
    }
    const { idempotencyKey: key } = studio
    return {
      say: Array.from({ length: times }, () => text).join(" "),
      data: { text, ...(key !== undefined && { key }) },
    }
  },
})

const sized = defineTool({
  name: "toy_size",
  title: "Size",
  description: "Takes a size and asks of which system it is, and then for the finger.",
  effect: "writes",
  cost: "free",
  role: "user",
  input: z.object({
    size: z.string().max(20).describe("The size."),
    system: z.enum(["us", "eu"]).optional().describe("Of which system."),
    wearer: z
      .object({ finger: z.string().max(20).optional().describe("Which finger.") })
      .optional()
      .describe("Who wears it."),
  }),
  output: z.object({ size: z.string(), system: z.string(), finger: z.string() }),
  examples: [{ say: "size 7", input: { size: "7" } }],
  // oxlint-disable-next-line require-await -- tools are asynchronous
  async run({ size, system, wearer }) {
    if (!system)
      throw new Question(`Size ${size} of which system?`, "system", [
        { value: "us", label: "United States" },
        { value: "eu", label: "Europe" },
      ])
    const finger = wearer?.finger
    if (!finger) throw new Question("Which finger?", "wearer.finger", [])
    return { say: `${system} ${size} on the ${finger}`, data: { size, system, finger } }
  },
})

const paint = defineTool({
  name: "toy_paint",
  title: "Paint",
  description: "Makes a picture and a file.",
  effect: "writes",
  cost: "free",
  role: "user",
  input: z.object({}),
  output: z.object({}),
  examples: [{ say: "paint something", input: {} }],
  async run(_, studio) {
    const { default: sharp } = await import("sharp")
    let seed = 1
    const random = () => (seed = Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 24
    const noise = Buffer.from(Array.from({ length: 600 * 300 * 3 }, random))
    const png = await sharp(noise, { raw: { width: 600, height: 300, channels: 3 } })
      .png()
      .toBuffer()
    if (png.length < PICTURE_BYTES) throw new Error("the picture is no test of the limit")
    const writer = studio.artifacts.writerFor(studio.caller.accountId)
    const picture = await writer.put(png, { name: "noise.png", use: "preview" })
    const text = await writer.put(Buffer.from("solid ring\nendsolid ring\n"), { name: "ring.txt", use: "file" })
    return {
      say: "Painted.",
      data: {},
      artifacts: [picture, text],
      next: [{ label: "Again", tool: "toy_paint", input: {} }],
    }
  },
})

const breaks = defineTool({
  name: "toy_break",
  title: "Break",
  description: "Goes wrong in the way that is asked for.",
  effect: "destroys",
  cost: "free",
  role: "user",
  input: z.object({ how: z.enum(["bug", "backend", "hang"]).describe("In which way.") }),
  output: z.object({}),
  examples: [{ say: "break", input: { how: "bug" } }],
  async run({ how }, studio) {
    if (how === "backend") throw new BackendError("Blender", "it is not reachable at 127.0.0.1:9", "transient")
    if (how === "hang") await sleep(20_000, undefined, { signal: studio.signal })
    throw new Error("secret internals at /home/somebody/.ssh")
  },
})

export const toys: Tool[] = [echo, sized, paint, breaks, handTool]

/** The toys beside the real tools of the family "studio". */
export async function toyRegistry(): Promise<Registry> {
  const real = await loadRegistry(["studio"])
  return createRegistry([...toys, ...real.all], new Map(real.all.map((tool) => [tool.name, "studio"])))
}
