import { PURE_FAMILIES, TOOL_ONLY_FAMILIES } from "#tests/architecture/rules.ts"

/** Rooms of src/ that are no family, but may own tools or prompts of the same name. */
const SHARED_ROOMS = ["export", "conversation", "geometry", "platform"]
const VAGUE = /(^|[./-])(utils?|helpers?|commons?|misc|index)\.(ts|js)$|\/(utils?|helpers?|commons?|misc)\//

/** What the tree itself gets wrong: names, families, missing mirrored tests. One sentence each. */
export function shapeViolations(paths: readonly string[]): string[] {
  const there = new Set(paths)
  return paths.flatMap((path) => [...nameViolations(path), ...familyViolations(path), ...mirrorViolations(path, there)])
}

function nameViolations(path: string): string[] {
  return VAGUE.test(path) ? [`${path} has a name that says nothing: name it after the noun it holds.`] : []
}

function familyViolations(path: string): string[] {
  const [top, family, ...rest] = path.split("/")
  if (!family || rest.length === 0) return []
  const known = [...PURE_FAMILIES, ...SHARED_ROOMS]
  if (top === "src" && !known.includes(family))
    return [
      `${path} is in the unknown room src/${family}: use a room of the house, or give it rules in tests/architecture/rules.ts.`,
    ]
  if ((top === "tools" || top === "prompts") && ![...known, ...TOOL_ONLY_FAMILIES].includes(family))
    return [`${path} is of the family "${family}", which has no src/${family}: a family has one name on every level.`]
  return []
}

/** Files that are found by their folder need a test of the same name, since nothing else names them. */
function mirrorViolations(path: string, there: ReadonlySet<string>): string[] {
  const isRegistered =
    /^tools\/[^/]+\/[^/]+\.ts$/.test(path) ||
    /^src\/export\/formats\/[^/]+\.ts$/.test(path) ||
    /^workers\/(backends\/[^/]+|[^/.]+\.[^/.]+)\.ts$/.test(path)
  const test = `tests/${path.replace(/^src\//, "").replace(/\.ts$/, ".test.ts")}`
  return isRegistered && !there.has(test) ? [`${path} has no test: write ${test}.`] : []
}
