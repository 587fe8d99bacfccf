import { chmod, mkdtemp, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Mood } from "#tests/servers/blender/fake.ts"

const FAKE = fileURLToPath(new URL("fake.ts", import.meta.url))

/** Puts a program called "blender" into a new folder, which does as Blender does, in the given mood. Gives its path. */
export async function installFakeBlender(mood: Mood = "well"): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), "atelier-fake-blender-")), "blender")
  await writeFile(file, `#!/bin/sh\nexec "${process.execPath}" "${FAKE}" "${mood}" "$@"\n`)
  await chmod(file, 0o755)
  return file
}
