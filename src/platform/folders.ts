import { mkdirSync, statSync } from "node:fs"
import { dirname } from "node:path"

/**
 * Makes a folder and those above it, as mkdir with `recursive` would; that one never comes back under /proc, where a folder
 * that is there says of its children that it is absent. Throws the system's error.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  const there = statSync(folder, { throwIfNoEntry: false })
  if (there?.isDirectory()) return
  if (there) throw Object.assign(new Error(`${folder} is not a folder`), { code: "ENOTDIR" })
  if (dirname(folder) !== folder) makeFolder(dirname(folder), mode)
  try {
    mkdirSync(folder, { mode })
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}
