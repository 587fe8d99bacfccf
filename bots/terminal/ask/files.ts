import { constants } from "node:fs"
import { access, stat } from "node:fs/promises"
import { basename } from "node:path"
import { UsageError } from "#bots/terminal/arguments.ts"
import { sizeInWords } from "#bots/terminal/reply.ts"
import { LIMITS } from "#src/conversation/limits.ts"
import { UserError } from "#src/errors.ts"
import type { Services } from "#src/studio.ts"

const MAX_SHOWN = 200

/** Throws UsageError for what is no readable file, before anything is opened for it. */
export async function refuseUnreadable(paths: readonly string[]): Promise<void> {
  if (paths.length > LIMITS.attached)
    throw new UsageError(
      `${paths.length} files are too many.`,
      `At most ${LIMITS.attached} can come with one sentence.`,
    )
  for (const path of paths) {
    const name = JSON.stringify(path.slice(0, MAX_SHOWN))
    if (!(await stat(path).catch(() => undefined))?.isFile())
      throw new UsageError(`There is no file ${name}.`, "Check the path after --file.")
    await access(path, constants.R_OK).catch(() => {
      throw new UsageError(`The file ${name} cannot be read.`, "Check who may read it.")
    })
  }
}

/** Stores the files as the person's own; their ids. Throws UserError for one that is empty or too large, before any is stored. */
export async function storeFiles(
  paths: readonly string[],
  accountId: string,
  { artifacts, config }: Pick<Services, "artifacts" | "config">,
): Promise<string[]> {
  for (const path of paths) {
    const { size } = await stat(path)
    const name = basename(path).slice(0, MAX_SHOWN)
    if (size === 0) throw new UserError(`${name} is empty.`, "Choose a file with something in it.")
    if (size > config.maxFileBytes)
      throw new UserError(
        `${name} has ${sizeInWords(size)}.`,
        `At most ${sizeInWords(config.maxFileBytes)} are taken (ATELIER_MAX_FILE_MB).`,
        "too_large",
      )
  }
  const writer = artifacts.writerFor(accountId)
  const ids: string[] = []
  for (const path of paths) ids.push((await writer.put({ path }, { name: basename(path), use: "file" })).id)
  return [...new Set(ids)]
}
