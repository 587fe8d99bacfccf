import { pathToFileURL } from "node:url"
import { describe, expect, test } from "vitest"
import { z } from "zod"
import { describeTool } from "#src/platform/mcp/listing.ts"
import type { Tool } from "#src/tool.ts"
import { createRegistry } from "#tools/registry.ts"
import { listFiles, ROOT } from "#tests/architecture/scan.ts"
import { schemaFaults } from "#tests/contract/limits.ts"

/** What all models together may be shown: 14 k tokens of about four characters. */
const MAX_LIST_BYTES = 56 * 1024
const MAX_VISIBLE = 30
const MAX_DESCRIPTION = 600

const files = listFiles(["tools"]).filter((path) => /^tools\/[^/]+\/[^/]+\.ts$/.test(path))
const tools = await Promise.all(
  files.map(async (path) => {
    // The folder is the registry: what a tool file exports is what this test is about to check.
    const module = (await import(pathToFileURL(`${ROOT}${path}`).href)) as { tool: Tool }
    return { path, tool: module.tool }
  }),
)
const inputSchema = (tool: Tool) => z.toJSONSchema(tool.input, { io: "input" })
const outputSchema = (tool: Tool) => z.toJSONSchema(tool.output)

/** One sentence per thing a tool gets wrong. */
function toolFaults(path: string, tool: Tool): string[] {
  const [, family = "", file = ""] = path.replace(/\.ts$/, "").replaceAll("-", "_").split("/")
  const faults: [boolean, string][] = [
    [
      [`${family}_${file}`, file].includes(tool.name),
      `is named ${tool.name}, not ${family}_${file} or ${file} as its file says`,
    ],
    [/^[a-z][a-z0-9]*(_[a-z0-9]+)+$/.test(tool.name), "has a name that is not snake_case"],
    [tool.title.length >= 3 && tool.title.length <= 60, "has no title of 3 to 60 characters"],
    [
      tool.description.length >= 20 && tool.description.length <= MAX_DESCRIPTION,
      `has a description of ${tool.description.length} characters, allowed are 20 to ${MAX_DESCRIPTION}`,
    ],
    [["reads", "writes", "destroys"].includes(tool.effect), "has no effect"],
    [["free", "metered"].includes(tool.cost), "has no cost"],
    [["viewer", "user", "service", "admin"].includes(tool.role), "has no role"],
    [tool.output instanceof z.ZodObject, "has an output that is no object"],
    [tool.examples.length > 0, "has no example"],
  ]
  return [
    ...faults.filter(([right]) => !right).map(([, fault]) => fault),
    ...schemaFaults(inputSchema(tool), "input"),
    ...tool.examples.flatMap((example) => exampleFaults(tool, example)),
  ].map((fault) => `${path}: ${fault}`)
}

function exampleFaults(tool: Tool, example: Tool["examples"][number]): string[] {
  const parsed = tool.input.strict().safeParse(example.input)
  return [
    ...(parsed.success
      ? []
      : [`the example "${example.say}" does not fit the input: ${z.prettifyError(parsed.error)}`]),
    ...(example.say.length > 2 && example.say.length <= 200 ? [] : [`the example "${example.say}" is no sentence`]),
  ]
}

describe("every tool", () => {
  test.each(tools)("$path says who it is, what it does, and limits what it takes", ({ path, tool }) => {
    expect(toolFaults(path, tool)).toEqual([])
  })

  test.each(tools)("$path has an output that a client can check", ({ tool }) => {
    expect(outputSchema(tool)).toMatchObject({ type: "object" })
  })
})

describe("all tools together", () => {
  const registry = createRegistry(tools.map(({ tool }) => tool))

  test("admin tools are visible to no role, not even to admins", () => {
    for (const role of ["viewer", "user", "service", "admin"] as const)
      expect(registry.visible(role).filter((tool) => tool.role === "admin")).toEqual([])
  })

  test(`at most ${MAX_VISIBLE} are visible, and their list is at most ${MAX_LIST_BYTES / 1024} KB`, () => {
    const visible = registry.visible("admin")
    expect(visible.length).toBeLessThanOrEqual(MAX_VISIBLE)
    const list = visible.map(describeTool)
    expect(JSON.stringify(list).length).toBeLessThanOrEqual(MAX_LIST_BYTES)
  })
})

describe("a careless tool is found", () => {
  const careless: Tool = {
    name: "designCreate",
    title: "",
    description: "x".repeat(601),
    effect: "reads",
    cost: "free",
    role: "user",
    input: z.object({
      text: z.string().describe("A text."),
      many: z.array(z.string().max(5)).describe("Many."),
      size: z.number().min(0).describe("A size."),
      steps: z.number().int().describe("Steps."),
      anything: z.unknown().describe("Anything."),
      table: z.record(z.string().max(5), z.boolean()).describe("A table."),
      inner: z.object({ kind: z.literal("a"), silent: z.boolean() }).describe("Inner."),
      either: z.union([z.enum(["a", "b"]), z.string()]).describe("Either."),
    }),
    output: z.object({}),
    examples: [{ say: "do it", input: { nothing: 1 } }],
    run: () => Promise.resolve({ say: "", data: {} }),
  }

  test("with every fault it has, and none that it has not", () => {
    const faults = toolFaults("tools/design/create.ts", careless).join("\n")
    expect(faults).toMatchInlineSnapshot(`
      "tools/design/create.ts: is named designCreate, not design_create or create as its file says
      tools/design/create.ts: has a name that is not snake_case
      tools/design/create.ts: has no title of 3 to 60 characters
      tools/design/create.ts: has a description of 601 characters, allowed are 20 to 600
      tools/design/create.ts: input.text is a string without maxLength
      tools/design/create.ts: input.many is an array without maxItems
      tools/design/create.ts: input.size is a number without maximum
      tools/design/create.ts: input.steps is a number without minimum
      tools/design/create.ts: input.steps is a number without maximum
      tools/design/create.ts: input.anything accepts anything: say what it is
      tools/design/create.ts: input.table takes any number of keys: take an array of pairs with maxItems
      tools/design/create.ts: input.inner.silent has no description
      tools/design/create.ts: input.either|2 is a string without maxLength
      tools/design/create.ts: the example "do it" does not fit the input: ✖ Unrecognized key: "nothing"
      ✖ Invalid input: expected string, received undefined
        → at text
      ✖ Invalid input: expected array, received undefined
        → at many
      ✖ Invalid input: expected number, received undefined
        → at size
      ✖ Invalid input: expected number, received undefined
        → at steps
      ✖ Invalid input: expected nonoptional, received undefined
        → at anything
      ✖ Invalid input: expected record, received undefined
        → at table
      ✖ Invalid input: expected object, received undefined
        → at inner
      ✖ Invalid input
        → at either"
    `)
  })
})
