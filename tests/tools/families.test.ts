import { expect, test } from "vitest"
import { loadRegistry } from "#tools/registry.ts"

test("a family that does not exist is refused by name, with those that do", async () => {
  await expect(loadRegistry(["studio", "desing"])).rejects.toMatchObject({
    problem: 'There is no tool family "desing".',
    hint: expect.stringMatching(/^There are: .*studio/),
    code: "not_found",
  })
})
