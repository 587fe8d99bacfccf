import sharp from "sharp"
import { afterAll, beforeAll, expect, test } from "vitest"
import { UserError } from "#src/errors.ts"
import { describeTool } from "#src/platform/mcp/listing.ts"
import { explained, toolResult } from "#src/platform/mcp/result.ts"
import { connect, schemaErrors, textOf, type TestClient } from "#tests/platform/mcp/clients.ts"
import { toyRegistry, toys } from "#tests/platform/mcp/toys.ts"
import { serveStudio, type ServedStudio } from "#tests/servers/mcp-studio.ts"

let served: ServedStudio
let client: TestClient
beforeAll(async () => {
  served = await serveStudio({ registry: await toyRegistry() })
  client = await connect("client 2.4 auto", { url: served.mcp })
})
afterAll(async () => {
  await client.close()
  await served.close()
})

test("files come as plain links in the text, one small picture, resource links and structured facts without bytes", async () => {
  const result = await client.call("toy_paint")
  const links = textOf(result).match(/https?:\S+/g) ?? []
  expect(links).toHaveLength(3)
  for (const link of links.filter((it) => it.includes("/files/")))
    expect((await fetch(link.replace("http://127.0.0.1:7420", served.url))).status).toBe(200)
  expect(textOf(result)).toMatch(
    /^Painted\.\nView: http\S+\nnoise\.png: http\S+\nring\.txt: http\S+\nNext: Again → toy_paint \{\}/,
  )

  const [picture, ...more] = result.content.filter((it) => it.type === "image")
  expect(more).toEqual([])
  const bytes = Buffer.from(String(picture?.["data"]), "base64")
  expect(bytes.length).toBeLessThanOrEqual(100 * 1024)
  expect(await sharp(bytes).metadata()).toMatchObject({ format: "webp", width: 512, height: 256 })

  const linked = result.content.filter((it) => it.type === "resource_link")
  expect(linked).toMatchObject([
    { name: "noise.png", mimeType: "image/png", uri: expect.stringMatching(/^asset:\/\//) },
    { name: "ring.txt", uri: expect.stringMatching(/^asset:\/\//) },
  ])
  expect(result.structuredContent).toMatchObject({
    artifacts: [{ use: "preview" }, { use: "file" }],
    next: [{ tool: "toy_paint" }],
  })
  const schema = (await client.tools()).find((tool) => tool.name === "toy_paint")?.outputSchema
  expect(schemaErrors(schema ?? {}, result.structuredContent)).toBe("No errors")
})

test("a bug is told with a reference and nothing of its inside", async () => {
  const result = await client.call("toy_break", { how: "bug" })
  expect(result.isError).toBe(true)
  expect(textOf(result)).toMatch(/^Something in the studio broke while doing this\. .* reference [0-9a-f]{8}\.$/)
  expect(result.structuredContent).toBeUndefined()
})

test("a back end that is away is named, with what to do", async () => {
  const result = await client.call("toy_break", { how: "backend" })
  expect(textOf(result)).toBe(
    "Blender failed: it is not reachable at 127.0.0.1:9. Nothing was charged. Try again in a moment.".replace(
      ":9.",
      ":9",
    ),
  )
})

test("text stays under 8 KB with whole links only, errors under 11,000 characters", async () => {
  const writer = served.studio.services.artifacts.writerFor("local")
  const file = await writer.put(Buffer.from("x"), { name: "a.txt", use: "file" })
  const artifacts = Array.from({ length: 60 }, (_, i) => ({ ...file, name: `part-${i}-${"n".repeat(150)}.txt` }))
  const result = await toolResult({ say: "s".repeat(50_000), data: {}, artifacts }, served.studio.services.artifacts)
  const [text] = result.content
  expect(text?.type === "text" && text.text.length).toBeLessThan(8 * 1024)
  for (const line of text?.type === "text" ? text.text.split("\n").slice(1) : [])
    expect(line).toMatch(/https?:\S+[?&]s=[\w-]{20,}$/)
  const [problem] = explained(new UserError("p".repeat(30_000), "h")).content
  expect(problem?.type === "text" && problem.text.length).toBeLessThan(11_000)
})

test("an output field that every result has already is refused when the list is made", () => {
  const [echo] = toys
  expect(() => describeTool({ ...echo!, output: echo!.output.extend({ job: echo!.output.shape["text"]! }) })).toThrow(
    /"job"/,
  )
})

test("a tool of two fields takes at most 1,300 bytes of the list", () => {
  const [echo] = toys
  expect(JSON.stringify(describeTool(echo!)).length).toBeLessThanOrEqual(1_300)
})
