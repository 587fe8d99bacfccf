import { readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/**
 * Where the studio is served now. Other processes on the same data directory (the command line) hand out work too, and the
 * links in it have to lead to the one that serves.
 */
export function rememberAddress(dataDir: string, url: string): void {
  const temporary = `${pathOf(dataDir)}.${process.pid}`
  writeFileSync(temporary, `${url}\n`, { mode: 0o600 })
  renameSync(temporary, pathOf(dataDir))
}

/** Undefined when it was never served. */
export function rememberedAddress(dataDir: string): string | undefined {
  try {
    const url = readFileSync(pathOf(dataDir), "utf8").trim()
    return URL.canParse(url) ? url : undefined
  } catch {
    return undefined
  }
}

function pathOf(dataDir: string): string {
  return join(dataDir, "address")
}
