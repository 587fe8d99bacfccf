import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const HERE = dirname(fileURLToPath(import.meta.url))

/** What dist/ holds: the same source always gives the same text. The viewer is a file of its own, loaded when it is needed. */
export async function buildApp(): Promise<Record<string, string>> {
  const { outputFiles } = await build({
    entryPoints: { app: join(HERE, "main.ts"), "app-style": join(HERE, "styles/app.css") },
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: ["es2022"],
    charset: "utf8",
    legalComments: "none",
    absWorkingDir: HERE,
    outdir: HERE,
    logLevel: "silent",
  })
  const made = (end: string) => outputFiles.find((it) => it.path.endsWith(end))?.text ?? ""
  return { "app.js": made("app.js"), "app.css": made("app-style.css") }
}

if (import.meta.main) {
  const folder = join(HERE, "dist")
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(await buildApp())) await writeFile(join(folder, name), text)
}
