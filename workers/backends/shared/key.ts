import { BackendError } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"
import { environmentVariable } from "#src/platform/env-file.ts"

/**
 * The key of a server, from the environment or .env of whoever works; undefined for servers without one.
 * Throws BackendError "fatal" when the variable that should hold it is not set here.
 */
export function keyOf({ name, keyEnv }: ServerRef): string | undefined {
  if (keyEnv === undefined) return undefined
  const key = environmentVariable(keyEnv)
  if (!key)
    throw new BackendError(name, `${keyEnv}, which should hold its key, is not set where the workers run`, "fatal")
  // A line break would end the header that carries it.
  if (!/^[\x21-\x7e]{1,1000}$/.test(key)) throw new BackendError(name, `what stands in ${keyEnv} is no key`, "fatal")
  return key
}
