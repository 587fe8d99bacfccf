import { afterAll, beforeAll, expect, test } from "vitest"
import { startHand, submitHand } from "#tests/servers/hand-work.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let hand: { stop(): Promise<void> }
let registry: Registry
beforeAll(async () => {
  studio = await testStudio()
  hand = await startHand(studio)
  registry = await loadRegistry(["studio"])
})
afterAll(async () => {
  await hand.stop()
  await studio.close()
})

const wait = (job_id: string, wait_s = 10, caller = {}) =>
  registry.callTool("job_wait", { job_id, wait_s }, studio.call(caller))

test("a job that ends within the wait answers as the tool that started it would have", async () => {
  const id = submitHand(studio.call(), "quick", "cup")
  expect(await wait(id)).toEqual({
    say: "Made by hand: cup.",
    data: { title: "cup", state: "done", result: { word: "cup" } },
    job: { id, state: "done" },
  })
})

test("a job that takes longer answers with its state and the next step, and can be waited for again", async () => {
  const id = submitHand(studio.call(), "hold", "vase")
  const reply = await wait(id, 0)
  expect(reply.data).toMatchObject({ title: "vase" })
  expect(reply.next?.map((it) => it.tool)).toEqual(["job_wait", "job_cancel"])
  studio.services.jobs.cancel("local", id)
  expect((await wait(id)).data).toEqual({ title: "vase", state: "cancelled" })
})

test("a job that failed is told as the error it ended with", async () => {
  const id = submitHand(studio.call(), "fail", "bowl")
  await expect(wait(id)).rejects.toMatchObject({ problem: "The bowl broke.", hint: "Take another one." })
})

test("somebody else's job looks like none at all", async () => {
  const id = submitHand(studio.call(), "quick")
  const stranger = studio.accounts.forIdentity({ platform: "test", tenant: "t", externalId: "stranger" }, "Stranger")
  await expect(wait(id, 0, { accountId: stranger.id, role: "user" })).rejects.toMatchObject({ code: "not_found" })
  await expect(wait("job_nothing", 0)).rejects.toMatchObject({ code: "not_found" })
})

test.each([{ job_id: "x".repeat(20_000) }, { job_id: "a", wait_s: 26 }, { job_id: 7 }, {}])(
  "%o is refused",
  async (input) => {
    await expect(registry.callTool("job_wait", input, studio.call())).rejects.toMatchObject({ code: "bad_input" })
  },
)
