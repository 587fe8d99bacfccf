import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { z } from "zod"
import { runChosen, runTurn } from "#src/conversation/turn.ts"
import { BackendError, Question, UserError } from "#src/errors.ts"
import type { Jobs, JobView, Studio } from "#src/studio.ts"
import { defineTool } from "#src/tool.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { createRegistry } from "#tools/registry.ts"

let house: TestStudio
beforeAll(async () => void (house = await testStudio()))
afterAll(() => house.close())

const cup = defineTool({
  name: "cup_create",
  title: "Create a cup",
  description: "Makes a cup.",
  effect: "writes",
  cost: "free",
  role: "user",
  input: z.object({
    colour: z
      .enum(["red", "blue", "sky_blue", "sea_green"])
      .optional()
      .meta({ aliases: { sky_blue: ["azure"], sea_green: ["azure green"] } }),
    size: z
      .string()
      .max(10)
      .optional()
      .meta({ cue: ["size"] }),
    system: z.enum(["metric", "imperial"]).optional(),
    handles: z
      .number()
      .int()
      .min(0)
      .max(4)
      .default(1)
      .meta({ cue: ["handles", "handle"] }),
  }),
  output: z.object({ made: z.string() }),
  examples: [{ say: "a red cup", input: { colour: "red" } }],
  async run({ colour, size, system }, studio) {
    if (size === "99") throw new UserError("Size 99 is too large.", "Up to 12.", "bad_input")
    if (size === "66") throw new BackendError("kiln", "it is cold", "transient")
    if (size === "55") throw new TypeError("undefined is not a kiln")
    if (size && !system && studio.caller.locale !== "de-DE")
      throw new Question("Which size?", "system", [
        { value: "metric", label: "metric" },
        { value: "imperial", label: "imperial" },
      ])
    if (colour === "blue") return { say: "Still drying.", data: { made: "blue" }, job: { id: "j1", state: "running" } }
    return { say: `A ${colour ?? "plain"} cup.`, data: { made: colour ?? "plain" } }
  },
})
const registry = createRegistry([cup])

const view = (state: JobView["state"], extra: Partial<JobView> = {}): JobView => ({
  id: "j1",
  state,
  type: "cup.fire",
  accountId: "a",
  title: "blue cup",
  attempt: 1,
  payload: {},
  createdAt: 0,
  ...extra,
})

/** A queue whose only job takes three waits. */
function slowJobs(end: JobView): Jobs {
  let waits = 0
  return {
    ...house.services.jobs,
    wait: async (_id, { onProgress }) => {
      waits++
      const now = waits < 3 ? view("running", { progress: { fraction: waits / 3, text: "firing" } }) : end
      onProgress?.(now)
      return now
    },
    reply: (it) => (it.state === "done" ? { say: "A blue cup, fired.", data: { fired: true } } : undefined),
  }
}

const say = (text: string, studio: Partial<Studio> = {}, yes = false) =>
  runTurn({ text, registry, studio: { ...house.call(), ...studio }, yes })

describe("a turn in command mode", () => {
  test("carries out what it read, and says how it was read", async () => {
    const result = await say("a red cup")
    expect(result).toMatchObject({
      outcome: "done",
      data: { made: "red" },
      call: { tool: "cup_create", input: { colour: "red" } },
      unused: [],
    })
    expect(result.say).toBe("A red cup.\nCommand mode: read without a language model. Taken by default: handles 1.")
  })

  test("a word that fits several values is said back as an assumption", async () => {
    expect((await say("an azure cup")).footer).toContain('Taken by default: colour sky blue for "azure", handles 1.')
    expect((await say("a sky blue cup")).footer).toContain("Taken by default: handles 1.")
  })

  test("does nothing while words are left over, and goes on after a yes", async () => {
    const first = await say("a red cup with glitter")
    expect(first).toMatchObject({
      outcome: "asked",
      unused: ["glitter"],
      question: { choices: [{ value: "yes", does: { yes: { tool: "cup_create", input: { colour: "red" } } } }] },
    })
    expect(first.say.split("\n")[0]).toBe("Read as: Create a cup (colour red).")
    const second = await say("a red cup with glitter", {}, true)
    expect(second).toMatchObject({ outcome: "done", data: { made: "red" } })
    expect(second.say).toMatch(/Command mode: read without a language model\. Not used: glitter\./)
  })

  test("a yes settles neither a negation nor a contradiction", async () => {
    expect((await say("a cup but not red", {}, true)).outcome).toBe("asked")
    expect((await say("a red blue cup", {}, true)).outcome).toBe("asked")
  })

  test("a question of the tool becomes choices that hold the finished call", async () => {
    const result = await say("a red cup, size 7")
    expect(result).toMatchObject({ outcome: "asked", question: { text: "Which size?", field: "system" } })
    const choice = result.question?.choices[1]?.does
    expect(choice).toEqual({ call: { tool: "cup_create", input: { colour: "red", size: "7", system: "imperial" } } })
    if (!choice || !("call" in choice)) return
    expect(await runChosen(choice.call, { registry, studio: house.call() })).toMatchObject({
      outcome: "done",
      data: { made: "red" },
    })
  })

  test("the person's locale reaches the tool", async () => {
    expect((await say("a red cup, size 7", { caller: { ...house.call().caller, locale: "de-DE" } })).outcome).toBe(
      "done",
    )
  })

  test("waits for long work and tells how far it is", async () => {
    const seen: string[] = []
    const jobs = slowJobs(view("done"))
    const result = await say("a blue cup", {
      jobs,
      progress: ({ text, fraction }) => void seen.push(`${text} ${fraction?.toFixed(2)}`),
    })
    expect(result).toMatchObject({
      outcome: "done",
      data: { made: "blue", fired: true },
      job: { id: "j1", state: "done" },
    })
    expect(result.say.split("\n")[0]).toBe("A blue cup, fired.")
    expect(seen.slice(0, 2)).toEqual(["firing 0.33", "firing 0.67"])
  })

  test("work that failed is told in its own words", async () => {
    const jobs = slowJobs(
      view("failed", { error: { code: "backend", problem: "The kiln cracked.", hint: "Nothing was charged." } }),
    )
    expect(await say("a blue cup", { jobs })).toMatchObject({
      outcome: "failed",
      error: { code: "backend", problem: "The kiln cracked." },
    })
  })

  test.each([
    ["99", "bad_input", "Size 99 is too large."],
    ["66", "backend", "kiln failed: it is cold"],
    ["55", "internal", "Something in the studio broke while doing this."],
  ])("an error at size %s is told as %s", async (size, code, problem) => {
    expect(await say(`a metric cup size ${size}`)).toMatchObject({ outcome: "failed", error: { code, problem } })
  })

  test("an interrupted wait ends as cancelled", async () => {
    const stop = new AbortController()
    const jobs: Jobs = { ...house.services.jobs, wait: async () => (stop.abort(), view("running")) }
    expect(await say("a blue cup", { jobs, signal: stop.signal })).toMatchObject({
      outcome: "failed",
      error: { code: "cancelled" },
    })
  })

  test("a file that no command takes is named, not dropped", async () => {
    const result = await runTurn({ text: "a red cup", files: ["sketch.png"], registry, studio: house.call() })
    expect(result).toMatchObject({ outcome: "asked", unused: ["file sketch.png"] })
  })

  test("a prompt of 20,000 characters is refused politely", async () => {
    const result = await say("cup ".repeat(5_000))
    expect(result.outcome).toBe("asked")
    expect(result.say).toContain("up to 2000. Nothing was done.")
  })
})
