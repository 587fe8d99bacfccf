import { mkdir, readFile, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const HERE = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)

/** The packages in the bundle; their licences go beside it. */
const BUNDLED = ["three", "meshoptimizer"]

/** What dist/ holds: the same source and packages always give the same text. */
export async function buildViewer(): Promise<Record<string, string>> {
  const meshopt = dirname(require.resolve("meshoptimizer"))
  const { outputFiles } = await build({
    entryPoints: [join(HERE, "main.ts")],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: ["es2022"],
    charset: "utf8",
    legalComments: "none",
    absWorkingDir: HERE,
    // The decoder without WebAssembly: a page with a strict content security policy may not compile any.
    alias: { "meshoptimizer/decoder": join(meshopt, "meshopt_decoder_reference.js") },
    logLevel: "silent",
  })
  const banner = "/*! Atelier viewer. Bundles three.js and meshoptimizer (MIT): see LICENSES.txt */\n"
  return { "viewer.js": banner + (outputFiles[0]?.text ?? ""), "LICENSES.txt": await licences() }
}

async function licences(): Promise<string> {
  const texts = BUNDLED.map(async (name) => {
    const folder = join(HERE, "../../../node_modules", name)
    const text = await readFile(join(folder, "LICENSE"), "utf8").catch(() =>
      readFile(join(folder, "LICENSE.md"), "utf8"),
    )
    return `${name}\n\n${text.trim()}\n`
  })
  return (await Promise.all(texts)).join(`\n${"-".repeat(80)}\n\n`)
}

if (import.meta.main) {
  const folder = join(HERE, "dist")
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(await buildViewer())) await writeFile(join(folder, name), text)
}
