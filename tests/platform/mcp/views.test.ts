import { afterAll, beforeAll, expect, test } from "vitest"
import { z } from "zod"
import { rpc } from "#tests/platform/mcp/rpc.ts"
import { serveStudio, type ServedStudio } from "#tests/servers/mcp-studio.ts"

let served: ServedStudio
beforeAll(async () => {
  served = await serveStudio()
})
afterAll(() => served.close())

const listed = z.object({ tools: z.array(z.object({ name: z.string(), _meta: z.unknown().optional() })) })
const read = z.object({
  contents: z
    .array(z.object({ uri: z.string(), mimeType: z.string(), text: z.string(), _meta: z.unknown().optional() }))
    .length(1),
})

test("every tool whose answers can be looked at names a view, and the view is a page that asks for no permission", async () => {
  const { tools } = listed.parse((await rpc(served.mcp, "tools/list")).result)
  const withView = tools.filter((tool) => tool._meta !== undefined)
  expect(withView.map((tool) => tool.name)).toEqual(["design_create", "design_edit", "design_show", "job_wait"])
  for (const tool of withView) expect(tool._meta).toMatchObject({ ui: { resourceUri: "ui://atelier/model" } })

  const [page] = read.parse((await rpc(served.mcp, "resources/read", { uri: "ui://atelier/model" })).result).contents
  expect(page?.mimeType).toBe("text/html;profile=mcp-app")
  expect(page?.text).toContain('<div id="stage">')
  expect(page?._meta).toEqual({ ui: { prefersBorder: true } })
  expect((await rpc(served.mcp, "resources/read", { uri: "ui://atelier/../secret" })).error).toBeDefined()
})
