import { UserError } from "#src/errors.ts"
import { describeRecipe, recipeSchema } from "#src/design/recipe.ts"
import type { Recipe } from "#src/design/recipe.ts"
import type { Caller, Item, Items, Revision } from "#src/studio.ts"

/** A design as people know it: the item, the revision shown now, and its recipe. */
export interface Design {
  item: Item
  revision: Revision
  recipe: Recipe
}

const KIND = "design"

/** A new design in the caller's current project. */
export function addDesign(items: Items, caller: Caller, name: string, recipe: Recipe, note: string): Design {
  const project = items.currentProject(caller.accountId)
  const { item, revision } = items.create({
    accountId: caller.accountId,
    projectId: project.id,
    kind: KIND,
    name,
    data: recipe,
    note,
  })
  return { item, revision, recipe }
}

/** The design with this id, or the one worked on last. Throws UserError "not_found". */
export function findDesign(items: Items, caller: Caller, id?: string, revisionNumber?: number): Design {
  const item =
    id === undefined ? items.list(caller.accountId, { kind: KIND, limit: 1 })[0] : items.get(caller.accountId, id)
  if (!item || item.kind !== KIND)
    throw id === undefined
      ? new UserError(
          "There is no design yet.",
          'Make one first, e.g. "a 14k rose gold solitaire, US size 7, with a 1 carat diamond".',
          "not_found",
        )
      : new UserError(
          `There is no design "${id.slice(0, 80)}".`,
          "studio_find lists your designs with their ids; leave the id out for the latest one.",
          "not_found",
        )
  const number = revisionNumber ?? item.head
  const revision = items.revision(item.id, number)
  if (!revision)
    throw new UserError(
      `${item.name} has no revision ${number}.`,
      `Its newest is ${items.revisions(item.id, 1)[0]?.number ?? item.head}.`,
      "not_found",
    )
  return asDesign(item, revision)
}

/** Appends the changed recipe as a revision after the one that was read. Throws UserError "conflict" when somebody was faster. */
export function reviseDesign(items: Items, caller: Caller, design: Design, recipe: Recipe, note: string): Design {
  const { item, revision } = items.revise(caller.accountId, design.item.id, {
    expectedHead: design.item.head,
    data: recipe,
    note,
  })
  return named(items, design, { item, revision, recipe })
}

/** Steps through the history: back to the parent revision, or forward to its newest child. */
export function stepDesign(items: Items, caller: Caller, design: Design, direction: "undo" | "redo"): Design {
  const { item, revision } = items[direction](caller.accountId, design.item.id)
  return named(items, design, asDesign(item, revision))
}

/** A design that nobody named is called what it is; when that changes, its name goes along. */
function named(items: Items, before: Design, now: Design): Design {
  const { accountId, id, name } = now.item
  const words = describeRecipe(now.recipe)
  if (name !== describeRecipe(before.recipe) || name === words) return now
  return { ...now, item: items.rename(accountId, id, words) }
}

function asDesign(item: Item, revision: Revision): Design {
  return { item, revision, recipe: recipeSchema.parse(revision.data) }
}
