import { readdirSync } from "node:fs"
import { UserError } from "#src/errors.ts"
import type { Backend } from "#workers/backend.ts"

const FOLDER = new URL("backends/", import.meta.url)
const KIND = /^[a-z][a-z0-9]{1,30}$/

/** The kinds of server that the studio can speak to: a file `backends/<kind>.ts` that exports `backend` is one. */
export function backendKinds(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".ts") && KIND.test(file.slice(0, -3)))
    .map((file) => file.slice(0, -3))
    .sort()
}

/** Loads a back end when it is first needed. Throws UserError "not_found" for a kind that there is not. */
export async function loadBackend(kind: string): Promise<Backend> {
  if (!backendKinds().includes(kind))
    throw new UserError(
      `There is no back end "${kind.slice(0, 40)}".`,
      `There are ${backendKinds().join(", ")}.`,
      "not_found",
    )
  const { backend } = (await import(new URL(`${kind}.ts`, FOLDER).href)) as { backend?: Backend } // checked next
  if (backend?.describe().kind !== kind)
    throw new Error(`workers/backends/${kind}.ts does not export "backend" of that kind`)
  return backend
}
