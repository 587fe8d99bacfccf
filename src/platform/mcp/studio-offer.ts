import type { Result, Tool as McpTool } from "@modelcontextprotocol/server"
import { UserError } from "#src/errors.ts"
import { INSTRUCTIONS } from "#src/platform/mcp/instructions.ts"
import { callTool } from "#src/platform/mcp/call.ts"
import { describeTool } from "#src/platform/mcp/listing.ts"
import type { Call, Connection, Offer } from "#src/platform/mcp/offer.ts"
import { completePrompt, getPrompt, listPrompts } from "#src/platform/mcp/prompt-offer.ts"
import { completeResource, listResources, readResource, RESOURCE_TEMPLATES } from "#src/platform/mcp/resources.ts"
import { createSeal } from "#src/platform/mcp/question.ts"
import { failure } from "#src/platform/mcp/result.ts"
import { cancelTask, taskDetails, TASKS_REQUIRED } from "#src/platform/mcp/tasks.ts"
import { listViews, readView, type Views } from "#src/platform/mcp/views.ts"
import type { Prompt } from "#src/platform/prompts.ts"
import type { Progress } from "#src/job.ts"
import type { Caller, Services, Studio } from "#src/studio.ts"
import type { Role, Tool } from "#src/tool.ts"
import type { Registry } from "#tools/registry.ts"

/** What is known about one call before it runs. The locale of a person is part of `caller`. */
export interface StudioCall {
  caller: Caller
  signal: AbortSignal
  progress(progress: Progress): void
  idempotencyKey?: string
  /** W3C traceparent that the client sent. */
  trace?: string
}

/** What the protocol needs of the studio. The functions are called at the first request that needs them, not before. */
export interface McpParts {
  registry(): Promise<Registry>
  studioFor(call: StudioCall): Promise<Studio> | Studio
  prompts(): Promise<readonly Prompt[]>
  /** Pages of the MCP Apps extension. */
  views: Views
  log: Services["log"]
}

/** Job tools and help belong to every family, so `?tools=` cannot switch them off. */
const ALWAYS = "studio"
/** Tools of admins are on a connection only when its address asks for them: most clients show whatever they find to a model. */
const ADMIN = "admin"

/** The studio as an MCP server: its tools, prompts, projects, files and jobs. */
export function createStudioOffer(parts: McpParts): Offer {
  const seal = createSeal()
  const listings = createListings(parts)
  const studioOf = async ({ caller, context }: Call) =>
    parts.studioFor({ caller, signal: context.mcpReq.signal, progress: () => {} })
  return {
    capabilities: { tools: {}, resources: {}, prompts: {}, completions: {}, ...TASKS_REQUIRED },
    instructions: INSTRUCTIONS,
    seal,
    tools: (connection) => listings(connection),
    callTool: async (name, input, call) => {
      const registry = await parts.registry()
      const tool = registry.get(name)
      if (tool?.role === ADMIN && call.caller.role === ADMIN && !isForAdmins(call)) return notHere(tool.name)
      if (!tool || !(tool.role === ADMIN || offered(registry.familyOf(name), call))) return undefined
      return callTool(tool, input, call, { ...parts, seal, registry })
    },
    prompts: async () => listPrompts(await parts.prompts()),
    getPrompt: async (name, values) => getPrompt(await parts.prompts(), name, values),
    complete: async ({ ref, argument }, call) => {
      const studio = await studioOf(call)
      if (ref.type === "ref/resource") return completeResource(ref.uri, argument.value, studio)
      return completePrompt(await parts.prompts(), ref.name, argument, studio)
    },
    resources: async (call) => [...listViews(), ...listResources(await studioOf(call))],
    resourceTemplates: () => RESOURCE_TEMPLATES,
    readResource: async (uri, call) => (await readView(uri, parts.views)) ?? readResource(uri, await studioOf(call)),
    task: async (id, call) => taskDetails(id, await studioOf(call)),
    cancelTask: async (id, call) => cancelTask(id, await studioOf(call)),
    // Jobs of the studio never wait for an answer, so there is nothing to take; the id is checked all the same.
    answerTask: async (id, _, call) => (await taskDetails(id, await studioOf(call))) !== undefined,
  }
}

function offered(family: string, { families }: Connection): boolean {
  return families === undefined || family === ALWAYS || families.includes(family)
}

function isForAdmins({ families, caller }: Connection): boolean {
  return caller.role === ADMIN && families !== undefined && families.includes(ADMIN)
}

function notHere(name: string): Result {
  return failure(
    new UserError(
      `${name} is not offered on this connection, so that no language model finds it.`,
      "Programs of admins connect to /mcp?tools=admin with an admin's key; people use the command line.",
      "forbidden",
    ),
  )
}

/** Each list is made at its first use and then handed out again and again: schemas are costly to convert. */
function createListings({ registry }: McpParts): (connection: Connection) => Promise<McpTool[]> {
  const byRole = new Map<Role | "admin tools", { family: string; described: McpTool }[]>()
  return async (connection) => {
    const { caller } = connection
    const tools = await registry()
    const listed = (key: Role | "admin tools", which: () => readonly Tool[]) => {
      let all = byRole.get(key)
      if (!all) {
        all = which().map((tool) => ({ family: tools.familyOf(tool.name), described: describeTool(tool) }))
        byRole.set(key, all)
      }
      return all
    }
    const all = listed(caller.role, () => tools.visible(caller.role)).filter(({ family }) =>
      offered(family, connection),
    )
    const forAdmins = isForAdmins(connection)
      ? listed("admin tools", () => tools.all.filter((tool) => tool.role === ADMIN))
      : []
    return [...all, ...forAdmins].map(({ described }) => described)
  }
}
