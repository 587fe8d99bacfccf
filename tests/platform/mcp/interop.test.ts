import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import {
  connect,
  schemaErrors,
  stacks,
  textOf,
  type Person,
  type Stack,
  type Target,
  type TestClient,
} from "#tests/platform/mcp/clients.ts"
import { toyRegistry } from "#tests/platform/mcp/toys.ts"
import { startHand } from "#tests/servers/hand-work.ts"
import { serveStudio, type ServedStudio } from "#tests/servers/mcp-studio.ts"

const program = {
  command: process.execPath,
  args: [fileURLToPath(new URL("../../servers/mcp-stdio.ts", import.meta.url))],
  stderr: "ignore" as const,
}
const revisions: Record<Stack, string> = {
  "sdk 1.32": "2025-11-25",
  "client 2.4 legacy": "2025-11-25",
  "client 2.4 auto": "2026-07-28",
  "client 2.4 pinned": "2026-07-28",
}

let served: ServedStudio
let hand: { stop(): Promise<void> }
beforeAll(async () => {
  served = await serveStudio({ registry: await toyRegistry() })
  hand = await startHand(served.studio)
})
afterAll(async () => {
  await hand.stop()
  await served.close()
})

const targets: Record<string, () => Target> = { HTTP: () => ({ url: served.mcp }), stdio: () => ({ program }) }
const pairs = Object.keys(targets).flatMap((where) => stacks.map((stack) => ({ where, stack })))

describe.each(pairs)("$stack over $where", ({ where, stack }) => {
  let client: TestClient
  const asked: { message: string; schema: Record<string, unknown> }[] = []
  let person: Person = () => undefined
  beforeAll(async () => {
    client = await connect(stack, targets[where]!(), (message, schema) => {
      asked.push({ message, schema })
      return person(message, schema)
    })
  })
  afterAll(() => client.close())

  test("negotiates its revision and is told what the studio is", () => {
    expect([revisions[stack], undefined]).toContain(client.revision)
    expect(client.instructions).toContain("Atelier is a creative studio")
    expect(client.instructions?.length).toBeLessThanOrEqual(2_048)
  })

  test("lists every tool with title, schemas and the four annotations, in a fixed order", async () => {
    const tools = await client.tools()
    const names = tools.map((tool) => tool.name)
    expect(names).toEqual([...names].sort())
    expect(names).toContain("job_wait")
    for (const tool of tools) {
      expect(tool).toMatchObject({
        title: expect.any(String),
        outputSchema: { type: "object" },
        inputSchema: { type: "object" },
      })
      expect(Object.keys(tool.annotations ?? {})).toEqual(
        expect.arrayContaining(["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"]),
      )
    }
    expect(tools.find((tool) => tool.name === "toy_break")?.annotations).toMatchObject({
      readOnlyHint: false,
      destructiveHint: true,
    })
  })

  test("calls a tool: text, checked structured result, rising progress, idempotency key", async () => {
    const told: { progress: number; message?: string | undefined }[] = []
    const meta = { "atelier/idempotencyKey": "key-1" }
    const result = await client.call(
      "toy_echo",
      { text: "héllo", times: 2 },
      { meta, onprogress: (it) => told.push(it) },
    )
    expect(textOf(result)).toBe("héllo héllo")
    expect(result.structuredContent).toEqual({ text: "héllo", key: "key-1" })
    const schema = (await client.tools()).find((tool) => tool.name === "toy_echo")?.outputSchema
    expect(schemaErrors(schema ?? {}, result.structuredContent)).toBe("No errors")
    expect(told.map((it) => it.message)).toEqual(["step 1 of 3", "step 2 of 3", "step 3 of 3"])
    expect(told.every((it, i) => it.progress > (told[i - 1]?.progress ?? -1))).toBe(true)
  })

  test("carries questions to the person, one after another, and goes on with the answers", async () => {
    asked.length = 0
    person = (message) => (message.startsWith("Size") ? "us" : "ring finger")
    const result = await client.call("toy_size", { size: "7" })
    expect(result.structuredContent).toEqual({ size: "7", system: "us", finger: "ring finger" })
    expect(asked.map((it) => it.message)).toEqual(["Size 7 of which system?", "Which finger?"])
    expect(JSON.stringify(asked[0]?.schema)).toMatch(/"us".*United States|United States.*"us"/)
  })

  test("tells the question as an error when the person does not answer", async () => {
    person = () => undefined
    const result = await client.call("toy_size", { size: "7" })
    expect(result.isError).toBe(true)
    expect(textOf(result)).toBe("Size 7 of which system? Set system to one of: us (United States), eu (Europe).")
  })

  test("long work answers in time with a job id, and job_wait with its result", async () => {
    const started = await client.call("hand_make", { mode: "hold", word: "vase", wait_s: 0 })
    const { job } = started.structuredContent as { job: { id: string; state: string } } // a job is part of this result
    expect(job.state).toMatch(/waiting|running/)
    expect(textOf(started)).toContain(`→ job_wait {"job_id":"${job.id}"}`)
    expect((await client.call("job_cancel", { job_id: job.id })).isError).toBeFalsy()
    const done = await client.call("hand_make", { word: "cup" })
    expect(done.structuredContent).toMatchObject({ word: "cup", job: { state: "done" } })
  })

  test("a call that the client takes back is stopped in the studio", async () => {
    const stop = new AbortController()
    const call = client.call("toy_break", { how: "hang" }, { signal: stop.signal })
    await sleep(50)
    stop.abort()
    await expect(call).rejects.toThrow(/abort|cancel/i)
    if (where === "HTTP") await expect.poll(() => served.calls.at(-1)?.signal.aborted, { timeout: 5_000 }).toBe(true)
  })

  test("an unknown tool is an error of the protocol", async () => {
    await expect(client.call("toy_none")).rejects.toThrow(/There is no tool "toy_none"/)
  })
})

describe("a client that cannot ask its person", () => {
  test.each(stacks)("%s: the question is the answer, with the field to set", async (stack) => {
    const client = await connect(stack, { url: served.mcp })
    const result = await client.call("toy_size", { size: "7" })
    expect(result.isError).toBe(true)
    expect(textOf(result)).toBe("Size 7 of which system? Set system to one of: us (United States), eu (Europe).")
    await client.close()
  })
})
