import { readFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { newRecipe } from "#src/design/recipe.ts"
import { testStudio } from "#tests/studio.ts"
import { handler } from "#workers/design.export.ts"

test("one format is written and described; a wrong option is refused by the format", async () => {
  const studio = await testStudio()
  const { recipe } = newRecipe({ size: "52", size_system: "iso", band_profile: "flat" })
  const { artifacts, config, log } = studio.services
  const context = {
    jobId: "job_1",
    attempt: 1,
    accountId: "local",
    config,
    log,
    artifacts: artifacts.writerFor("local"),
    signal: new AbortController().signal,
    progress: () => undefined,
    keep: async () => undefined,
  }
  const payload = { recipe, name: "flat-ring", format: "3mf", options: {}, group: "g" }
  const { artifacts: made, note } = handler.contract.result.parse(await handler.run(payload, context))
  expect(made[0]).toMatchObject({ name: "flat-ring.3mf", mediaType: "model/3mf" })
  expect((await readFile(artifacts.path(made[0]?.id ?? ""))).byteLength).toBe(made[0]?.bytes)
  expect(note).toContain("millimetres")
  await expect(handler.run({ ...payload, options: { colour: "red" } }, context)).rejects.toThrow(/3MF/i)
  await studio.close()
})
