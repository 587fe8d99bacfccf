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

const cancel = (job_id: string, caller = {}) => registry.callTool("job_cancel", { job_id }, studio.call(caller))

test("a waiting job is cancelled at once; a second time there is nothing to cancel", async () => {
  const id = submitHand(studio.call(), "hold", "cup")
  expect(await cancel(id)).toMatchObject({
    say: "cup was cancelled.",
    data: { state: "cancelled" },
    job: { id, state: "cancelled" },
  })
  await expect(cancel(id)).rejects.toMatchObject({ code: "conflict" })
})

test("somebody else's job cannot be stopped and looks like none", async () => {
  const id = submitHand(studio.call(), "hold")
  const stranger = studio.accounts.forIdentity({ platform: "test", tenant: "t", externalId: "stranger" }, "Stranger")
  await expect(cancel(id, { accountId: stranger.id, role: "user" })).rejects.toMatchObject({ code: "not_found" })
  expect(studio.services.jobs.get("local", id)?.state).toBe("waiting")
})

test("who may only look may not stop", async () => {
  await expect(cancel("job_any", { role: "viewer" })).rejects.toMatchObject({ code: "forbidden" })
})
