import { readdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { loadRegistry } from "#tools/registry.ts"
import { productionDependencies, renderNotices } from "#docs/notices.ts"
import { renderTools } from "#docs/tools-page.ts"

const ROOT = fileURLToPath(new URL("../", import.meta.url))

/** Every generated document: its path in the repository and its text. */
export async function generatedDocs(): Promise<{ path: string; text: string }[]> {
  const families = readdirSync(`${ROOT}tools`, { withFileTypes: true }).filter((it) => it.isDirectory())
  const registry = await loadRegistry(families.map((it) => it.name))
  return [
    { path: "docs/tools.md", text: renderTools(registry.all) },
    { path: "NOTICES.md", text: renderNotices(productionDependencies(ROOT)) },
  ]
}

if (import.meta.main)
  for (const { path, text } of await generatedDocs()) {
    writeFileSync(`${ROOT}${path}`, text)
    process.stdout.write(`wrote ${path}\n`)
  }
