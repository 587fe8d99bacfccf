import { accessSync, constants, existsSync } from "node:fs"
import { join } from "node:path"
import { UserError } from "#src/errors.ts"
import { makeFolder } from "#src/platform/folders.ts"
import { openDb, type Db } from "#src/platform/store/db.ts"

/** The database of a data directory. */
export function databasePath(dataDir: string): string {
  return join(dataDir, "atelier.db")
}

/** Makes the data directory (readable by its owner only) when it is absent, and opens its database. */
export function openDataDir(dataDir: string): Db {
  try {
    makeFolder(dataDir, 0o700)
  } catch (error) {
    throw new UserError(
      `The data directory ${dataDir} cannot be made (${codeOf(error)}).`,
      "Check ATELIER_DATA and the permissions of the folder above it.",
      "storage_full",
    )
  }
  const database = databasePath(dataDir)
  for (const path of [dataDir, database]) if (existsSync(path)) requireWritable(path)
  return openDb(database)
}

/** Asked first, because SQLite opens what it cannot write for reading, and says so only when work is under way. */
function requireWritable(path: string): void {
  try {
    accessSync(path, constants.W_OK)
  } catch (error) {
    throw new UserError(
      `${path} cannot be written (${codeOf(error)}).`,
      "Check ATELIER_DATA and the permissions of what is in it.",
      "storage_full",
    )
  }
}

const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : "unknown error")
