import { afterAll, beforeAll, expect, test } from "vitest"
import { submitHand } from "#tests/servers/hand-work.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let registry: Registry
beforeAll(async () => {
  studio = await testStudio()
  registry = await loadRegistry(["studio"])
})
afterAll(() => studio.close())

test("without a job it says so", async () => {
  expect(await registry.callTool("job_list", {}, studio.call())).toMatchObject({
    say: "There are no such jobs.",
    data: { jobs: [] },
  })
})

test("jobs come newest first, filtered by state, with the next step for open ones", async () => {
  const first = submitHand(studio.call(), "quick", "cup")
  studio.clock.advance(1_000)
  const second = submitHand(studio.call(), "quick", "vase")
  studio.services.jobs.cancel("local", first)
  const all = await registry.callTool("job_list", {}, studio.call())
  expect(all.data).toMatchObject({
    jobs: [
      { id: second, title: "vase", state: "waiting" },
      { id: first, title: "cup", state: "cancelled" },
    ],
  })
  expect(all.next).toEqual([{ label: "Wait for vase", tool: "job_wait", input: { job_id: second } }])
  const cancelled = await registry.callTool("job_list", { states: ["cancelled"] }, studio.call())
  expect(cancelled.data).toMatchObject({ jobs: [{ id: first }] })
})

test("nobody sees another account's jobs", async () => {
  const stranger = studio.accounts.forIdentity({ platform: "test", tenant: "t", externalId: "stranger" }, "Stranger")
  const reply = await registry.callTool("job_list", {}, studio.call({ accountId: stranger.id, role: "user" }))
  expect(reply.data).toEqual({ jobs: [] })
})
