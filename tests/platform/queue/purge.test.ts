import { expect, test } from "vitest"
import { newRecipe } from "#src/design/recipe.ts"
import { job } from "#src/design/export.job.ts"
import { purgeJobs } from "#src/platform/queue/purge.ts"
import { testStudio } from "#tests/studio.ts"

test("jobs that ended long ago are forgotten; younger and open ones stay, and the ledger keeps what they cost", async () => {
  const studio = await testStudio()
  const { jobs, quota, clock } = studio.services
  const { caller } = studio.call()
  const { recipe } = newRecipe({ size: "54", size_system: "iso" })
  const submit = (name: string) =>
    jobs.submit(job, { recipe, name, format: "stl", options: {}, group: "g" }, { caller, title: name })
  const old = submit("old")
  await jobs.wait(old.id, { timeoutMs: 20_000 })
  studio.clock.advance(10_000)
  const cancelled = jobs.cancel("local", submit("young").id)
  const used = quota.show("local")
  expect(purgeJobs(studio.db, clock.now() - 5_000)).toEqual([old.id])
  expect(jobs.get("local", old.id)).toBeUndefined()
  expect(jobs.get("local", cancelled.id)).toBeDefined()
  expect(purgeJobs(studio.db, clock.now() - 5_000)).toEqual([])
  expect(quota.show("local").find((line) => line.unit === "jobs")?.used).toBe(
    used.find((line) => line.unit === "jobs")?.used,
  )
  await studio.close()
})
