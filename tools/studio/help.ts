import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { defineTool, type Tool } from "#src/tool.ts"

const MAX_TOOLS_IN_FULL = 4

export const tool = defineTool({
  name: "studio_help",
  title: "Help",
  description:
    "What the studio can do, with sentences to try. With a topic (a tool or the first word of its name): every field of it.",
  effect: "reads",
  cost: "free",
  role: "viewer",
  input: z.object({
    topic: z.string().max(80).optional().describe('A tool ("design_create") or a word of it ("design").'),
  }),
  output: z.object({
    tools: z.array(
      z.object({
        name: z.string(),
        title: z.string(),
        examples: z.array(z.string()),
        fields: z
          .array(z.object({ name: z.string(), kind: z.string(), required: z.boolean(), description: z.string() }))
          .optional(),
      }),
    ),
  }),
  examples: [
    { say: "what can you do?", input: {} },
    { say: "how do I change a design?", input: { topic: "design_edit" } },
  ],
  async run({ topic }, studio) {
    // Models read this help, and tools of admins are shown to none, whoever asks: the command line has a help of its own.
    const open = (await studio.tools()).filter((it) => it.role !== "admin")
    const wanted = topic?.trim().toLowerCase()
    const found = wanted ? matching(open, wanted) : open
    if (found.length === 0)
      throw new UserError(
        `There is no help on "${topic}".`,
        `There is on: ${open.map((it) => it.name).join(", ")}.`,
        "not_found",
      )
    const inFull = wanted !== undefined && found.length <= MAX_TOOLS_IN_FULL
    return {
      say: found.map((it) => (inFull ? fullText(it) : shortText(it))).join("\n"),
      data: {
        tools: found.map((it) => ({
          name: it.name,
          title: it.title,
          examples: it.examples.map((example) => example.say),
          ...(inFull && { fields: fieldsOf(it) }),
        })),
      },
    }
  },
})

/** The tool of exactly that name, else those whose name or title has the word. */
function matching(tools: readonly Tool[], word: string): Tool[] {
  const exact = tools.filter((it) => it.name === word)
  if (exact.length > 0) return exact
  const first = tools.filter((it) => it.name.startsWith(`${word}_`))
  return first.length > 0 ? first : tools.filter((it) => `${it.name} ${it.title}`.toLowerCase().includes(word))
}

function shortText({ name, title, examples }: Tool): string {
  return `${name}: ${title}. ${examples[0] ? `Try: "${examples[0].say}"` : ""}`.trim()
}

function fullText(tool: Tool): string {
  const fields = fieldsOf(tool).map(
    (it) => `  ${it.name} (${it.kind}${it.required ? ", needed" : ""}): ${it.description}`,
  )
  const tries = tool.examples.map((example) => `  Try: "${example.say}"`)
  return [`${tool.name}: ${tool.title}. ${tool.description}`, ...fields, ...tries].join("\n")
}

/** The fields of the input, from its schema. */
function fieldsOf({ input }: Tool): { name: string; kind: string; required: boolean; description: string }[] {
  const schema = z.toJSONSchema(input, { io: "input", unrepresentable: "any" })
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    kind: typeof field === "object" ? kindOf(field) : "any",
    required: schema.required?.includes(name) ?? false,
    description: (typeof field === "object" ? field.description : undefined) ?? "",
  }))
}

function kindOf(field: z.core.JSONSchema.BaseSchema): string {
  if (field.enum) return field.enum.map(String).join(" | ")
  if (field.const !== undefined) return String(field.const)
  const either = field.anyOf ?? field.oneOf
  if (either) return [...new Set(either.map((it) => (typeof it === "object" ? kindOf(it) : "any")))].join(" or ")
  if (field.type === "array")
    return `list of ${field.items && typeof field.items === "object" && !Array.isArray(field.items) ? kindOf(field.items) : "any"}`
  const limits = [field.minimum, field.maximum].filter((it) => it !== undefined).join(" to ")
  return `${String(field.type ?? "any")}${limits ? ` ${limits}` : ""}`
}
