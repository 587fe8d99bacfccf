import { constants } from "node:fs"
import { chmod, copyFile, open, unlink } from "node:fs/promises"
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { extname, join, resolve } from "node:path"
import { UserError } from "#src/errors.ts"
import { safeFileName } from "#src/platform/artifacts/file-name.ts"
import { makeFolder } from "#src/platform/folders.ts"
import type { Artifacts } from "#src/studio.ts"
import type { ArtifactRef } from "#src/tool.ts"

const MAX_SAME_NAME = 1_000

export interface SavedFile {
  id: string
  path: string
  bytes: number
}

export interface Saving {
  saved: SavedFile[]
  /** Why the rest could not be saved; the reply is worth showing all the same, for its work is done. */
  refused?: UserError
}

/** Copies artifacts into a folder under safe names. A file with other content is never overwritten: "ring (2).stl". */
export async function saveArtifacts(
  refs: readonly ArtifactRef[],
  folder: string | undefined,
  artifacts: Artifacts,
): Promise<Saving> {
  const saved: SavedFile[] = []
  if (folder === undefined || refs.length === 0) return { saved }
  const target = resolve(folder)
  try {
    prepare(target)
    for (const ref of refs) saved.push({ id: ref.id, path: await saveOne(ref, target, artifacts), bytes: ref.bytes })
    return { saved }
  } catch (error) {
    if (error instanceof UserError) return { saved, refused: error }
    throw error
  }
}

function prepare(folder: string): void {
  try {
    makeFolder(folder)
  } catch (error) {
    refuse(folder, error)
  }
}

async function saveOne(ref: ArtifactRef, folder: string, artifacts: Artifacts): Promise<string> {
  const source = artifacts.path(ref.id)
  const name = safeFileName(ref.name, ref.mediaType)
  const extension = extname(name)
  const stem = name.slice(0, name.length - extension.length)
  for (let number = 1; number <= MAX_SAME_NAME; number++) {
    const path = join(folder, number === 1 ? name : `${stem} (${number})${extension}`)
    if (await holds(path, ref.sha256)) return path
    try {
      await copyFile(source, path, constants.COPYFILE_EXCL)
      // The store keeps its own read-only; this one belongs to the person.
      await chmod(path, 0o644)
      return path
    } catch (error) {
      if (codeOf(error) === "EEXIST") continue
      // A copy that broke off (disk full) must not stay behind as if it were the file.
      await unlink(path).catch(() => {})
      refuse(folder, error)
    }
  }
  throw new UserError(
    `There are already ${MAX_SAME_NAME} files named like ${name} in ${folder}.`,
    "Choose another folder with --out.",
    "conflict",
  )
}

/** True when the file at `path` already has this content. */
async function holds(path: string, sha256: string): Promise<boolean> {
  const file = await open(path, "r").catch(() => undefined)
  if (!file) return false
  const isFile = (await file.stat()).isFile()
  await file.close()
  if (!isFile) return false
  const hash = createHash("sha256")
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer) // no encoding is set, so chunks are bytes
  return hash.digest("hex") === sha256
}

function refuse(folder: string, error: unknown): never {
  const code = codeOf(error)
  if (code === "ENOSPC")
    throw new UserError(
      `There is no room left to write into ${folder}.`,
      "Free some space or choose another folder with --out.",
      "storage_full",
    )
  throw new UserError(
    `Files cannot be written into ${folder} (${code || String(error)}).`,
    "Choose a folder that you may write into with --out.",
  )
}

/** System errors carry their code as a property. */
const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "")
