import { afterAll, beforeAll, expect, test } from "vitest"
import { rpc } from "#tests/platform/mcp/rpc.ts"
import { toyRegistry } from "#tests/platform/mcp/toys.ts"
import { startHand } from "#tests/servers/hand-work.ts"
import { serveStudio, type ServedStudio } from "#tests/servers/mcp-studio.ts"

const TASKS = { extensions: { "io.modelcontextprotocol/tasks": {} } }

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

const task = (method: string, taskId: string, token?: string) =>
  rpc(served.mcp, method, { taskId }, { capabilities: TASKS, ...(token !== undefined && { token }) })
const make = async (input: object, capabilities: object = TASKS) =>
  (await rpc(served.mcp, "tools/call", { name: "hand_make", arguments: input }, { capabilities })).result

test("unfinished work is a task whose id is the job id; it can be followed, cancelled, and asked for afterwards", async () => {
  const handle = await make({ mode: "hold", word: "vase", wait_s: 0 })
  expect(handle).toMatchObject({ resultType: "task", status: "working", ttlMs: null, pollIntervalMs: 2_000 })
  const id = String(handle["taskId"])
  expect(served.studio.services.jobs.get("local", id)?.title).toBe("vase")
  expect((await task("tasks/get", id)).result).toMatchObject({ taskId: id, status: "working" })
  expect((await task("tasks/update", id)).result).toMatchObject({ resultType: "complete" })
  expect((await task("tasks/cancel", id)).result).toMatchObject({ resultType: "complete" })
  await expect.poll(async () => (await task("tasks/get", id)).result["status"]).toBe("cancelled")
  expect((await task("tasks/cancel", id)).error).toBeUndefined()
})

test("a finished task holds the result of the tool, a failed one the error in words", async () => {
  const done = await make({ word: "cup" })
  expect(done).toMatchObject({ resultType: "complete", structuredContent: { word: "cup" } })
  const id = (done["structuredContent"] as { job: { id: string } }).job.id // a job is part of this result
  expect((await task("tasks/get", id)).result).toMatchObject({
    status: "completed",
    result: { structuredContent: { word: "cup" } },
  })
  const failing = await make({ mode: "fail", word: "bowl", wait_s: 0 })
  const failed = String(failing["taskId"])
  await expect.poll(async () => (await task("tasks/get", failed)).result["status"]).toBe("completed")
  expect((await task("tasks/get", failed)).result["result"]).toMatchObject({
    isError: true,
    content: [{ text: "The bowl broke. Take another one." }],
  })
})

test("a client that did not declare tasks gets the job id, and no task", async () => {
  const result = await make({ mode: "hold", wait_s: 0 }, {})
  expect(result).toMatchObject({
    resultType: "complete",
    structuredContent: { next: [{ tool: "job_wait" }, { tool: "job_cancel" }] },
  })
  const { job } = result["structuredContent"] as { job: { id: string } } // a job is part of this result
  const refused = await rpc(served.mcp, "tasks/get", { taskId: job.id })
  expect([refused.status, refused.error?.code]).toEqual([400, -32_021])
  served.studio.services.jobs.cancel("local", job.id)
})

test("somebody else's task is unknown", async () => {
  const handle = await make({ mode: "hold", wait_s: 0 })
  const id = String(handle["taskId"])
  const { accounts, keys, services } = served.studio
  const other = accounts.forIdentity({ platform: "test", tenant: "t", externalId: "stranger" }, "Stranger")
  const { token } = keys.create(
    { id: "local", surface: "cli" },
    { accountId: other.id, name: "k", role: "user", scopes: ["*"] },
  )
  for (const method of ["tasks/get", "tasks/cancel", "tasks/update"])
    expect((await task(method, id, token)).error?.code).toBe(-32_602)
  const call = { name: "job_wait", arguments: { job_id: id, wait_s: 0 } }
  expect((await rpc(served.mcp, "tools/call", call, { token })).text).toContain(`There is no job`)
  services.jobs.cancel("local", id)
})
