import { afterAll, beforeAll, expect, test } from "vitest"
import type { Check } from "#src/studio.ts"
import { VERSION } from "#src/platform/version.ts"
import { submitHand } from "#tests/servers/hand-work.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let registry: Registry
beforeAll(async () => {
  studio = await testStudio({ env: { ATELIER_QUOTA_JOBS_PER_DAY: "40" } })
  registry = await loadRegistry(["studio"])
})
afterAll(() => studio.close())

test("it tells the version, what is missing and what to do, the allowance and the queue", async () => {
  submitHand(studio.call(), "hold")
  const checks: Check[] = [
    { name: "database", state: "ok", detail: "in order" },
    { name: "Blender", state: "absent", detail: "not installed", hint: "Install Blender 4 for final pictures." },
  ]
  const reply = await registry.callTool(
    "studio_status",
    {},
    { ...studio.call(), health: () => Promise.resolve(checks) },
  )
  expect(reply.data).toMatchObject({ version: VERSION, checks, queue: { waiting: 1, running: 0 } })
  expect(reply.data["quota"]).toContainEqual(expect.objectContaining({ limit: 40 }))
  expect(reply.say).toContain("Blender: absent, not installed → Install Blender 4 for final pictures.")
  expect(reply.say).toContain("database: ok, in order\n")
  expect(reply.say).toContain("Your queue: 1 waiting, 0 running.")
})
