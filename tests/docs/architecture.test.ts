import { existsSync, readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { commands } from "#bots/terminal/commands.ts"
import { productionDependencies } from "#docs/notices.ts"
import { listFiles, ROOT } from "#tests/architecture/scan.ts"

const page = readFileSync(`${ROOT}ARCHITECTURE.md`, "utf8")
const table = page.slice(page.indexOf("## Dependencies"))
// npm has read this file before us: it has these tables.
const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as Record<
  "dependencies" | "optionalDependencies" | "scripts",
  Record<string, string>
>
const GUIDES = ["README.md", "CONTRIBUTING.md", "docs/language-models.md", "docs/workers.md"]
const direct = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })

test("the table of dependencies has every one that runs in production, and no other, with its licence", () => {
  const rows = table.split("\n").filter((line) => /^\| [@a-z]/.test(line) && !line.startsWith("| package"))
  const listed = rows.flatMap((row) => {
    const [, names = "", , licence = ""] = row.split("|").map((cell) => cell.trim())
    return names.split(", ").map((name) => ({ name: name.replace(" (optional)", ""), licence }))
  })
  expect(listed.map((it) => it.name).toSorted()).toEqual(direct.toSorted())
  const licences = new Map(productionDependencies(ROOT).map((it) => [it.name, it.licence]))
  for (const { name, licence } of listed) expect(licence, name).toContain(licences.get(name) ?? "an installed package")
})

test("every folder and file that the tree names is there", () => {
  const tree = page.slice(page.indexOf("## The tree"), page.indexOf("## Who may import whom"))
  const named = [...tree.matchAll(/^ {2,4}((?:[a-z0-9-]+\/|[a-z-]+\.(?:ts|js)(?: [a-z-]+\.ts)*))/gm)].flatMap(
    ([, it = ""]) => it.split(" "),
  )
  expect(named.length).toBeGreaterThan(12)
  const missing = named.filter((name) => !["src", "src/platform"].some((room) => existsSync(`${ROOT}${room}/${name}`)))
  expect(missing).toEqual([])
})

test("the build server runs the very commands that the README promises", () => {
  const script = readFileSync(`${ROOT}.ci/run`, "utf8")
  const readme = readFileSync(`${ROOT}README.md`, "utf8")
  expect(readme).toMatch(/^npm ci && npm start\b/m)
  expect(readme).toMatch(/^npm ci && npm test\b/m)
  expect(script).toContain("bash -c 'npm ci && npm test'")
})

test("every command that the guides and hints tell people to type exists, with the options they name", () => {
  const told = [...listFiles(["src", "bots"]).filter((path) => path.endsWith(".ts")), ...GUIDES]
  const wrong = told.flatMap((path) =>
    [
      ...readFileSync(`${ROOT}${path}`, "utf8").matchAll(
        /\batelier (key|worker|backup|restore|doctor|tools|mcp|chat) ([^`"'\n]*)/g,
      ),
    ].flatMap(([line, name, rest = ""]) => {
      const options = commands.find((it) => it.name === name)?.options ?? {}
      const flags = [...rest.matchAll(/--([a-z-]+)/g)].map(([, flag = ""]) => flag)
      return flags.filter((flag) => !Object.hasOwn(options, flag)).map((flag) => `${path}: ${line} (no --${flag})`)
    }),
  )
  expect(wrong).toEqual([])
})

test("every setting, npm script and page that the guides name exists", () => {
  const settings = readFileSync(`${ROOT}.env.example`, "utf8")
  const wrong = GUIDES.flatMap((path) => {
    const text = readFileSync(`${ROOT}${path}`, "utf8")
    const all = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = ""]) => name)
    const folder = path.includes("/") ? "docs/" : ""
    return [
      ...all(/\b((?:ATELIER|OPENAI|ANTHROPIC)_[A-Z_]*[A-Z])\b/g).filter((it) => !settings.includes(`${it}=`)),
      ...all(/\bnpm run ([a-z:]+)/g).filter((it) => !Object.hasOwn(manifest.scripts, it)),
      ...all(/\]\((?!https?:|#)([^)#]+)/g).filter((it) => !existsSync(`${ROOT}${folder}${it}`)),
    ].map((it) => `${path}: ${it}`)
  })
  expect(wrong).toEqual([])
})
