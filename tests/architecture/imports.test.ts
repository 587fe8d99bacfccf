import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { match, violations } from "#tests/architecture/check.ts"
import { BUILD_STEPS, doors, zones } from "#tests/architecture/rules.ts"
import { isCode, listFiles, readSource, ROOT, scan } from "#tests/architecture/scan.ts"

const judge = (path: string, text: string) => violations(scan(path, text))

describe("the house as it stands", () => {
  const sources = listFiles().filter(isCode).map(readSource)

  test("every file imports only what its room may import", () => {
    expect(sources.length).toBeGreaterThan(10)
    expect(sources.flatMap(violations)).toEqual([])
  })

  test("nothing is exported as default, and no file only re-exports others", () => {
    const ours = sources.filter((it) => !it.path.endsWith(".config.ts"))
    expect(ours.filter((it) => it.defaultExport).map((it) => it.path)).toEqual([])
    expect(ours.filter((it) => it.barrel).map((it) => it.path)).toEqual([])
  })

  test("every imported package is a direct dependency, and what runs is no devDependency", () => {
    // npm has read this file before us: it has these two tables.
    const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as {
      dependencies: Record<string, string>
      devDependencies: Record<string, string>
    }
    const production = new Set(Object.keys(manifest.dependencies))
    const development = new Set(Object.keys(manifest.devDependencies))
    const runs = (path: string) => /^(src|tools|workers|bots)\//.test(path) && !match(BUILD_STEPS, path)
    const wrong = sources.flatMap((source) =>
      source.imports
        .filter((it) => it.kind === "package" && !production.has(it.target))
        .filter((it) => !development.has(it.target) || (runs(source.path) && !it.typeOnly))
        .map((it) => `${source.path} imports ${it.target}, which package.json does not list for it`),
    )
    expect(wrong).toEqual([])
    const loaded = new Set(sources.filter((it) => runs(it.path)).flatMap((it) => it.imports.map((one) => one.target)))
    const unused = [...production].filter((name) => !loaded.has(name))
    expect(unused, "only tests load these: make them devDependencies, or remove them").toEqual([])
  })
})

describe("the checker finds a seeded violation", () => {
  test("a family that reaches for another family, the platform, a builtin or the clock", () => {
    expect(judge("src/design/x.ts", 'import { a } from "#src/book/toc.ts"')).toEqual([
      "src/design/x.ts imports src/book/toc.ts, but a family is pure: same input, same result, testable without a disk, " +
        "a network or a clock: take it as an argument, or move the reading and writing to tools/, workers/ or a *.store.ts.",
    ])
    expect(judge("src/design/x.ts", 'import { openDb } from "../platform/store/db.ts"')).toHaveLength(1)
    expect(judge("src/design/x.ts", 'import { readFileSync } from "node:fs"')[0]).toContain("uses node:fs")
    expect(judge("src/design/x.ts", "export const at = () => Date.now()")[0]).toContain("uses Date.now")
    expect(judge("src/design/x.ts", "export const at = () => new Date()")[0]).toContain("uses new Date()")
    expect(judge("src/design/x.ts", "export const r = () => Math.random()")[0]).toContain("uses Math.random")
    expect(judge("src/design/x.ts", "export const r = (u: string) => fetch(u)")[0]).toContain("uses fetch")
    expect(judge("src/design/x.ts", "export const e = process.env.HOME")[0]).toContain("uses process")
  })

  test("a dynamic import, a re-export, an import for its effect, an import with mixed types", () => {
    for (const text of [
      'export const f = () => import("#src/book/toc.ts")',
      'export * from "#src/book/toc.ts"',
      'export { a } from "#src/book/toc.ts"',
      'import "#src/book/toc.ts"',
      'import { type A, b } from "#src/book/toc.ts"',
      'import type { A } from "#src/book/toc.ts"',
      'export let a: import("#src/book/toc.ts").A',
    ])
      expect(judge("src/design/x.ts", text), text).toHaveLength(1)
  })

  test("a tool that imports a tool, a worker or a surface", () => {
    for (const target of ["#tools/design/create.ts", "#workers/pool.ts", "#bots/web/page.ts", "#src/main.ts"])
      expect(judge("tools/export/file.ts", `import { a } from "${target}"`), target).toHaveLength(1)
  })

  test("a worker that imports a tool, a surface that imports a family or another surface", () => {
    expect(judge("workers/design.build.ts", 'import { tool } from "#tools/design/create.ts"')).toHaveLength(1)
    expect(judge("bots/discord/x.ts", 'import { a } from "#src/design/recipe.ts"')).toHaveLength(1)
    expect(judge("bots/discord/x.ts", 'import { a } from "#bots/slack/y.ts"')).toHaveLength(1)
  })

  test("a platform or kernel file that knows a family, an export format that loads one", () => {
    expect(judge("src/platform/queue/x.ts", 'import { job } from "#src/design/build.job.ts"')).toHaveLength(1)
    expect(judge("src/geometry/x.ts", 'import { a } from "#src/design/recipe.ts"')).toHaveLength(1)
    expect(judge("src/export/formats/x.ts", 'import { a } from "#src/design/recipe.ts"')).toHaveLength(1)
    expect(judge("src/export/formats/x.ts", 'import type { A } from "#src/design/recipe.ts"')).toEqual([])
  })

  test("a library used outside its door, a library without a door, a file outside every room", () => {
    expect(judge("tools/design/x.ts", 'import Database from "better-sqlite3"')).toEqual([
      "tools/design/x.ts loads better-sqlite3, but its door is src/platform/store/** (transactions and pragmas are set once): " +
        "call a function of that room instead.",
    ])
    expect(judge("src/design/x.ts", 'import _ from "lodash"')[0]).toContain("has no door")
    expect(
      judge("src/design/x.ts", 'import "/etc/x.ts"\nexport const f = () => import("data:text/javascript,1")'),
    ).toHaveLength(2)
    expect(judge("scripts/x.ts", "export const a = 1")[0]).toContain("stands in no room")
  })

  test("what is allowed passes", () => {
    expect(
      judge(
        "src/design/designs.store.ts",
        'import { z } from "zod"\nimport { UserError } from "#src/errors.ts"\nimport { openDb } from "#src/platform/store/db.ts"\n' +
          'import { recipe } from "#src/design/recipe.ts"\nimport type { Db } from "better-sqlite3"',
      ),
    ).toEqual([])
    expect(judge("src/platform/mcp/x.ts", 'import type { Registry } from "#tools/registry.ts"')).toEqual([])
    expect(
      judge(
        "src/design/x.ts",
        'export const s = `import "node:fs"` // import "node:net"\nexport const d = new Date(0)',
      ),
    ).toEqual([])
  })

  test("a barrel and a default export are seen", () => {
    expect(
      scan("src/design/x.ts", 'export * from "#src/design/a.ts"\nexport { b } from "#src/design/b.ts"').barrel,
    ).toBe(true)
    expect(scan("src/design/x.ts", 'import { z } from "zod"\nexport const a = z').barrel).toBe(false)
    expect(scan("src/design/x.ts", "export default 1").defaultExport).toBe(true)
  })
})

test("every rule says why, and no library has two doors", () => {
  for (const zone of zones) expect(zone.why.length, zone.files).toBeGreaterThan(10)
  for (const door of doors) expect(door.files.length, door.library).toBeGreaterThan(0)
  expect(new Set(doors.map((it) => it.library)).size).toBe(doors.length)
})
