import { afterAll, beforeAll, expect, test } from "vitest"
import { handTool } from "#tests/servers/hand-work.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let registry: Registry
beforeAll(async () => {
  studio = await testStudio()
  registry = await loadRegistry(["studio"])
})
afterAll(() => studio.close())

const help = (input: object, role: "admin" | "user" = "user") => {
  const secret = { ...handTool, name: "secret_make", role: "admin" as const }
  return registry.callTool("studio_help", input, {
    ...studio.call({ role }),
    tools: () => Promise.resolve([...registry.all, handTool, secret]),
  })
}

test("without a topic it names every open tool with a sentence to try", async () => {
  const reply = await help({})
  expect(reply.say).toContain('hand_make: Make by hand. Try: "make a cup"')
  expect(reply.say).toContain("job_wait: Wait for a job.")
  expect(reply.say).not.toContain("secret_make")
  // Whoever asks, the answer may be read by a model.
  expect((await help({}, "admin")).say).not.toContain("secret_make")
  await expect(help({ topic: "secret_make" }, "admin")).rejects.toMatchObject({ code: "not_found" })
})

test("a topic tells every field with its kind, as the schema has it", async () => {
  const reply = await help({ topic: "Hand" })
  expect(reply.data).toEqual({
    tools: [
      {
        name: "hand_make",
        title: "Make by hand",
        examples: ["make a cup"],
        fields: [
          { name: "mode", kind: "quick | fail | hold", required: false, description: "How it ends." },
          { name: "word", kind: "string", required: false, description: "What is made." },
          { name: "wait_s", kind: "number 0 to 25", required: false, description: "Longest wait in seconds." },
        ],
      },
    ],
  })
  expect(reply.say).toContain("  wait_s (number 0 to 25): Longest wait in seconds.")
})

test("an unknown topic is refused with what there is", async () => {
  await expect(help({ topic: "weather" })).rejects.toMatchObject({
    problem: 'There is no help on "weather".',
    hint: expect.stringContaining("hand_make"),
  })
})
