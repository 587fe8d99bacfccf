import { describe, expect, test } from "vitest"
import { z } from "zod"
import { createInterpreter } from "#src/conversation/interpreter/interpret.ts"
import { defineTool, type Tool } from "#src/tool.ts"

/** Tools of fields the interpreter has never heard of: all it knows of them is in their schemas. */
const board = defineTool({
  name: "board_create",
  title: "Create a storyboard",
  description: "Turns an idea into scenes with pictures.",
  effect: "writes",
  cost: "metered",
  role: "user",
  input: z.object({
    title: z.string().max(80).optional().describe("Title of the board."),
    about: z
      .string()
      .max(2_000)
      .describe("What happens.")
      .meta({ cue: ["about"] }),
    scenes: z
      .number()
      .int()
      .min(1)
      .max(40)
      .default(6)
      .describe("Number of scenes.")
      .meta({ cue: ["scenes", "scene"] }),
    seconds: z
      .number()
      .min(1)
      .max(600)
      .optional()
      .describe("Length.")
      .meta({ unit: "s", cue: ["long", "length"] }),
    style: z
      .enum(["ink", "watercolour", "film_noir"])
      .optional()
      .meta({ aliases: { watercolour: ["watercolor", "aquarelle"], film_noir: ["noir"] }, cue: ["style"] }),
    aspect: z
      .union([z.literal("16:9"), z.literal("1:1")])
      .optional()
      .meta({ aliases: { "16:9": ["widescreen"], "1:1": ["square"] } }),
    captions: z.boolean().default(false).describe("Write captions under the panels."),
    frame: z
      .object({ width: z.number().min(64).max(4_096), height: z.number().min(64).max(4_096) })
      .partial()
      .optional()
      .meta({ cue: ["frame"] }),
  }),
  output: z.object({}),
  examples: [{ say: "a storyboard about two cats, 5 scenes", input: { about: "two cats", scenes: 5 } }],
  run: async () => ({ say: "", data: {} }),
})

const remove = defineTool({
  name: "board_delete",
  title: "Delete a storyboard",
  description: "Deletes a board for good.",
  effect: "destroys",
  cost: "free",
  role: "user",
  input: z.object({
    board: z
      .string()
      .max(40)
      .describe("Its id.")
      .meta({ cue: ["board"] }),
  }),
  output: z.object({}),
  examples: [],
  run: async () => ({ say: "", data: {} }),
})

const mix = defineTool({
  name: "sound_edit",
  title: "Edit the sound",
  description: "Changes the sound of a board.",
  effect: "writes",
  cost: "free",
  role: "user",
  input: z.object({
    steps: z
      .array(
        z.discriminatedUnion("do", [
          z
            .object({ do: z.literal("fade"), seconds: z.number().min(0).max(20).meta({ unit: "s" }) })
            .meta({ cue: ["fade out"] }),
          z.object({ do: z.literal("mute"), track: z.enum(["music", "voice"]) }).meta({ aliases: ["silence"] }),
        ]),
      )
      .min(1),
  }),
  output: z.object({}),
  examples: [{ say: "fade the sound out over 3 seconds", input: { steps: [{ do: "fade", seconds: 3 }] } }],
  run: async () => ({ say: "", data: {} }),
})

const read = (say: string, tools: readonly Tool[] = [board, remove, mix]) => createInterpreter(tools).read(say)

describe("a tool that is known by its schema alone", () => {
  test("takes free text, counts, enum aliases and units", () => {
    const reading = read("make a noir storyboard about a lost umbrella, 8 scenes, 2 minutes long, widescreen")
    expect(reading.calls[0]).toMatchObject({
      tool: "board_create",
      input: { about: "a lost umbrella", scenes: 8, seconds: 120, style: "film_noir", aspect: "16:9" },
    })
    expect(reading.certain).toBe(true)
  })

  test("takes titles in quotes, number words and flags", () => {
    const reading = read('create a storyboard called "Not Yet" about rain, twelve scenes, with captions')
    expect(reading.calls[0]?.input).toEqual({ title: "Not Yet", about: "rain", scenes: 12, captions: true })
    expect(reading.certain).toBe(true)
  })

  test("asks for a required field", () => {
    const reading = read("create a storyboard with 5 scenes")
    expect(reading.asks).toMatchObject([{ kind: "missing", field: "about" }])
  })

  test("says the range of a number that is out of it", () => {
    expect(read("a storyboard about rain, 90 scenes").asks[0]).toMatchObject({
      kind: "range",
      question: "scenes cannot be 90: a whole number from 1 to 40 is possible.",
    })
  })

  test("fills lists of operations by their cue, in the order of the sentence", () => {
    expect(read("mute the music").calls[0]).toMatchObject({
      tool: "sound_edit",
      input: { steps: [{ do: "mute", track: "music" }] },
    })
    const two = read("silence the voice and fade out 2 seconds")
    expect(two.calls[0]?.input).toEqual({
      steps: [
        { do: "mute", track: "voice" },
        { do: "fade", seconds: 2 },
      ],
    })
  })

  test("never does what cannot be undone without a yes", () => {
    const reading = read("delete board b_77123")
    expect(reading.calls[0]).toMatchObject({ tool: "board_delete", input: { board: "b_77123" } })
    expect(reading.certain).toBe(false)
    expect(reading.asks.map((it) => it.kind)).toEqual(["destroys"])
  })
})

describe("limits", () => {
  test("2,000 characters are read, more are refused with the number", () => {
    expect(read("a storyboard about rain ".padEnd(1_900, " very")).asks.map((it) => it.kind)).not.toContain("too_long")
    const long = read("ring ".repeat(4_000))
    expect(long.asks[0]?.kind).toBe("too_long")
    expect(long.asks[0]?.question).toContain("19999 characters")
  })

  test("no input makes it throw, and nothing unread makes it act", () => {
    const wild = [
      "",
      "   ",
      "\u0000\u0007",
      "((((",
      "'",
      '"',
      "½",
      "1/0",
      "-",
      "__proto__",
      "constructor 5",
      "9".repeat(500),
      "a".repeat(1_999),
      "💥💥",
      "🧿 \u202Egnir",
      "1".repeat(30) + " scenes",
    ]
    for (const text of wild) expect([text, read(text).certain]).toEqual([text, false])
  })
})
