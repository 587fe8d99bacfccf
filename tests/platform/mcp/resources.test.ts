import { afterAll, beforeAll, expect, test } from "vitest"
import { rpc } from "#tests/platform/mcp/rpc.ts"
import { toyRegistry } from "#tests/platform/mcp/toys.ts"
import { startHand } from "#tests/servers/hand-work.ts"
import { serveStudio, type ServedStudio } from "#tests/servers/mcp-studio.ts"

let served: ServedStudio
let hand: { stop(): Promise<void> }
let stranger: string
let project: string
let job: string
beforeAll(async () => {
  served = await serveStudio({ registry: await toyRegistry() })
  hand = await startHand(served.studio)
  const { accounts, keys, services } = served.studio
  const other = accounts.forIdentity({ platform: "test", tenant: "t", externalId: "stranger" }, "Stranger")
  stranger = keys.create(
    { id: "local", surface: "cli" },
    { accountId: other.id, name: "k", role: "user", scopes: ["*"] },
  ).token
  project = services.items.createProject("local", "Wedding").id
  services.items.create({
    accountId: "local",
    projectId: project,
    kind: "design",
    name: "Ring",
    data: {},
    note: "made",
  })
  const made = await rpc(served.mcp, "tools/call", { name: "hand_make", arguments: { word: "cup" } })
  job = (made.result["structuredContent"] as { job: { id: string } }).job.id // a job is part of this result
})
afterAll(async () => {
  await hand.stop()
  await served.close()
})

const read = async (uri: string, token?: string) =>
  rpc(served.mcp, "resources/read", { uri }, token === undefined ? {} : { token })
const contents = async (uri: string) =>
  ((await read(uri)).result["contents"] as { text?: string; blob?: string; mimeType: string }[])[0]
const put = (bytes: Buffer, name: string) =>
  served.studio.services.artifacts.writerFor("local").put(bytes, { name, use: "file" })

test("the list holds the caller's projects and jobs; the templates all three kinds", async () => {
  const { resources } = (await rpc(served.mcp, "resources/list")).result as { resources: { uri: string }[] }
  expect(resources.map((it) => it.uri)).toEqual(expect.arrayContaining([`project://${project}`, `job://${job}`]))
  const templates = (await rpc(served.mcp, "resources/templates/list")).result["resourceTemplates"]
  expect(templates).toMatchObject([
    { uriTemplate: "project://{id}" },
    { uriTemplate: "asset://{id}" },
    { uriTemplate: "job://{id}" },
  ])
})

test("a project and a job are read as JSON", async () => {
  const found = await contents(`project://${project}`)
  expect(JSON.parse(found?.text ?? "")).toMatchObject({
    name: "Wedding",
    items: [{ kind: "design", name: "Ring", revision: 1 }],
  })
  const done = await contents(`job://${job}`)
  expect(JSON.parse(done?.text ?? "")).toMatchObject({
    state: "done",
    says: "Made by hand: cup.",
    result: { word: "cup" },
  })
})

test("a file is read as text, as bytes, or over 1 MB as a link that works", async () => {
  expect(await contents(`asset://${(await put(Buffer.from("solid x\nendsolid x\n"), "a.txt")).id}`)).toMatchObject({
    text: expect.stringContaining("solid x"),
  })
  const bytes = Buffer.from([0, 255, 1, 254, 0, 0, 7])
  expect(await contents(`asset://${(await put(bytes, "a.bin")).id}`)).toMatchObject({ blob: bytes.toString("base64") })
  const large = await contents(`asset://${(await put(Buffer.alloc(1_100_000, 7), "large.bin")).id}`)
  const [link = ""] = /http\S+/.exec(large?.text ?? "") ?? []
  expect((await fetch(link.replace("http://127.0.0.1:7420", served.url))).headers.get("content-length")).toBe("1100000")
})

test("what is not there and what is somebody else's look the same", async () => {
  const file = await put(Buffer.from("mine"), "mine.txt")
  const missing = await read("asset://art_missing")
  expect(missing.error).toMatchObject({ code: -32_602, data: { uri: "asset://art_missing" } })
  for (const uri of [`project://${project}`, `job://${job}`, `asset://${file.id}`]) {
    const theirs = await read(uri, stranger)
    expect(theirs.error).toEqual({
      ...missing.error,
      message: missing.error?.message.replace("asset://art_missing", uri),
      data: { uri },
    })
  }
  const list = (await rpc(served.mcp, "resources/list", {}, { token: stranger })).result
  // The pages of views are nobody's and everybody's.
  expect(list["resources"]).toMatchObject([{ uri: "ui://atelier/model" }])
})

test.each([
  "file:///etc/passwd",
  "asset://../../etc/passwd",
  "http://169.254.169.254/",
  `job://${"x".repeat(20_000)}`,
  "project://%00",
  "",
])("%s is not a thing to read", async (uri) => {
  // The SDK's transport wants a name header that fits; a very long one is refused by the server itself.
  const answer = await read(uri)
  expect([200, 400, 431]).toContain(answer.status)
  expect(answer.result["contents"]).toBeUndefined()
})

test("ids complete from what was typed, for the caller's own things only", async () => {
  const complete = async (uri: string, value: string, token?: string) =>
    (
      await rpc(
        served.mcp,
        "completion/complete",
        { ref: { type: "ref/resource", uri }, argument: { name: "id", value } },
        token === undefined ? {} : { token },
      )
    ).result["completion"]
  expect(await complete("job://{id}", job.slice(0, 6))).toMatchObject({
    values: expect.arrayContaining([job]),
    hasMore: false,
  })
  expect(await complete("project://{id}", project)).toMatchObject({ values: [project] })
  expect(await complete("job://{id}", "", stranger)).toMatchObject({ values: [] })
})
