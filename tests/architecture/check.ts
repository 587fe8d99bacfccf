import { doors, FREE_OF_DOORS, WORDS, zones } from "#tests/architecture/rules.ts"
import type { Zone } from "#tests/architecture/rules.ts"
import type { Import, Source } from "#tests/architecture/scan.ts"

/** Sentences, one per broken rule: the file, what it did, why that is refused, what to do instead. */
export function violations(source: Source): string[] {
  const zone = zones.find((it) => match(it.files, source.path))
  if (!zone)
    return [
      `${source.path} stands in no room of the house: put it into src/, tools/, workers/ or bots/, or give its room a ` +
        `line in tests/architecture/rules.ts.`,
    ]
  return [
    ...new Set([
      ...source.imports.flatMap((it) => importViolations(source.path, zone, it)),
      ...pureViolations(source, zone),
    ]),
  ]
}

function importViolations(path: string, zone: Zone, it: Import): string[] {
  if (it.kind === "package") return it.typeOnly ? [] : doorViolations(path, it.target)
  if (it.kind === "builtin") {
    if (!zone.pure || it.typeOnly || zone.builtins?.includes(it.target)) return []
    return [told(path, zone, `uses ${it.target}`)]
  }
  if (match(WORDS, it.target)) return []
  const names = captures(zone.files, path)
  const allowed = [...zone.may, ...(it.typeOnly ? (zone.types ?? []) : [])]
  if (allowed.some((pattern) => match(fill(pattern, names), it.target))) return []
  return [told(path, zone, `imports ${it.typeOnly ? "types of " : ""}${it.target}`)]
}

function doorViolations(path: string, library: string): string[] {
  if (match(FREE_OF_DOORS, path) || match("src/{main,compose}.ts", path)) return []
  const door = doors.find((it) => it.library === library)
  if (!door)
    return [
      `${path} loads ${library}, which has no door: add a line with the reason to "doors" in tests/architecture/rules.ts, ` +
        `or use what the house already has.`,
    ]
  if (door.files.some((pattern) => match(pattern, path))) return []
  return [
    `${path} loads ${library}, but its door is ${door.files.join(", ")} (${door.why}): call a function of that room instead.`,
  ]
}

function pureViolations(source: Source, zone: Zone): string[] {
  return zone.pure ? source.ambient.map((use) => told(source.path, zone, `uses ${use}`)) : []
}

function told(path: string, zone: Zone, deed: string): string {
  return `${path} ${deed}, but ${zone.why}: ${zone.instead}.`
}

/** Whether a path fits a pattern of rules.ts. */
export function match(pattern: string, path: string): boolean {
  return expression(pattern).test(path)
}

/** What the family group of `files` stood for in `path`: `{a,b}` and `<name>` capture the first name they met. */
function captures(files: string, path: string): string | undefined {
  return expression(files).exec(path)?.[1]
}

function fill(pattern: string, family: string | undefined): string {
  return family === undefined ? pattern : pattern.replace(/<\w+>/g, family)
}

const compiled = new Map<string, RegExp>()

function expression(pattern: string): RegExp {
  let found = compiled.get(pattern)
  if (!found) compiled.set(pattern, (found = new RegExp(`^${translate(pattern)}$`)))
  return found
}

function translate(pattern: string): string {
  return pattern.replaceAll(/\*\*\/|\*\*|\*|\{[^}]*\}|<\w+>|[.+^$()|[\]\\]/g, (part) => {
    if (part === "**/") return "(?:.*/)?"
    if (part === "**") return ".*"
    if (part === "*") return "[^/]*"
    if (part.startsWith("{")) return `(${part.slice(1, -1).replaceAll(".", "\\.").replaceAll(",", "|")})`
    return part.startsWith("<") ? "([^/]+)" : `\\${part}`
  })
}
