import { z } from "zod"
import { defineTool } from "#src/tool.ts"

const MOST = 50
/** Names are compared among this many of the newest items. */
const LOOKED_AT = 1_000

export const tool = defineTool({
  name: "studio_find",
  title: "Find earlier work",
  description:
    "Finds your projects and what is in them (designs and whatever else you made) by name and kind, most recently changed first.",
  effect: "reads",
  cost: "free",
  role: "viewer",
  input: z.object({
    name: z.string().max(200).optional().describe("Part of the name; left out: everything."),
    kind: z.string().max(40).optional().describe('Only this kind, e.g. "design".'),
    project: z.string().max(80).optional().describe("Only in the project of this id."),
    limit: z.number().int().min(1).max(MOST).default(20).describe("How many items at most."),
  }),
  output: z.object({
    projects: z.array(z.object({ id: z.string(), name: z.string() })),
    items: z.array(
      z.object({
        id: z.string(),
        kind: z.string(),
        name: z.string(),
        project: z.string(),
        revision: z.number(),
        updated_at: z.string(),
      }),
    ),
  }),
  examples: [
    { say: "find my rose gold ring", input: { name: "rose gold", kind: "design" } },
    { say: "what have I made?", input: {} },
  ],
  // oxlint-disable-next-line require-await -- tools are asynchronous
  async run({ name = "", kind, project, limit }, studio) {
    const { accountId } = studio.caller
    const words = name.toLowerCase().split(/\s+/).filter(Boolean)
    const named = (it: { name: string }) => words.every((word) => it.name.toLowerCase().includes(word))
    const filter = { limit: LOOKED_AT, ...(kind && { kind }), ...(project && { projectId: project }) }
    const items = studio.items.list(accountId, filter).filter(named).slice(0, limit)
    const projects = kind || project ? [] : studio.items.listProjects(accountId).filter(named).slice(0, MOST)
    const lines = [
      ...projects.map((it) => `project "${it.name}" (${it.id})`),
      ...items.map((it) => `${it.kind} "${it.name}" (${it.id}), revision ${it.head}`),
    ]
    return {
      say: lines.length > 0 ? lines.join("\n") : "Nothing found. Leave the name out to see everything.",
      data: {
        projects: projects.map((it) => ({ id: it.id, name: it.name })),
        items: items.map((it) => ({
          id: it.id,
          kind: it.kind,
          name: it.name,
          project: it.projectId,
          revision: it.head,
          updated_at: new Date(it.updatedAt).toISOString(),
        })),
      },
      next: items
        .filter((it) => it.kind === "design")
        .slice(0, 3)
        .map((it) => ({ label: `Show ${it.name}`, tool: "design_show", input: { design: it.id } })),
    }
  },
})
