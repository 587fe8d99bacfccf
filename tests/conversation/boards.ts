import { z } from "zod"
import { defineJob, runJob } from "#src/job.ts"
import type { Studio } from "#src/studio.ts"
import { defineTool } from "#src/tool.ts"
import { createRegistry, type Registry } from "#tools/registry.ts"

/** A family of tools without files and pictures, for conversations about boards that are painted, planed and burnt. */
export interface Boards {
  registry: Registry
  /** What was carried out, in order. */
  done: string[]
  /** Lets painting go on; replaced by tests that want it to take its time. */
  gate: Promise<void>
}

const boardField = z.string().max(80).optional().describe("Id of the board; the last one worked on when left out.")
const answer = z.object({ board: z.string(), revision: z.number(), description: z.string(), width_mm: z.number() })
const plank = z.object({ colour: z.string(), width_mm: z.number() })

/** Nothing runs it: it waits until a test ends it. */
const drying = defineJob({
  type: "board.dry",
  payload: z.object({ seconds: z.number() }),
  result: z.object({ words: z.string() }),
  lane: "nobody",
  timeLimitS: 60,
  attempts: 1,
  estimate: ({ seconds }) => ({ seconds }),
  summarize: ({ words }) => ({ say: words, data: {} }),
})

export function boards(): Boards {
  const state: Omit<Boards, "registry"> = { done: [], gate: Promise.resolve() }
  const find = ({ items, caller }: Studio, id: string | undefined) => {
    const item = id === undefined ? items.list(caller.accountId, { limit: 1 })[0] : items.get(caller.accountId, id)
    if (!item) throw new Error("no board")
    return item
  }
  const told = (studio: Studio, id: string, say: string) => {
    const item = find(studio, id)
    const { colour, width_mm } = plank.parse(studio.items.revision(item.id, item.head)?.data)
    return { say, data: { board: item.id, revision: item.head, description: `${colour} board`, width_mm } }
  }
  const paint = defineTool({
    name: "board_create",
    title: "Make a board",
    description: "Makes a board in a colour.",
    effect: "writes",
    cost: "free",
    role: "user",
    input: z.object({ colour: z.enum(["red", "blue"]).describe("Colour.") }),
    output: answer,
    examples: [{ say: "make a red board", input: { colour: "red" } }],
    async run({ colour }, studio) {
      const { signal, items, caller } = studio
      const { promise, resolve } = Promise.withResolvers<void>()
      signal.addEventListener("abort", () => resolve(), { once: true })
      await Promise.race([state.gate, promise])
      signal.throwIfAborted()
      state.done.push(`create ${colour}`)
      const projectId = items.currentProject(caller.accountId).id
      const data = { colour, width_mm: 100 }
      const { item } = items.create({
        accountId: caller.accountId,
        projectId,
        kind: "board",
        name: colour,
        data,
        note: "made",
      })
      return told(studio, item.id, `A ${colour} board.`)
    },
  })
  const operation = z.discriminatedUnion("op", [
    z
      .object({
        op: z.literal("set"),
        width_mm: z
          .number()
          .min(10)
          .max(1_000)
          .optional()
          .meta({ cue: ["width", "wide"], unit: "mm" }),
        colour: z.enum(["red", "blue"]).optional(),
      })
      .meta({ cue: ["change", "make it", "set"] }),
    z.object({ op: z.literal("undo") }).meta({ cue: ["undo"] }),
  ])
  const edit = defineTool({
    name: "board_edit",
    title: "Change a board",
    description: "Changes a board.",
    effect: "writes",
    cost: "free",
    role: "user",
    input: z.object({ board: boardField, operations: z.array(operation).min(1).max(5) }),
    output: answer,
    examples: [{ say: "make it 120 mm wide", input: { operations: [{ op: "set", width_mm: 120 }] } }],
    async run({ board, operations }, studio) {
      const { items, caller } = studio
      const item = find(studio, board)
      for (const step of operations) {
        const now = items.get(caller.accountId, item.id)
        if (!now) throw new Error("gone")
        if (step.op === "undo") items.undo(caller.accountId, item.id)
        else {
          // Between reading and writing: two at once would refuse each other.
          const data = plank.parse(items.revision(item.id, now.head)?.data)
          await Promise.resolve()
          const { op: _op, ...wishes } = step
          items.revise(caller.accountId, item.id, { expectedHead: now.head, data: { ...data, ...wishes }, note: "set" })
        }
        state.done.push(step.op)
      }
      return told(studio, item.id, "Changed.")
    },
  })
  const burn = defineTool({
    name: "board_burn",
    title: "Burn all boards",
    description: "Burns every board.",
    effect: "destroys",
    cost: "free",
    role: "user",
    input: z.object({}),
    output: z.object({ burnt: z.number() }),
    examples: [{ say: "burn all boards", input: {} }],
    run: async () => {
      state.done.push("burn")
      return { say: "Everything is ashes.", data: { burnt: 1 } }
    },
  })
  const dry = defineTool({
    name: "board_dry",
    title: "Dry a board",
    description: "Dries a board for a number of seconds.",
    effect: "writes",
    cost: "metered",
    role: "user",
    input: z.object({
      seconds: z
        .number()
        .min(1)
        .max(10_000)
        .meta({ cue: ["dry for"] }),
    }),
    output: z.object({}),
    examples: [{ say: "dry for 30", input: { seconds: 30 } }],
    run: async ({ seconds }, studio) =>
      (await runJob(studio, drying, { seconds }, { title: `drying for ${seconds} s`, waitS: 0 })).reply as {
        say: string
        data: Record<string, never>
      }, // a job that goes on has no data
  })
  const rule = defineTool({
    name: "quota_set",
    title: "Set quotas",
    description: "Sets quotas.",
    effect: "writes",
    cost: "free",
    role: "admin",
    input: z.object({}),
    output: z.object({}),
    examples: [{ say: "set quotas", input: {} }],
    run: async () => {
      state.done.push("quota")
      return { say: "Set.", data: {} }
    },
  })
  const registry = createRegistry([paint, edit, burn, dry, rule])
  return Object.assign(state, { registry })
}

/** As a worker would end it. */
export function endJob(
  db: { run(sql: string, params: Record<string, string | null>): number },
  id: string,
  words: string,
): void {
  db.run("UPDATE job SET state = 'done', result = :result, ended_at = 1 WHERE id = :id", {
    id,
    result: JSON.stringify({ words }),
  })
}
