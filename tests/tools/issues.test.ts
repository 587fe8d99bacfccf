import { describe, expect, test } from "vitest"
import { z } from "zod"
import { UserError } from "#src/errors.ts"
import type { Studio } from "#src/studio.ts"
import { defineTool } from "#src/tool.ts"
import { createRegistry } from "#tools/registry.ts"

const width = z.number().min(1).max(15).optional().describe("Width of the band.").meta({ unit: "mm" })
const step = z.discriminatedUnion("op", [
  z.object({ op: z.literal("set"), band_width_mm: width, carat: z.number().positive().optional() }),
  z.object({ op: z.literal("undo") }),
])
const ring = defineTool({
  name: "ring_edit",
  title: "Change a ring",
  description: "Changes a ring.",
  effect: "writes",
  cost: "free",
  role: "user",
  input: z.object({
    band_width_mm: width,
    size: z
      .union([z.string().min(1).max(20), z.number().min(0).max(80)])
      .optional()
      .describe("Ring size."),
    prongs: z.literal([4, 6]).optional().meta({ unit: "prongs" }),
    metal: z.enum(["gold", "silver"]).optional(),
    count: z.number().int().min(1).max(3).optional(),
    angle: z.number().max(90).multipleOf(15).optional().meta({ unit: "deg" }),
    name: z.string().min(1).max(5).optional(),
    id: z
      .string()
      .regex(/^r_\d+$/)
      .optional(),
    files: z
      .array(z.enum(["stl", "glb"]))
      .max(2)
      .optional(),
    steps: z.array(step).min(1).max(3),
    flat: z.boolean().optional(),
    note: z
      .string()
      .max(100)
      .refine((text) => !text.includes("!"), "no exclamation marks")
      .optional(),
  }),
  output: z.object({}),
  examples: [{ say: "undo", input: { steps: [{ op: "undo" }] } }],
  run: async () => ({ say: "Done.", data: {} }),
})
const registry = createRegistry([ring])
// Only what is looked at before the tool runs.
const studio = { caller: { role: "user" }, signal: new AbortController().signal } as unknown as Studio

async function refusal(input: unknown): Promise<UserError> {
  const error: unknown = await registry.callTool("ring_edit", input, studio).catch((it: unknown) => it)
  if (error instanceof UserError) return error
  throw new Error("it was not refused")
}
const undo = { steps: [{ op: "undo" }] }

describe("an input that a tool refuses is told in the studio's words", () => {
  test.each<[Record<string, unknown>, string]>([
    [{ band_width_mm: 30 }, "band_width is 30 mm; allowed are 1 to 15 mm."],
    [{ band_width_mm: 0.5 }, "band_width is 0.5 mm; allowed are 1 to 15 mm."],
    [{ size: 99 }, "size is 99; allowed are 0 to 80."],
    [{ size: "7".repeat(21) }, "size has 21 characters; at most 20 are allowed."],
    [{ prongs: 5 }, "prongs is 5 prongs; allowed are 4, 6."],
    [{ metal: "tin" }, 'metal is "tin"; allowed are gold, silver.'],
    [{ count: 1.5 }, "count is 1.5; it must be a whole number."],
    [{ count: 7 }, "count is 7; allowed are 1 to 3."],
    [{ angle: 100 }, "angle is 100 deg; allowed is at most 90 deg. angle is 100 deg; it must be a multiple of 15."],
    [{ name: "" }, "name is empty; at least 1 is needed."],
    [{ name: "longer" }, "name has 6 characters; at most 5 are allowed."],
    [{ id: "x" }, 'id is "x", which is not written as it must be.'],
    [{ files: ["stl", "exe"] }, 'number 2 of files is "exe"; allowed are stl, glb.'],
    [{ files: ["stl", "stl", "stl"] }, "files has 3 entries; at most 2 are allowed."],
    [{ note: "hey!" }, "note: no exclamation marks."],
    [{ steps: [{ op: "set", band_width_mm: 99 }] }, "band_width is 99 mm; allowed are 1 to 15 mm."],
    [{ steps: [{ op: "set", carat: 0 }] }, "carat is 0; it must be more than 0."],
    [{ steps: [{ op: "explode" }] }, 'op is "explode"; allowed are set, undo.'],
    [
      { steps: [{ op: "undo" }, { op: "set", band_width_mm: 99 }] },
      "band_width (number 2 of steps) is 99 mm; allowed are 1 to 15 mm.",
    ],
  ])("%j", async (wishes, words) => {
    expect((await refusal({ ...undo, ...wishes })).problem).toBe(words)
  })

  test.each<[unknown, string]>([
    [{ ...undo, colour: 1, tint: 2 }, 'There are no fields "colour", "tint".'],
    [{}, "steps is missing."],
    [{ ...undo, band_width_mm: "3" }, 'band_width is "3"; it must be a number.'],
    [{ ...undo, flat: 1 }, "flat is 1; it must be true or false."],
    [{ ...undo, size: [] }, "size is a list; it must be a text or a number."],
    [{ steps: {} }, "steps is an object; it must be a list."],
    [[], "The input is a list; it must be an object."],
  ])("%j is not built as it must be: the tool and its fields are named", async (input, words) => {
    const { problem, hint } = await refusal(input)
    expect(problem).toBe(`ring_edit cannot use this input: ${words}`)
    expect(hint).toMatch(/^Fields: band_width_mm, size, .*Example: \{"steps"/)
  })

  test("with what the field is for as the hint", async () => {
    expect((await refusal({ ...undo, band_width_mm: 30 })).hint).toBe("Width of the band.")
  })

  test("within limits, however much is wrong and however long it is", async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`${"x".repeat(200)}${index}`, 1]))
    const { problem } = await refusal({ ...undo, ...many, name: "y".repeat(100_000), metal: "z".repeat(100_000) })
    expect(problem.length).toBeLessThanOrEqual(2_000)
    expect(problem).toContain('metal is "zzz')
  })
})
