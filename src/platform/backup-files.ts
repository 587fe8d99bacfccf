import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { copyFile, link, mkdir, open, readFile, stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { openDb, type Db } from "#src/platform/store/db.ts"

/** The file that says what a backup consists of; written last, so a folder without it is not a backup. */
export const MANIFEST = "manifest.json"
const MAX_MANIFEST_BYTES = 1024 * 1024

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const manifestSchema = z.object({
  format: z.literal("atelier-backup-1"),
  createdAt: z.number(),
  database: z.object({ version: z.number(), bytes: z.number(), sha256, rows: z.record(z.string(), z.number()) }),
  /** `missing`: named by the database, but their bytes were already lost when the backup was made. */
  blobs: z.object({ count: z.number(), bytes: z.number(), missing: z.array(sha256).max(10_000) }),
  secret: sha256,
})
export type Manifest = z.output<typeof manifestSchema>

export interface Blob {
  sha256: string
  bytes: number
}

const blobRow = z.object({ sha256, bytes: z.number() })

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const file = await open(join(folder, MANIFEST), "wx", 0o600)
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Reads and checks the manifest of a backup. Throws UserError when there is none or it does not read. */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST)
  const size = await stat(path).then(
    (info) => info.size,
    () => undefined,
  )
  if (size === undefined)
    throw new UserError(
      `${folder} is not a backup: it has no ${MANIFEST}.`,
      "Give the folder that a backup was written to.",
    )
  if (size > MAX_MANIFEST_BYTES)
    throw new UserError(`${path} is ${size} bytes.`, `A manifest has at most ${MAX_MANIFEST_BYTES}.`, "too_large")
  const parsed = manifestSchema.safeParse(parseJson(await readFile(path, "utf8")))
  if (!parsed.success) throw new UserError(`${path} does not read as a manifest.`, "Use another backup.")
  return parsed.data
}

/** Version, rows per table and blobs of a database at rest. Throws UserError when it is damaged. */
export function inspect(path: string): { version: number; rows: Record<string, number>; blobs: Blob[] } {
  const db = openDb(path, { readonly: true })
  try {
    const problem = db.check()
    if (problem !== "ok") throw new UserError(`The database is damaged: ${problem}.`, "Use another backup.")
    const version = db.get(z.object({ user_version: z.number() }), "PRAGMA user_version")?.user_version ?? 0
    return { version, rows: countRows(db), blobs: blobsOf(db) }
  } finally {
    db.close()
  }
}

/** Every blob that an artifact names, once. */
export function blobsOf(db: Db): Blob[] {
  return db.all(blobRow, "SELECT sha256, max(bytes) AS bytes FROM artifact GROUP BY sha256")
}

function countRows(db: Db): Record<string, number> {
  const tables = db.all(
    z.object({ name: z.string().regex(/^[a-z_]+$/) }),
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
  )
  const count = (name: string) =>
    db.get(z.object({ count: z.number() }), `SELECT count(*) AS count FROM ${name}`)?.count ?? 0
  return Object.fromEntries(tables.map(({ name }) => [name, count(name)]))
}

/** Where a blob lies within a data directory or a backup. */
export function blobPath(folder: string, name: string): string {
  return join(folder, "blobs", name.slice(0, 2), name)
}

/** Brings blobs from one folder to another by hard link, or by copying between file systems. Returns the absent ones. */
export async function copyBlobs(from: string, to: string, blobs: readonly Blob[]): Promise<string[]> {
  const missing: string[] = []
  for (const { sha256: name } of blobs) {
    const target = blobPath(to, name)
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    if (!(await linkOrCopy(blobPath(from, name), target))) missing.push(name)
  }
  return missing
}

/** False when there is nothing at `from`. A target that exists already is left as it is: names are contents. */
async function linkOrCopy(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    const code = codeOf(error)
    if (code === "EEXIST") return true
    if (code === "ENOENT") return false
    if (!["EXDEV", "EPERM", "ENOTSUP", "EMLINK", "EACCES"].includes(code)) throw error
    await copyFile(from, to)
    return true
  }
}

/** Length and sha256 of a file, streamed. */
export async function fingerprint(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256")
  let bytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const piece = chunk as Buffer // a stream without encoding yields buffers
    hash.update(piece)
    bytes += piece.length
  }
  return { bytes, sha256: hash.digest("hex") }
}

/** The system's name of what went wrong, "ENOENT"; "" when it is not a system error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : ""
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
