import { readFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { fileStem } from "#src/design/file-stem.ts"
import { newRecipe } from "#src/design/recipe.ts"
import type { Progress } from "#src/job.ts"
import { testStudio } from "#tests/studio.ts"
import { handler } from "#workers/design.build.ts"

const { recipe } = newRecipe({ size: "6", size_system: "us", stone: "ruby", stone_diameter_mm: 5 })
const payload = { recipe, name: fileStem(recipe), picture: "draft" as const, files: ["glb", "stl"], group: "g" }

test("a build stores picture and files as one group and tells its progress in order", async () => {
  const studio = await testStudio()
  const told: Progress[] = []
  const { artifacts, config, log } = studio.services
  const context = {
    jobId: "job_1",
    attempt: 1,
    accountId: "local",
    config,
    log,
    artifacts: artifacts.writerFor("local"),
    signal: new AbortController().signal,
    progress: (progress: Progress) => void told.push(progress),
    keep: async () => undefined,
  }
  const result = handler.contract.result.parse(await handler.run(payload, context))
  expect(result.artifacts.map((it) => it.use)).toEqual(["preview", "model", "file"])
  expect(
    artifacts
      .group("local", "g")
      .map((it) => it.id)
      .sort(),
  ).toEqual(result.artifacts.map((it) => it.id).sort())
  expect(artifacts.get(result.artifacts[1]?.id ?? "")?.facts["Title"]).toBe(
    "14k yellow gold solitaire, US 6, 0.52 ct round ruby",
  )
  expect((await readFile(artifacts.path(result.artifacts[0]?.id ?? ""))).subarray(1, 4).toString()).toBe("PNG")
  const fractions = told.map((it) => it.fraction ?? 0)
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b))

  // The same recipe gives the same bytes, so the store finds them already there.
  const again = handler.contract.result.parse(await handler.run(payload, context))
  expect(again.artifacts).toEqual(result.artifacts)

  const stopped = AbortSignal.abort()
  await expect(handler.run(payload, { ...context, signal: stopped })).rejects.toThrow(/abort/i)
  await studio.close()
})
