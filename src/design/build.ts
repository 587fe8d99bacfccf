import { measure } from "#src/design/measures.ts"
import { metalMaterial } from "#src/design/metals.ts"
import { describeRecipe } from "#src/design/recipe.ts"
import type { Recipe } from "#src/design/recipe.ts"
import { reportOn } from "#src/design/report.ts"
import type { Report } from "#src/design/report.ts"
import { solitaire } from "#src/design/solitaire.ts"
import { stoneMaterial, stoneOf } from "#src/design/stones.ts"
import type { Model } from "#src/geometry/mesh.ts"
import { withSolids } from "#src/geometry/solid.ts"

export interface BuildOptions {
  signal?: AbortSignal
  /** 0…1 */
  onProgress?: (fraction: number, text: string) => void
}

/**
 * Makes the solids of a recipe and measures them: about 0.3 s of computing, so call it off the main thread. The same recipe
 * always gives the same bytes. A design that cannot be worn or cast is built all the same; its report says why.
 */
export async function buildDesign(
  recipe: Recipe,
  options: BuildOptions = {},
): Promise<{ model: Model; report: Report }> {
  const { signal, onProgress } = options
  signal?.throwIfAborted()
  onProgress?.(0.05, "joining band and head, cutting the seat")
  const made = await withSolids((solids) => solitaire(recipe, solids))
  signal?.throwIfAborted()
  onProgress?.(0.7, "measuring walls, prongs and bore")
  const report = reportOn(recipe, measure(recipe, made))
  onProgress?.(1, "done")
  const { species } = recipe.stone
  const model: Model = {
    name: describeRecipe(recipe),
    parts: [
      { name: "metal", role: "metal", mesh: made.metal, material: metalMaterial(recipe.metal, recipe.finish) },
      {
        name: stoneOf(species).title,
        role: "stone",
        mesh: made.stone,
        material: stoneMaterial(species, report.stones[0]?.depthMm ?? recipe.stone.diameterMm),
      },
    ],
  }
  return { model, report }
}
