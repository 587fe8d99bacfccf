import { readFileSync, statSync } from "node:fs"
import { parseEnv } from "node:util"
import { UserError } from "#src/errors.ts"

const MAX_BYTES = 64 * 1024

/** A variable that is not the studio's own, such as the key of a server: from the environment, else from .env. */
export function environmentVariable(
  name: string,
  env: NodeJS.ProcessEnv = process.env,
  envFile = ".env",
): string | undefined {
  return env[name]?.trim() || readEnvFile(envFile)[name]?.trim() || undefined
}

/** What stands in a file of settings; nothing when there is none. Throws UserError for what is no such file. */
export function readEnvFile(path: string): Record<string, string | undefined> {
  const bytes = readSmallFile(path)
  if (!bytes) return {}
  try {
    if (bytes.includes(0)) throw new Error("binary")
    return parseEnv(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch {
    throw new UserError(`${path} is not a text file in UTF-8.`, "Write one NAME=value per line, as in .env.example.")
  }
}

/** The bytes of a file that need not exist. Only plain files: a pipe or device could wait or yield bytes for ever. */
function readSmallFile(path: string): Uint8Array | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    if (!found) return undefined
    if (!found.isFile())
      throw new UserError(`${path} is not a file.`, "Remove it, or write settings into a file of that name.")
    if (found.size > MAX_BYTES)
      throw new UserError(
        `${path} is ${found.size} bytes.`,
        `A settings file may have at most ${MAX_BYTES} bytes.`,
        "too_large",
      )
    return readFileSync(path)
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`${path} cannot be read.`, "Check its permissions, or remove it.", "forbidden")
  }
}
