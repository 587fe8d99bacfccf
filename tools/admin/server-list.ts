import { z } from "zod"
import { serverLine, serverShape, shownServer } from "#src/platform/servers/view.ts"
import { defineTool } from "#src/tool.ts"

export const tool = defineTool({
  name: "server_list",
  title: "List servers",
  description:
    "The servers that make pictures, video and 3D models for the studio: state, load, memory, loaded models, failures. With kinds: what sorts of server can be added and what their licences demand.",
  effect: "reads",
  cost: "free",
  role: "admin",
  input: z.object({
    kinds: z.boolean().default(false).describe("Also list the kinds of server that can be added."),
  }),
  output: z.object({
    servers: z.array(serverShape),
    kinds: z.array(
      z.object({
        kind: z.string(),
        title: z.string(),
        makes: z.array(z.string()),
        licence_note: z.string().optional(),
      }),
    ),
  }),
  examples: [
    { say: "which servers are there?", input: {} },
    { say: "what kinds of server can be added?", input: { kinds: true } },
  ],
  async run({ kinds: wanted }, { servers }) {
    const views = servers.list()
    const kinds = wanted ? await servers.kinds() : []
    const lines = [
      ...(views.length > 0
        ? views.map(serverLine)
        : ["There are no servers. Add one: atelier server add NAME KIND URL"]),
      ...kinds.map(
        ({ kind, title, makes, licenceNote }) =>
          `${kind}: ${title}; makes ${makes.join(", ")}.${licenceNote ? ` ${licenceNote}` : ""}`,
      ),
    ]
    return {
      say: lines.join("\n"),
      data: {
        servers: views.map(shownServer),
        kinds: kinds.map(({ kind, title, makes, licenceNote }) => ({
          kind,
          title,
          makes: [...makes],
          ...(licenceNote === undefined ? {} : { licence_note: licenceNote }),
        })),
      },
    }
  },
})
