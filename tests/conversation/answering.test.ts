import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { z } from "zod"
import type { Incoming, TurnEnd } from "#src/conversation/conversation.ts"
import { plainText } from "#src/conversation/document.ts"
import type { ConversationParts } from "#src/conversation/parts.ts"
import { BackendError, Question, UserError } from "#src/errors.ts"
import type { Jobs, JobView } from "#src/studio.ts"
import { defineTool } from "#src/tool.ts"
import { scripted } from "#tests/conversation/scripted.ts"
import { talk, type Talk } from "#tests/conversation/talk.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { createRegistry } from "#tools/registry.ts"

let house: TestStudio
let open: Talk | undefined
beforeEach(async () => void (house = await testStudio()))
afterEach(async () => {
  await open?.close()
  open = undefined
  await house.close()
})

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
      .max(40)
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
      const now = waits < 3 ? view("running", { progress: { fraction: waits / 3, text: `firing ${waits}` } }) : end
      onProgress?.(now)
      return now
    },
    reply: (it) => (it.state === "done" ? { say: "A blue cup, fired.", data: { fired: true } } : undefined),
  }
}

interface Heard {
  end: TurnEnd
  words: string
}

/** Says it in a conversation, and hears how the turn ended. */
async function say(
  text: string,
  { jobs, caller = {}, ...parts }: Partial<ConversationParts> & { caller?: Partial<Incoming["caller"]> } = {},
  incoming: Partial<Incoming> = {},
): Promise<Heard> {
  open ??= await talk(registry, {
    studio: house,
    ...parts,
    ...(jobs
      ? { jobs, studioFor: (call) => ({ ...house.call(call.caller, call), jobs, progress: call.progress }) }
      : {}),
  })
  let end: TurnEnd | undefined
  const whole = { text, caller: { ...open.caller, ...caller }, ...incoming }
  const message = await open.conversations.send(open.thread.id, whole, { onEnd: (it) => (end = it) })
  if (!end) throw new Error("nothing was heard")
  return { end, words: plainText(message.doc) }
}

describe("a turn in command mode", () => {
  test("carries out what it read, and says how it was read", async () => {
    const { end, words } = await say("a red cup")
    expect(end).toMatchObject({
      outcome: "done",
      readBy: "commands",
      outcomes: [{ outcome: "done", data: { made: "red" }, call: { tool: "cup_create", input: { colour: "red" } } }],
      unused: [],
      jobs: [],
    })
    expect(words).toBe("A red cup.\nCommand mode: read without a language model. Taken by default: handles 1.")
  })

  test("says back a word that fits several values as an assumption", async () => {
    expect((await say("an azure cup")).words).toContain('Taken by default: colour sky blue for "azure", handles 1.')
    expect((await say("a sky blue cup")).words).toContain("Taken by default: handles 1.")
  })

  test("does nothing while words are left over, and hands out the button that goes on", async () => {
    const { end, words } = await say("a red cup with glitter")
    expect(end).toMatchObject({
      outcome: "asked",
      unused: ["glitter"],
      outcomes: [],
      question: { choices: [{ value: "yes", does: { yes: { tool: "cup_create", input: { colour: "red" } } } }] },
    })
    expect(words.split("\n")[0]).toBe("Read as: Create a cup (colour red).")
    let pressed: TurnEnd | undefined
    const button = end.question?.choices[0]?.button ?? ""
    await open?.conversations.press(open.thread.id, button, open.caller, { onEnd: (it) => (pressed = it) })
    expect(pressed).toMatchObject({ outcome: "done", readBy: "nothing", outcomes: [{ data: { made: "red" } }] })
  })

  test("puts a question of the tool with choices that hold the finished call", async () => {
    const { end } = await say("a red cup, size 7")
    expect(end).toMatchObject({
      outcome: "asked",
      question: {
        text: "Which size?",
        field: "system",
        choices: [
          {},
          { does: { call: { tool: "cup_create", input: { colour: "red", size: "7", system: "imperial" } } } },
        ],
      },
    })
    expect((await say("the second one")).end).toMatchObject({ outcome: "done", outcomes: [{ data: { made: "red" } }] })
  })

  test("hands the person's locale to the tool", async () => {
    expect((await say("a red cup, size 7", { caller: { locale: "de-DE" } })).end.outcome).toBe("done")
  })

  test("waits for long work, and the answer has the job's words with the data of both", async () => {
    const { end, words } = await say("a blue cup", { jobs: slowJobs(view("done")) })
    expect(end).toMatchObject({
      outcome: "done",
      outcomes: [{ data: { made: "blue", fired: true }, job: { id: "j1", state: "done" } }],
    })
    expect(words.split("\n")[0]).toBe("A blue cup, fired.")
  })

  test("tells work that failed in its own words", async () => {
    const error = { code: "backend", problem: "The kiln cracked.", hint: "Nothing was charged." }
    const { end } = await say("a blue cup", { jobs: slowJobs(view("failed", { error })) })
    expect(end).toMatchObject({ outcome: "failed", error: { code: "backend", problem: "The kiln cracked." } })
  })

  test.each([
    ["99", "bad_input", "Size 99 is too large."],
    ["66", "backend", "kiln failed: it is cold"],
    ["55", "internal", "Something in the studio broke while doing this."],
  ])("tells an error at size %s as %s", async (size, code, problem) => {
    const { end, words } = await say(`a metric cup size ${size}`)
    expect(end).toMatchObject({ outcome: "failed", error: { code, problem } })
    expect(words).toContain(problem)
  })

  test("names a file that it does not open, whatever else there is to ask, and does nothing as if it had", async () => {
    open = await talk(registry, { studio: house })
    const writer = house.services.artifacts.writerFor("local")
    const { id } = await writer.put(Buffer.from("a cup\n"), { name: "sketch.txt", use: "file" })
    const one = await say("a red cup", {}, { files: [id] })
    expect(one.end).toMatchObject({ outcome: "asked", unused: ["file sketch.txt"], outcomes: [] })
    expect(one.words).toContain("Command mode opens no files. Go on without?")
    const two = await say("a red cup, size 7 with glitter", {}, { files: [id] })
    expect(two.end.unused).toEqual(["glitter", "file sketch.txt"])
    expect(two.words).toMatch(/opens no files\. I did not use "glitter"/)
    expect((await say("thanks!", {}, { files: [id] })).end).toMatchObject({
      outcome: "done",
      unused: ["file sketch.txt"],
    })
  })

  test("refuses a sentence of 20,000 characters politely", async () => {
    const { end, words } = await say("cup ".repeat(4_999))
    expect(end.outcome).toBe("asked")
    expect(words).toContain("up to 2000. Nothing was done.")
  })
})

describe("a turn of a language model", () => {
  test("is told as such, and names a file that no call was given", async () => {
    const writer = house.services.artifacts.writerFor("local")
    const put = (name: string) => writer.put(Buffer.from(name), { name, use: "file" })
    const [seen, unseen] = [await put("seen.txt"), await put("unseen.txt")]
    const { llm } = scripted((step) =>
      step === 1 ? { calls: [{ tool: "cup_create", input: { size: seen.id } }] } : { text: "There." },
    )
    const { end, words } = await say("like these", { llm }, { files: [seen.id, unseen.id] })
    expect(end).toMatchObject({ readBy: "model", unused: ["file unseen.txt"], outcomes: [{ outcome: "asked" }] })
    expect(words).toContain("Not opened: unseen.txt.")
  })

  test("that breaks keeps what was done before, and says why it failed", async () => {
    const { llm } = scripted((step) =>
      step === 1 ? { calls: [{ tool: "cup_create", input: { colour: "red" } }] } : { error: new Error("cut") },
    )
    const { end } = await say("a cup", { llm })
    expect(end).toMatchObject({
      outcome: "failed",
      outcomes: [{ outcome: "done", data: { made: "red" } }],
      error: { problem: expect.stringContaining("broke off") as string },
    })
  })
})
