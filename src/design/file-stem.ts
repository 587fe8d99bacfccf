import { describeRecipe } from "#src/design/recipe.ts"
import type { Recipe } from "#src/design/recipe.ts"

/** "14k-rose-gold-solitaire-us-7-1.00-ct-round-diamond": a file name without extension that every system accepts. */
export function fileStem(recipe: Recipe): string {
  return describeRecipe(recipe)
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, "-")
    .replace(/^[-.]+|[-.]+$/g, "")
    .slice(0, 80)
}
