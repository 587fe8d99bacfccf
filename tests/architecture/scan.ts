import { readdirSync, readFileSync } from "node:fs"
import { posix } from "node:path"
import { fileURLToPath } from "node:url"
import { parseAst } from "vitest/node"

export const ROOT = fileURLToPath(new URL("../../", import.meta.url))

/** Folders that hold code of the house, and what in them is not ours to judge (built files, another language). */
const FOLDERS = ["src", "tools", "workers", "bots", "bench", "docs", "tests"]
const SKIPPED = ["node_modules", "bots/web/viewer/dist", "src/geometry/render/tracer/assembly"]

/** One file that another file pulls in. */
export interface Import {
  /** Repository path ("src/errors.ts"), package name ("three", "@hono/node-server") or builtin ("node:fs"). */
  target: string
  kind: "file" | "package" | "builtin"
  /** Only types come in: nothing is loaded when the program runs. */
  typeOnly: boolean
}

/** What one source file says about itself, as far as the rules look. */
export interface Source {
  path: string
  imports: Import[]
  defaultExport: boolean
  /** Only re-exports, nothing of its own: a barrel. */
  barrel: boolean
  /** Uses of time, chance, network or process: "Date.now", "Math.random", "fetch", "process", … */
  ambient: string[]
}

type Node = { type: string } & Record<string, unknown>

/** Every file under the code folders, as repository paths with forward slashes, sorted. */
export function listFiles(folders: readonly string[] = FOLDERS): string[] {
  const found: string[] = []
  const walk = (folder: string) => {
    for (const entry of readdirSync(`${ROOT}${folder}`, { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`
      if (SKIPPED.includes(path)) continue
      if (entry.isDirectory()) walk(path)
      else found.push(path)
    }
  }
  const there = new Set(readdirSync(ROOT))
  for (const folder of folders) if (there.has(folder)) walk(folder)
  return found.sort()
}

export function isCode(path: string): boolean {
  return /\.(ts|js|mjs)$/.test(path) && !path.endsWith(".d.ts")
}

export function readSource(path: string): Source {
  return scan(path, readFileSync(`${ROOT}${path}`, "utf8"))
}

/** Reads the imports of a file with a real parser, so strings, comments and templates cannot fool it. */
export function scan(path: string, text: string): Source {
  const source: Source = { path, imports: [], defaultExport: false, barrel: false, ambient: [] }
  // Browser and launcher files are JavaScript; everything else is TypeScript. A parser's tree is plain data.
  const program = parseAst(text, { lang: path.endsWith(".ts") ? "ts" : "js" }) as unknown as { body: Node[] }
  source.barrel = program.body.length > 0 && program.body.every(isReExport)
  walk(program, (node) => visit(source, node))
  return source
}

function visit(source: Source, node: Node): void {
  const add = (specifier: unknown, typeOnly: boolean) => {
    if (typeof specifier === "string") source.imports.push({ ...resolve(source.path, specifier), typeOnly })
  }
  switch (node.type) {
    case "ImportDeclaration":
      return add(literal(node.source), node.importKind === "type" || onlyTypes(node.specifiers, "importKind"))
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      return add(literal(node.source), node.exportKind === "type" || onlyTypes(node.specifiers, "exportKind"))
    case "ImportExpression":
      return add(literal(node.source), false)
    case "TSImportType":
      return add(literal(node.source) ?? literal(node.argument), true)
    case "ExportDefaultDeclaration":
      source.defaultExport = true
      return
    case "CallExpression":
    case "NewExpression":
    case "MemberExpression": {
      const use = ambientUse(node)
      if (use) source.ambient.push(use)
    }
  }
}

/** "Date.now", "new Date()", "Math.random", "performance", "process", "fetch(", "setTimeout(", … or undefined. */
function ambientUse(node: Node): string | undefined {
  if (node.type === "MemberExpression") {
    const of = name(node.object)
    const member = name(node.property)
    if (of === "Date" && member === "now") return "Date.now"
    if (of === "Math" && member === "random") return "Math.random"
    if (of === "crypto" && (member === "randomUUID" || member === "getRandomValues")) return `crypto.${member}`
    return of === "process" || of === "performance" ? of : undefined
  }
  const callee = name(node.callee)
  if (node.type === "NewExpression")
    return callee === "Date" && Array.isArray(node.arguments) && node.arguments.length === 0 ? "new Date()" : undefined
  return callee && ["fetch", "setTimeout", "setInterval", "setImmediate"].includes(callee) ? callee : undefined
}

function resolve(from: string, specifier: string): Omit<Import, "typeOnly"> {
  if (specifier.startsWith("node:")) return { target: specifier, kind: "builtin" }
  if (specifier.startsWith(".")) return { target: posix.join(posix.dirname(from), specifier), kind: "file" }
  if (specifier.startsWith("#")) return { target: specifier.slice(1), kind: "file" }
  if (/^(\/|\w+:)/.test(specifier)) return { target: specifier, kind: "file" }
  const [scope, rest] = specifier.split("/")
  return { target: specifier.startsWith("@") ? `${scope}/${rest}` : (scope ?? specifier), kind: "package" }
}

function isReExport(node: Node): boolean {
  if (node.type === "ImportDeclaration" || node.type === "ExportAllDeclaration") return true
  return node.type === "ExportNamedDeclaration" && node.declaration == null
}

/** `import { type A, type B } from` loads nothing under verbatimModuleSyntax's reading of the rules; `import "x"` does. */
function onlyTypes(specifiers: unknown, key: "importKind" | "exportKind"): boolean {
  return (
    Array.isArray(specifiers) && specifiers.length > 0 && specifiers.every((it) => isNode(it) && it[key] === "type")
  )
}

function literal(node: unknown): string | undefined {
  if (!isNode(node)) return undefined
  if (node.type === "TSLiteralType") return literal(node.literal)
  return typeof node.value === "string" ? node.value : undefined
}

function name(node: unknown): string | undefined {
  return isNode(node) && node.type === "Identifier" && typeof node.name === "string" ? node.name : undefined
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"
}

function walk(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, see)
  else if (typeof value === "object" && value !== null) {
    if (isNode(value)) see(value)
    for (const child of Object.values(value)) walk(child, see)
  }
}
