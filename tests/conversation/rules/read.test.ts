import fc from "fast-check"
import { beforeAll, describe, expect, test } from "vitest"
import { z } from "zod"
import type { Focus } from "#src/conversation/rules/focus.ts"
import { planFor } from "#src/conversation/rules/read.ts"
import { defineTool } from "#src/tool.ts"
import type { Tool } from "#src/tool.ts"
import { contexts } from "#tests/eval/row.ts"
import { sets } from "#tests/eval/sets.ts"
import { loadRegistry } from "#tools/registry.ts"

let tools: readonly Tool[]
beforeAll(async () => void (tools = (await loadRegistry(["design", "export", "media", "studio"])).visible("user")))

const plan = (text: string, focus?: Focus) => planFor(text, { tools, ...(focus && { focus }) })
const callsOf = (text: string, focus?: Focus) => plan(text, focus).stages.flat()

describe("words that lean on the thing in front", () => {
  test.each([
    "is it thicker now?",
    "it is thinner",
    "make it thicker than before",
    "keep it gold",
    "that's platinum",
    "maybe platinum",
    "platinum looks good",
    "wider but not too much",
    "make it 20 mm thicker",
    "a platinum one",
    "make all of them platinum",
    "delete the other one",
    "another ring in platinum",
    "same",
  ])("%s: asks instead of guessing", (text) => {
    const { stages, question } = plan(text, contexts.ring)
    expect(stages).toEqual([])
    expect(question?.text).toBeTruthy()
  })

  test("what turns a sentence round is offered, never done", () => {
    for (const text of ["no, platinum", "platinum instead of gold", "not gold but platinum", "platinum, not gold"]) {
      const { stages, question } = plan(text, contexts.ring)
      expect([text, stages]).toEqual([text, []])
      expect(question?.choices.map((it) => it.does)).toMatchObject([
        { call: { input: { design: "design_ring1", operations: [{ op: "set", metal: "platinum_950" }] } } },
      ])
    }
  })

  test("a bare measure asks which, among the values of the thing in front", () => {
    const { question } = plan("2 mm", contexts.ring)
    expect(question?.choices.map((it) => it.label)).toEqual([
      "stone diameter",
      "prong diameter",
      "band width",
      "band thickness",
    ])
  })

  test("a question about the thing in front is answered from its values", () => {
    expect(plan("what size is it?", contexts.ring).say).toMatch(/size US 7/)
    expect(plan("how wide is the band?", contexts.ring).say).toMatch(/band width 2.2 mm/)
  })

  test("both means both, and only where there are two", () => {
    const calls = callsOf("export both as stl", contexts.two)
    expect(calls.map((it) => it.input["design"])).toEqual(["design_ring1", "design_ring2"])
    expect(callsOf("export both as stl", contexts.ring)).toEqual([])
  })

  test("relative words stop at the limits of the schema and say so", () => {
    const focus = { ...contexts.ring, parameters: { ...contexts.ring.parameters, band_width_mm: 15 } }
    expect(callsOf("wider", focus)).toEqual([])
    expect(plan("wider", focus).question?.text).toMatch(/band width is 15 mm, 1 to 15 mm is possible/)
  })

  test("without a thing in front a change asks for which, and offers the last", () => {
    const { stages, question } = plan("make it platinum")
    expect(stages).toEqual([])
    expect(question?.choices.map((it) => it.label)).toEqual(["the one worked on last", "show what there is"])
  })

  test("forty changes in a row, each on top of the other, end where they should", () => {
    let focus: Focus = contexts.ring
    for (let n = 0; n < 20; n++)
      for (const text of ["0.1 mm wider", "make the band 0.1 mm narrower"]) {
        const [call] = callsOf(text, focus)
        const [operation] = (call?.input["operations"] ?? []) as { band_width_mm: number }[] // of the edit tool
        const parameters = { ...focus.parameters, band_width_mm: operation?.band_width_mm ?? 0 }
        focus = { ...focus, revision: focus.revision + 1, parameters }
      }
    expect(focus.parameters?.["band_width_mm"]).toBe(2.2)
    expect(focus.revision).toBe(44)
  })
})

describe("words of an order that are few", () => {
  test("a number that was not said stays what it is: rose gold of an 18k ring is 18k rose gold", () => {
    const set = (metal: string) => [{ op: "set", metal }]
    const said = (text: string, focus: Focus) => callsOf(text, focus)[0]?.input["operations"]
    expect(said("make it rose gold", contexts.white)).toEqual(set("18k_rose_gold"))
    expect(said("in yellow", contexts.white)).toEqual(set("18k_yellow_gold"))
    expect(said("14k", contexts.white)).toEqual(set("14k_white_gold"))
    expect(said("make it rose gold", contexts.ring)).toEqual(set("14k_rose_gold"))
    expect(said("make it platinum", contexts.white)).toEqual(set("platinum_950"))
    expect(plan("rose gold", contexts.white).assumed).toEqual(['metal 18k rose gold for "rose gold"'])
  })

  test("one open question is put with its choices, and beside it stands what was not used", () => {
    const { question, unused } = plan("give me a printable file", contexts.ring)
    expect(question?.choices.map((it) => it.label)).toEqual(["glb", "stl", "3mf"])
    expect(question?.text).toMatch(/What should the format be\? I did not use "printable"\.$/)
    expect(unused).toEqual(["printable"])
  })

  test("a word that is nearly known is proposed in one press, also where the message has nothing else", () => {
    expect(plan("platnum", contexts.ring).question?.choices.map((it) => it.does)).toEqual([{ say: "platinum" }])
    expect(plan("make it palladum", contexts.ring).question?.choices.map((it) => it.does)).toEqual([
      { say: "make it palladium" },
    ])
  })

  test("what is wrong orders nothing yet, but what would help is offered", () => {
    const { stages, question } = plan("the band is too wide", contexts.ring)
    expect(stages).toEqual([])
    expect(question?.choices.map((it) => it.does)).toMatchObject([
      { call: { input: { operations: [{ op: "set", band_width_mm: 1.8 }] } } },
    ])
  })
})

describe("one message after another", () => {
  test("nothing that was said of one message is told with another", () => {
    expect(plan("make it a bit wider, then show it. thanks!", contexts.ring).notes).toHaveLength(1)
    expect(plan("make it platinum", contexts.ring)).toMatchObject({ notes: [], unused: [] })
  })

  test("a yes or a no to nothing says so", () => {
    for (const text of ["yes", "no", "nvm", "go ahead"])
      expect(plan(text, contexts.ring).say).toMatch(/^Nothing is waiting/)
  })

  test("a thousand blanks and signs around an order are nothing", () => {
    const blanks = " \t\n".repeat(600)
    expect(callsOf(`${blanks}make it platinum${"!".repeat(1_000)}`, contexts.ring)).toHaveLength(1)
  })
})

describe("a tool that nobody wrote words for", () => {
  const size = {
    width_mm: z
      .number()
      .min(10)
      .max(200)
      .optional()
      .meta({ unit: "mm", cue: ["wide"] }),
  }
  const glaze = { glaze: z.enum(["celadon", "tenmoku"]).optional() }
  const answer = { output: z.object({}), run: async () => ({ say: "", data: {} }) }
  const shared = { effect: "writes", cost: "free", role: "user" } as const
  const pots = [
    defineTool({
      name: "pot_create",
      title: "Throw a pot",
      description: "Makes a pot.",
      input: z.object({ ...size, ...glaze }),
      examples: [],
      ...shared,
      ...answer,
    }),
    defineTool({
      name: "pot_edit",
      title: "Change a pot",
      description: "Changes a pot.",
      input: z.object({ pot: z.string().optional(), ...size, ...glaze }),
      examples: [],
      ...shared,
      ...answer,
    }),
  ] as unknown as Tool[] // their inputs differ
  const focus: Focus = {
    itemId: "pot_1",
    kind: "pot",
    name: "my pot",
    revision: 1,
    parameters: { width_mm: 80, glaze: "celadon" },
  }

  test.each([
    ["a bit wider", "pot_edit", { pot: "pot_1", width_mm: 88 }],
    ["20 mm narrower", "pot_edit", { pot: "pot_1", width_mm: 60 }],
    ["tenmoku instead", "pot_edit", { pot: "pot_1", glaze: "tenmoku" }],
    ["another one in tenmoku", "pot_create", { width_mm: 80, glaze: "tenmoku" }],
  ])("%s", (text, tool, input) => {
    expect(planFor(text, { tools: pots, focus }).stages).toEqual([[{ tool, input }]])
  })
})

describe("whatever is written", () => {
  const words = sets.plain.concat(sets.chat, sets["follow-up"], sets.hostile).flatMap((it) => it.say.split(" "))
  const soup = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 8 })), { maxLength: 25 })

  test("it is read without an error, every call fits its schema, and nothing that destroys is among them", () => {
    fc.assert(
      fc.property(soup, (said) => {
        for (const call of callsOf(said.join(" "), contexts.two)) {
          const tool = tools.find((it) => it.name === call.tool)
          expect(tool?.effect).not.toBe("destroys")
          if (!JSON.stringify(call.input).includes("(made before)"))
            expect(tool?.input.strict().safeParse(call.input).success).toBe(true)
        }
      }),
      { numRuns: 300, seed: 7 },
    )
  })

  test("long and repetitive text ends", () => {
    for (const text of ["a ", "wider ", "and one ", ", ", "no, ", "undo ", "to ", "1 mm ", "(", "💍"]) {
      expect(callsOf(text.repeat(2_000 / text.length), contexts.ring)).toEqual([])
      expect(callsOf(text.repeat(20_000 / text.length), contexts.ring)).toEqual([])
    }
  })
})
