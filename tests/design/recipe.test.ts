import { describe, expect, test } from "vitest"
import { z } from "zod"
import { buildDesign } from "#src/design/build.ts"
import { briefSchema } from "#src/design/brief.ts"
import { massOf, metalIds, metalMaterial, metalOf } from "#src/design/metals.ts"
import {
  changeRecipe,
  compareRecipes,
  describeRecipe,
  newRecipe,
  recipeSchema,
  stoneCarat,
} from "#src/design/recipe.ts"
import { Question, UserError } from "#src/errors.ts"

const said = { metal: "14k_rose_gold", size: "7", size_system: "us", stone: "diamond", carat: 1 } as const

describe("a new recipe", () => {
  test("decides everything, and says what nobody asked for", () => {
    const { recipe, defaults } = newRecipe(said)
    expect(recipeSchema.parse(recipe)).toEqual(recipe)
    expect(describeRecipe(recipe)).toBe("14k rose gold solitaire, US 7, 1.00 ct round diamond")
    expect(defaults).toEqual([
      "finish",
      "prongs",
      "prong_diameter_mm",
      "band_profile",
      "band_width_mm",
      "band_thickness_mm",
    ])
    expect(recipe.defaults).toEqual(defaults)
  })

  test("needs no word at all", () => {
    expect(describeRecipe(newRecipe({}).recipe)).toBe("14k yellow gold solitaire, US 7, 1.01 ct round diamond")
    expect(newRecipe({}, "de-DE").recipe.size).toMatchObject({ system: "iso", text: "54.4" })
  })

  test("takes a size as a number too, and asks when it is ambiguous", () => {
    expect(newRecipe({ size: 7 }, "en-US").recipe.size.text).toBe("7")
    expect(() => newRecipe({ size: 7 })).toThrow(Question)
  })

  test("a weight becomes the diameter that this species needs for it", () => {
    const diamond = newRecipe({ carat: 1 }).recipe
    const moissanite = newRecipe({ carat: 1, stone: "moissanite" }).recipe
    expect(diamond.stone.diameterMm).toBeCloseTo(6.47, 2)
    expect(moissanite.stone.diameterMm).toBeGreaterThan(diamond.stone.diameterMm)
    expect(stoneCarat(moissanite)).toBeCloseTo(1, 3)
  })

  test("weight and diameter together are refused", () => {
    expect(() => newRecipe({ carat: 1, stone_diameter_mm: 6.5 })).toThrow("Give one of the two")
  })

  test("prongs too thick to be bent around the stone are refused with the most it takes, and that much is drawn", async () => {
    const clumsy = { stone_diameter_mm: 3.18, prong_diameter_mm: 3, band_width_mm: 1, band_thickness_mm: 0.3 }
    expect(() => newRecipe(clumsy)).toThrow(UserError)
    expect(() => newRecipe(clumsy)).toThrow("Prongs of 3 mm cannot be bent around a stone of 3.18 mm.")
    for (const [stone_diameter_mm, prong_diameter_mm] of [
      [2, 1.5],
      [3.18, 1.9],
      [5, 2.6],
      [6, 3],
    ] as const)
      await buildDesign(newRecipe({ ...clumsy, stone_diameter_mm, prong_diameter_mm }).recipe)
  })

  test("a weight that no drawable stone has is refused with the range", () => {
    expect(() => newRecipe({ carat: 50, stone: "opal" })).toThrow("Stones may be 2 to 20 mm")
  })

  test.each([NaN, 0, -1, 1e9, Infinity])("the number %f is refused wherever a length or weight belongs", (value) => {
    const numbers = [
      "carat",
      "stone_diameter_mm",
      "prong_diameter_mm",
      "band_width_mm",
      "band_thickness_mm",
      "prongs",
    ] as const
    for (const field of numbers) expect(() => newRecipe({ [field]: value }), field).toThrow(UserError)
    expect(() => newRecipe({ size: value, size_system: "us", carat: value })).toThrow(UserError)
  })
})

describe("a changed recipe", () => {
  const { recipe } = newRecipe(said)

  test("resizing keeps stone and head, and stays in the system", () => {
    const { recipe: resized, changes } = changeRecipe(recipe, { size: "9" })
    expect(changes).toEqual([{ field: "size", from: "US 7", to: "US 9" }])
    expect([resized.stone, resized.head]).toEqual([recipe.stone, recipe.head])
  })

  test("a size of another system is taken as such, and a system alone rewrites the size", () => {
    expect(changeRecipe(recipe, { size: "UK N" }).recipe.size.text).toBe("N")
    expect(changeRecipe(recipe, { size: "54" }).recipe.size.system).toBe("iso")
    expect(changeRecipe(recipe, { size_system: "uk" }).recipe.size.text).toBe("N½")
  })

  test("a new weight moves what follows from it, and only that", () => {
    const { changes } = changeRecipe(recipe, { carat: 2 })
    expect(changes.map((change) => change.field)).toEqual(["carat", "stone_diameter_mm", "prong_diameter_mm"])
    expect(changes[0]).toEqual({ field: "carat", from: 1, to: 2 })
  })

  test("what somebody chose stays when something else would change it", () => {
    const chosen = newRecipe({ ...said, prong_diameter_mm: 1.2 }).recipe
    expect(changeRecipe(chosen, { carat: 2 }).recipe.head.prongDiameterMm).toBe(1.2)
  })

  test("another species keeps the diameter, so the head fits, and weighs differently", () => {
    const { recipe: ruby, changes } = changeRecipe(recipe, { stone: "ruby" })
    expect(ruby.stone.diameterMm).toBe(recipe.stone.diameterMm)
    expect(changes.find((change) => change.field === "carat")).toEqual({ field: "carat", from: 1, to: 1.14 })
  })

  test("a change can be taken back, and nothing changes by nothing", () => {
    const there = changeRecipe(recipe, { metal: "platinum_950", prongs: 4 }).recipe
    const back = changeRecipe(there, { metal: "14k_rose_gold", prongs: 6 }).recipe
    expect(compareRecipes(recipe, back)).toEqual([])
    expect(changeRecipe(recipe, {}).changes).toEqual([])
    expect(changeRecipe(recipe, {}).recipe).toEqual(recipe)
  })
})

describe("the words for a ring", () => {
  const fields = Object.entries(briefSchema.shape)

  test.each(fields)("%s is described, limited, and has words that people use", (_name, field) => {
    const meta = field.meta() as { description?: string; aliases?: Record<string, string[]>; cue?: string[] } // what the schema declares
    expect(meta.description?.length).toBeGreaterThan(10)
    expect(Object.keys(meta.aliases ?? {}).length + (meta.cue?.length ?? 0)).toBeGreaterThan(0)
    const schema = z.toJSONSchema(field, { io: "input" })
    if (schema.type === "number" && !schema.enum)
      expect(schema).toMatchObject({ minimum: expect.any(Number), maximum: expect.any(Number) })
  })

  test("no phrase stands for two values of one field", () => {
    for (const [name, field] of fields) {
      const { aliases = {} } = field.meta() as { aliases?: Record<string, string[]> } // what the schema declares
      const phrases = Object.values(aliases).flatMap((words) => [...new Set(words)])
      expect(new Set(phrases).size, name).toBe(phrases.length)
    }
  })
})

describe("metals", () => {
  test("a mass is volume times density: platinum 950 weighs 20.7/13.05 of 14k yellow gold", () => {
    expect(massOf("platinum_950", 230) / massOf("14k_yellow_gold", 230)).toBeCloseTo(20.7 / 13.05, 10)
    expect(massOf("14k_rose_gold", 1000)).toBeCloseTo(13.03, 10)
  })

  test.each(metalIds)("%s has a physical density and colour, and gets rougher with its finish", (id) => {
    expect(metalOf(id).density).toBeGreaterThan(0.9)
    expect(metalOf(id).density).toBeLessThan(22)
    for (const channel of metalOf(id).color) expect(channel).toBeLessThanOrEqual(1)
    expect(metalMaterial(id, "polished").roughness).toBeLessThanOrEqual(metalMaterial(id, "satin").roughness)
    expect(metalMaterial(id, "satin").roughness).toBeLessThanOrEqual(metalMaterial(id, "sandblasted").roughness)
  })
})
