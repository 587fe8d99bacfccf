import { expect, test } from "vitest"
import { addDesign, reviseDesign, stepDesign } from "#src/design/designs.store.ts"
import { changeRecipe, describeRecipe, newRecipe } from "#src/design/recipe.ts"
import { testStudio } from "#tests/studio.ts"

test("a design that nobody named is called what it is, after edits and undo as well; a given name stays", async () => {
  const studio = await testStudio()
  const { items, caller } = studio.call()
  const { recipe } = newRecipe({ metal: "platinum_950", size: "7", size_system: "us" })
  const rose = changeRecipe(recipe, { metal: "18k_rose_gold" }).recipe
  const own = addDesign(items, caller, describeRecipe(recipe), recipe, "created")
  const edited = reviseDesign(items, caller, own, rose, "set metal")
  expect(edited.item.name).toMatch(/^18k rose gold solitaire/)
  expect(stepDesign(items, caller, edited, "undo").item.name).toMatch(/^platinum 950 solitaire/)
  const named = addDesign(items, caller, "For Anna", recipe, "created")
  expect(reviseDesign(items, caller, named, rose, "set metal").item.name).toBe("For Anna")
  await studio.close()
})
