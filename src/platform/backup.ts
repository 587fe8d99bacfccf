import { randomUUID } from "node:crypto"
import { copyFile, mkdir, readdir, rename, rm, rmdir } from "node:fs/promises"
import { basename, dirname, join, resolve, sep } from "node:path"
import { UserError } from "#src/errors.ts"
import { secretPath } from "#src/platform/artifacts/links.ts"
import {
  blobPath,
  blobsOf,
  codeOf,
  copyBlobs,
  fingerprint,
  inspect,
  readManifest,
  writeManifest,
  type Blob,
  type Manifest,
} from "#src/platform/backup-files.ts"
import type { Config } from "#src/platform/config.ts"
import { databasePath } from "#src/platform/store/data-dir.ts"
import { makeFolder } from "#src/platform/folders.ts"
import { isInUse, openDb, type Db } from "#src/platform/store/db.ts"

type Where = Pick<Config, "dataDir">

/**
 * Writes a complete copy of the studio into `target` while it goes on working: the database as of one moment, the blobs it
 * names, and the link key. `target` appears whole or not at all.
 */
export async function backup(config: Where, db: Db, target: string, now = Date.now()): Promise<Manifest> {
  const folder = resolve(target)
  if (`${folder}${sep}`.startsWith(`${config.dataDir}${sep}`))
    throw new UserError(`${folder} is inside the data directory.`, "Choose a folder outside of it.")
  await mustBeFree(folder)
  const partial = join(dirname(folder), `.${basename(folder)}.partial-${randomUUID().slice(0, 8)}`)
  try {
    makeFolder(partial, 0o700)
    // Before the database, so that nothing it names can be collected before it is here …
    await copyBlobs(config.dataDir, partial, blobsOf(db))
    await db.backup(databasePath(partial))
    await copyFile(secretPath(config.dataDir), secretPath(partial))
    const copy = inspect(databasePath(partial))
    // … and after it, for what came meanwhile: too new to be collected.
    const missing = await copyBlobs(config.dataDir, partial, copy.blobs)
    const manifest: Manifest = {
      format: "atelier-backup-1",
      createdAt: now,
      database: { version: copy.version, ...(await fingerprint(databasePath(partial))), rows: copy.rows },
      blobs: { count: copy.blobs.length, bytes: copy.blobs.reduce((sum, blob) => sum + blob.bytes, 0), missing },
      secret: (await fingerprint(secretPath(partial))).sha256,
    }
    await writeManifest(partial, manifest)
    await rename(partial, folder)
    return manifest
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw inWords(error, folder)
  }
}

export interface Restored {
  manifest: Manifest
  /** Where the data that was there before lies now; absent when there was none. */
  before?: string
}

/**
 * Puts a backup in place of the data directory. Everything is copied beside it and checked against the manifest first; only then
 * two renames exchange the folders, and the old one is kept. Throws UserError "conflict" when there is data and no `force`, or
 * when a running studio has it open.
 */
export async function restore(source: string, config: Where, options: { force?: boolean } = {}): Promise<Restored> {
  const from = resolve(source)
  const manifest = await readManifest(from)
  const occupied = await mayReplace(config.dataDir, options.force ?? false)
  const staged = `${config.dataDir}.restoring-${randomUUID().slice(0, 8)}`
  try {
    await mkdir(staged, { recursive: true, mode: 0o700 })
    await copyFile(databasePath(from), databasePath(staged))
    await copyFile(secretPath(from), secretPath(staged))
    await verifyDatabase(staged, manifest)
    const { blobs } = inspect(databasePath(staged))
    const missing = await copyBlobs(from, staged, blobs)
    await verifyBlobs(staged, blobs, missing, manifest)
    // Brings an older backup to today's version, or refuses a newer one, while nothing is at stake yet.
    openDb(databasePath(staged)).close()
    const before = occupied
      ? `${config.dataDir}.before-restore-${new Date().toISOString().replace(/[:.]/g, "-")}`
      : undefined
    await exchange(staged, config.dataDir, before)
    return { manifest, ...(before === undefined ? {} : { before }) }
  } catch (error) {
    await rm(staged, { recursive: true, force: true })
    throw inWords(error, config.dataDir)
  }
}

/** Whether there is data that has to be moved aside. */
async function mayReplace(dataDir: string, force: boolean): Promise<boolean> {
  const entries = await readdir(dataDir).catch(() => undefined)
  if (!entries) return false
  if (entries.length && !force)
    throw new UserError(
      `${dataDir} is not empty.`,
      "Add --force to put the backup in its place (what is there is kept beside it), or set ATELIER_DATA to a new folder.",
      "conflict",
    )
  if (isInUse(databasePath(dataDir)))
    throw new UserError(`A running studio uses ${dataDir}.`, "Stop it first, then restore.", "conflict")
  return true
}

async function verifyDatabase(staged: string, manifest: Manifest): Promise<void> {
  const database = await fingerprint(databasePath(staged))
  if (database.sha256 !== manifest.database.sha256) throw damaged("the database is not the one that was backed up")
  const secret = await fingerprint(secretPath(staged))
  if (secret.sha256 !== manifest.secret) throw damaged("the link key is not the one that was backed up")
  const { rows } = inspect(databasePath(staged))
  const wrong = Object.keys(manifest.database.rows).find((table) => rows[table] !== manifest.database.rows[table])
  if (wrong !== undefined) throw damaged(`table ${wrong} has ${rows[wrong] ?? 0} rows`)
}

async function verifyBlobs(staged: string, blobs: Blob[], missing: string[], manifest: Manifest): Promise<void> {
  if (blobs.length !== manifest.blobs.count) throw damaged(`${blobs.length} of ${manifest.blobs.count} files are named`)
  const absent = new Set(missing)
  const known = new Set(manifest.blobs.missing)
  for (const { sha256 } of blobs) {
    if (absent.has(sha256)) {
      if (!known.has(sha256)) throw damaged(`the file ${sha256.slice(0, 12)}… is missing`)
      continue
    }
    const found = await fingerprint(blobPath(staged, sha256))
    if (found.sha256 !== sha256) throw damaged(`the file ${sha256.slice(0, 12)}… has changed`)
  }
}

async function exchange(staged: string, dataDir: string, before: string | undefined): Promise<void> {
  await mkdir(dirname(dataDir), { recursive: true })
  if (before !== undefined) await rename(dataDir, before)
  try {
    await rename(staged, dataDir)
  } catch (error) {
    if (before !== undefined) await rename(before, dataDir)
    throw error
  }
}

/** Absent, or an empty folder, which is removed so that the finished backup can take its place. */
async function mustBeFree(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined
    throw new UserError(`${folder} cannot be used (${codeOf(error)}).`, "Give the name of a new folder.", "conflict")
  })
  if (entries?.length)
    throw new UserError(
      `${folder} is not empty.`,
      "Give the name of a new folder; backups are never overwritten.",
      "conflict",
    )
  if (entries) await rmdir(folder)
}

function damaged(what: string): UserError {
  return new UserError(`The backup is damaged: ${what}.`, "Nothing was changed. Use another backup.", "conflict")
}

function inWords(error: unknown, folder: string): unknown {
  const code = codeOf(error)
  if (code === "ENOSPC")
    return new UserError(`There is not enough space at ${folder}.`, "Free some, or use another disk.", "storage_full")
  if (["EACCES", "EROFS", "EPERM", "ENOENT", "ENOTDIR"].includes(code))
    return new UserError(
      `${folder} cannot be written or read (${code}).`,
      "Check the path and its permissions.",
      "conflict",
    )
  if (code === "EBUSY" || code === "EXDEV")
    return new UserError(
      `${folder} cannot be exchanged because it is a mount point.`,
      "Set ATELIER_DATA to a folder inside of it, then restore.",
      "conflict",
    )
  return error
}
