import { readdir } from "node:fs/promises"
import { UserError } from "#src/errors.ts"
import type { Studio } from "#src/studio.ts"
import type { Reply, Role, Tool } from "#src/tool.ts"
import { inputProblems, type InputProblem } from "#tools/issues.ts"

const RANK: Record<Role, number> = { viewer: 0, user: 1, service: 1, admin: 2 }
const MAX_PROBLEMS = 5
const HERE = new URL("./", import.meta.url)

export interface Registry {
  /** Every tool of the switched-on families, by name. */
  all: readonly Tool[]
  /** What this role may see. Admin tools are never shown to models; surfaces ask for them explicitly. */
  visible(role: Role): Tool[]
  get(name: string): Tool | undefined
  /** The folder the tool is from: what ATELIER_FAMILIES and `?tools=` switch. "job_wait" is of the family "studio". */
  familyOf(name: string): string
  /** The one way a tool is run: find, authorise, parse, run, check the answer. Throws UserError, Question, BackendError. */
  callTool(name: string, input: unknown, studio: Studio): Promise<Reply>
}

/** tools/<family>/<tool>.ts exports `tool`, named `<family>_<verb>`; adding a file adds a tool. Throws UserError "not_found". */
export async function loadRegistry(families: readonly string[]): Promise<Registry> {
  const tools: Tool[] = []
  const folders = new Map<string, string>()
  const present = await familyFolders()
  const unknown = families.find((family) => !present.includes(family))
  if (unknown !== undefined)
    throw new UserError(
      `There is no tool family "${unknown.slice(0, 80)}".`,
      `There are: ${present.join(", ")}.`,
      "not_found",
    )
  for (const family of present) {
    if (!families.includes(family)) continue
    for (const file of (await readdir(new URL(`${family}/`, HERE))).filter((name) => name.endsWith(".ts"))) {
      const module = (await import(new URL(`${family}/${file}`, HERE).href)) as { tool?: Tool }
      if (!module.tool) throw new Error(`tools/${family}/${file} does not export "tool"`)
      tools.push(module.tool)
      folders.set(module.tool.name, family)
    }
  }
  return createRegistry(tools, folders)
}

/** `folders`: family by tool name; without it, the first word of the name counts. */
export function createRegistry(tools: readonly Tool[], folders: ReadonlyMap<string, string> = new Map()): Registry {
  const all = [...tools].sort((a, b) => a.name.localeCompare(b.name))
  const byName = new Map(all.map((tool) => [tool.name, tool]))
  if (byName.size !== all.length) throw new Error("two tools have the same name")
  const may = (role: Role, tool: Tool) => RANK[role] >= RANK[tool.role]
  const visible = (role: Role) => all.filter((tool) => tool.role !== "admin" && may(role, tool))
  return {
    all,
    visible,
    get: (name) => byName.get(name),
    familyOf: (name) => folders.get(name) ?? name.split("_")[0] ?? name,
    callTool: async (name, input, studio) => {
      const tool = byName.get(name)
      if (!tool)
        throw new UserError(
          `There is no tool "${name.slice(0, 80)}".`,
          `There are: ${visible(studio.caller.role)
            .map((it) => it.name)
            .join(", ")}.`,
          "not_found",
        )
      if (!may(studio.caller.role, tool))
        throw new UserError(
          `${tool.title} is not open to the role "${studio.caller.role}".`,
          `It needs the role "${tool.role}". Ask an admin.`,
          "forbidden",
        )
      const parsed = tool.input.strict().safeParse(input ?? {})
      if (!parsed.success) throw refusal(tool, inputProblems(parsed.error, tool.input, input ?? {}))
      studio.signal.throwIfAborted()
      const reply = await tool.run(parsed.data, studio)
      return { ...reply, data: tool.output.parse(reply.data) }
    },
  }
}

async function familyFolders(): Promise<string[]> {
  const entries = await readdir(HERE, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

/** A value that is out of range is told as such; an input that is built wrongly, with the fields that there are. */
function refusal(tool: Tool, problems: readonly InputProblem[]): UserError {
  const told = problems.slice(0, MAX_PROBLEMS)
  const rest = problems.length - told.length
  const text = [...told.map((it) => it.text), ...(rest > 0 ? [`And ${rest} more.`] : [])].join(" ")
  const isShape = told.some((it) => it.isShape)
  const about = isShape ? undefined : told.find((it) => it.description !== "")?.description
  const problem = isShape ? `${tool.name} cannot use this input: ${text}` : text
  return new UserError(problem.slice(0, 2_000).toWellFormed(), about ?? fieldsOf(tool), "bad_input")
}

function fieldsOf(tool: Tool): string {
  const fields = Object.keys(tool.input.shape).join(", ")
  const example = tool.examples[0]
  return `Fields: ${fields || "none"}.${example ? ` Example: ${JSON.stringify(example.input)}` : ""}`
}
