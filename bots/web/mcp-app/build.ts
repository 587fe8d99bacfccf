import { mkdir, readFile, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const HERE = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)

/** The view as one self-contained page: hosts take nothing else, and their default policy loads nothing from anywhere. */
export async function buildApp(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(HERE, "../../../package.json"), "utf8")) as { version: string } // our own manifest
  const { outputFiles } = await build({
    entryPoints: [join(HERE, "main.ts")],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: ["es2022"],
    charset: "utf8",
    legalComments: "none",
    absWorkingDir: HERE,
    define: { VERSION: JSON.stringify(version) },
    // The decoder without WebAssembly, which the default policy of hosts forbids.
    alias: {
      "meshoptimizer/decoder": join(dirname(require.resolve("meshoptimizer")), "meshopt_decoder_reference.js"),
    },
    logLevel: "silent",
  })
  // Inside a script element "</script" ends it, wherever it stands.
  const script = (outputFiles[0]?.text ?? "").replaceAll("</script", "<\\/script")
  const page = await readFile(join(HERE, "page.html"), "utf8")
  const banner = "/*! Atelier. Bundles three.js and meshoptimizer (MIT): see bots/web/viewer/dist/LICENSES.txt */\n"
  return page.replace("/*APP*/", () => banner + script)
}

if (import.meta.main) {
  await mkdir(join(HERE, "dist"), { recursive: true })
  await writeFile(join(HERE, "dist/model.html"), await buildApp())
}
