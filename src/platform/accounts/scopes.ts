import { UserError } from "#src/errors.ts"
import type { Tool } from "#src/tool.ts"

const SCOPE = /^(\*|[a-z][a-z0-9]{0,31}:(read|write|\*))$/
const MAX_SCOPES = 64

/** What a call of this tool needs: "design:read" or "design:write". The family is the first word of its name. */
export function scopeOf(tool: Pick<Tool, "name" | "effect">): string {
  const [family] = tool.name.split("_")
  return `${family}:${tool.effect === "reads" ? "read" : "write"}`
}

/** Whether these scopes cover the wanted one: "*" covers all, "design:*" a family, writing includes reading. */
export function allows(scopes: readonly string[], wanted: string): boolean {
  const [family, verb] = wanted.split(":")
  return scopes.some(
    (scope) =>
      scope === "*" || scope === wanted || scope === `${family}:*` || (verb === "read" && scope === `${family}:write`),
  )
}

/** Sorted and without repeats. Throws UserError that names the scope that does not read. */
export function checkScopes(scopes: readonly string[]): string[] {
  const wrong = scopes.find((scope) => !SCOPE.test(scope))
  if (wrong !== undefined)
    throw new UserError(
      `"${wrong.slice(0, 60)}" is not a scope.`,
      'Use "*" or <family>:read, <family>:write, <family>:*, e.g. design:read.',
    )
  if (scopes.length === 0 || scopes.length > MAX_SCOPES)
    throw new UserError(`A key with ${scopes.length} scopes cannot be made.`, `Give 1 to ${MAX_SCOPES} scopes, e.g. *.`)
  return [...new Set(scopes)].sort()
}
