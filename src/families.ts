/** How a family puts a thing of its own into words. */
export interface ItemWords {
  /** One line. */
  description: string
  /** Its values, under the names of the fields of the family's tools. */
  parameters: Record<string, string | number>
}

/** One entry per family that has items; loaded when the first is looked at. */
const WORDS_OF: Record<string, (data: unknown) => Promise<ItemWords>> = {
  design: async (data) => {
    const { describeRecipe, parametersOf, recipeSchema } = await import("#src/design/recipe.ts")
    const recipe = recipeSchema.parse(data)
    return { description: describeRecipe(recipe), parameters: parametersOf(recipe) }
  },
}

/** Undefined for a kind without words. `data` is the content of a revision. */
export async function describeItem(kind: string, data: unknown): Promise<ItemWords | undefined> {
  return Object.hasOwn(WORDS_OF, kind) ? WORDS_OF[kind]?.(data) : undefined
}
