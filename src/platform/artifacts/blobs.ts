import { createHash, randomUUID } from "node:crypto"
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs"
import { open, rm, type FileHandle } from "node:fs/promises"
import { dirname, join } from "node:path"
import type { Readable } from "node:stream"
import { UserError } from "#src/errors.ts"
import { mediaTypeOf, SAMPLE_BYTES } from "#src/platform/artifacts/media-type.ts"

export type BlobSource = Uint8Array | Readable | { path: string }

/** Bytes that are complete and safe on disk, but not yet part of the store. */
export interface StagedBlob {
  temporary: string
  sha256: string
  bytes: number
  mediaType: string
}

/** Files named by the sha256 of their content, below `folder`: ab/abcdef…; unfinished ones in tmp/. */
export interface Blobs {
  folder: string
  path(sha256: string): string
  /** Streams the source into tmp/, hashing and counting. Leaves nothing behind when it throws. */
  stage(source: BlobSource): Promise<StagedBlob>
  /** Moves a staged blob to its place; true when it was not there yet. Call it while holding the database's write lock. */
  keep(blob: StagedBlob): boolean
  discard(blob: StagedBlob): Promise<void>
}

const CHUNK_BYTES = 1024 * 1024
/** A source that gives nothing for this long is given up. */
const IDLE_MS = 60_000

export function createBlobs(folder: string, maxBytes: number): Blobs {
  const temporaryFolder = join(folder, "tmp")
  mkdirSync(temporaryFolder, { recursive: true, mode: 0o700 })
  const path = (sha256: string) => join(folder, sha256.slice(0, 2), sha256)
  return {
    folder,
    path,
    stage: async (source) => {
      const temporary = join(temporaryFolder, randomUUID())
      try {
        return await write(source, temporary, maxBytes)
      } catch (error) {
        await rm(temporary, { force: true })
        throw inWords(error)
      }
    },
    keep: (blob) => {
      const target = path(blob.sha256)
      // Same content, so the file that is there stays; one of another length was damaged and is replaced.
      if (existsSync(target) && statSync(target).size === blob.bytes) {
        rmSync(blob.temporary, { force: true })
        return false
      }
      if (mkdirSync(dirname(target), { recursive: true, mode: 0o700 })) syncFolder(folder)
      renameSync(blob.temporary, target)
      syncFolder(dirname(target))
      return true
    },
    discard: (blob) => rm(blob.temporary, { force: true }),
  }
}

async function write(source: BlobSource, temporary: string, maxBytes: number): Promise<StagedBlob> {
  const file = await open(temporary, "wx+", 0o600)
  try {
    const hash = createHash("sha256")
    let bytes = 0
    for await (const chunk of chunksOf(source)) {
      bytes += chunk.length
      if (bytes > maxBytes) throw tooLarge(maxBytes)
      hash.update(chunk)
      await file.writeFile(chunk)
    }
    await file.sync()
    // Blobs are shared by name and by hard link: nobody may write to one by mistake.
    await file.chmod(0o400)
    const head = await read(file, 0, Math.min(bytes, SAMPLE_BYTES))
    const tail = await read(file, Math.max(0, bytes - SAMPLE_BYTES), Math.min(bytes, SAMPLE_BYTES))
    const mediaType = await mediaTypeOf({ head, tail, bytes })
    return { temporary, sha256: hash.digest("hex"), bytes, mediaType }
  } finally {
    await file.close()
  }
}

/** Pieces of at most 1 MB, so that hashing a large one never holds up the event loop. */
function chunksOf(source: BlobSource): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (source instanceof Uint8Array) return slices(source)
  // File streams have a path too.
  return "pipe" in source ? fromStream(source) : fromFile(source.path)
}

async function* fromFile(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, "r")
  try {
    if (!(await file.stat()).isFile())
      throw new UserError(`"${path}" is not a file.`, "Give the path of a regular file.")
    for await (const chunk of file.createReadStream({ highWaterMark: CHUNK_BYTES, autoClose: false }))
      yield chunk as Uint8Array // a stream without encoding yields buffers
  } finally {
    await file.close()
  }
}

async function* fromStream(stream: Readable): AsyncGenerator<Uint8Array> {
  const idle = setTimeout(() => {
    const hint = "Send it again over a better connection."
    stream.destroy(new UserError(`The file stopped arriving for ${IDLE_MS / 1000} seconds.`, hint))
  }, IDLE_MS)
  try {
    for await (const chunk of stream) {
      idle.refresh()
      if (typeof chunk === "string") yield Buffer.from(chunk)
      else if (chunk instanceof Uint8Array) yield* slices(chunk)
      else throw new TypeError("a blob source must yield bytes")
    }
  } finally {
    clearTimeout(idle)
  }
}

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES)
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return buffer.subarray(0, done)
}

/** What a file over the limit is refused with. */
export function tooLarge(maxBytes: number): UserError {
  return new UserError(
    `The file is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB (${maxBytes} bytes).`,
    "Use a smaller one, or raise ATELIER_MAX_FILE_MB.",
    "too_large",
  )
}

function inWords(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG")
    return new UserError(
      "The studio's disk is full, so the file was not stored.",
      "Free some space, then try again.",
      "storage_full",
    )
  if (code === "EROFS")
    return new UserError(
      "The data directory cannot be written.",
      "Check the permissions of ATELIER_DATA.",
      "storage_full",
    )
  return error
}

/** Makes a rename survive a power cut. Windows cannot open folders and needs nothing. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return
  const handle = openSync(folder, "r")
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
