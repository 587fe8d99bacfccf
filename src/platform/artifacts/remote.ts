import { createHash } from "node:crypto"
import { createReadStream, createWriteStream } from "node:fs"
import { mkdtemp, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { BackendError } from "#src/errors.ts"
import { tooLarge } from "#src/platform/artifacts/blobs.ts"
import { fetchFile, sendFile } from "#src/platform/artifacts/remote.http.ts"
import type { Sending } from "#src/platform/artifacts/remote.http.ts"
import { workAddress } from "#src/platform/artifacts/worker-link.ts"
import type { ArtifactInput, ArtifactWriter } from "#src/studio.ts"

/** The files of one attempt, through the studio's HTTP server. */
export interface RemoteFiles extends ArtifactWriter {
  /** Removes what was fetched. */
  close(): Promise<void>
}

export interface RemoteOptions {
  /** Address of the attempt, as the studio signed it (worker-link.ts). */
  access: string
  signal: AbortSignal
  maxFileBytes: number
}

const CHUNK_BYTES = 1024 * 1024

/**
 * Files of a worker without the data directory: inputs are fetched into a temporary folder, results are sent. Everything is
 * checked by its sha256, and tried again where that can help. Throws UserError as the studio says it ("quota", "too_large",
 * "not_found"), and BackendError when the studio cannot be reached or the attempt is over.
 */
export function remoteFiles({ access, signal, maxFileBytes }: RemoteOptions): RemoteFiles {
  let folder: Promise<string> | undefined
  const fetched = new Map<string, Promise<string>>()
  let copies = 0
  const place = async (name: string) => join(await (folder ??= mkdtemp(join(tmpdir(), "atelier-worker-"))), name)

  const fetchInput = async (id: string) => {
    const path = await place(`in-${fetched.size}-${id.replace(/\W/g, "").slice(0, 60)}`)
    await fetchFile(workAddress(access, { file: id }), path, { signal, maxBytes: maxFileBytes })
    return path
  }
  /** A stream can be read once only; whatever may have to be sent again has to lie somewhere. */
  const settle = async (source: Uint8Array | Readable | { path: string }): Promise<Source> => {
    if (source instanceof Uint8Array) return inMemory(source)
    // File streams have a path too.
    if (!("pipe" in source)) return onDisk(source.path, maxFileBytes, signal)
    const copy = await place(`out-${copies++}`)
    await pipeline(source, limited(maxFileBytes), createWriteStream(copy, { flags: "wx", mode: 0o600 }), { signal })
    return onDisk(copy, maxFileBytes, signal)
  }
  return {
    put: async (source, input) => {
      const settled = await settle(source)
      if (settled.bytes > maxFileBytes) throw tooLarge(maxFileBytes)
      return sendFile(workAddress(access, "artifacts"), sendingOf(settled, input), signal)
    },
    path: (id) => {
      let path = fetched.get(id)
      if (!path) fetched.set(id, (path = fetchInput(id)))
      return path
    },
    close: async () => {
      if (folder) await rm(await folder, { recursive: true, force: true })
    },
  }
}

/** For a worker whose attempt came without an address. */
export function noFiles(): ArtifactWriter {
  const missing = async () => {
    throw new BackendError(
      "the worker",
      "this attempt came without an address for its files; the studio must run with the same REDIS_URL and version",
      "fatal",
    )
  }
  return { put: missing, path: missing }
}

interface Source {
  bytes: number
  sha256: string
  read(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

function sendingOf({ bytes, sha256, read }: Source, { name, use, facts, group }: ArtifactInput): Sending {
  const more = { ...(facts === undefined ? {} : { facts }), ...(group === undefined ? {} : { group }) }
  return { head: { name, use, ...more, bytes, sha256 }, read }
}

function inMemory(source: Uint8Array): Source {
  function* read() {
    for (let at = 0; at < source.length; at += CHUNK_BYTES) yield source.subarray(at, at + CHUNK_BYTES)
  }
  return { bytes: source.length, sha256: createHash("sha256").update(source).digest("hex"), read }
}

async function onDisk(path: string, maxBytes: number, signal: AbortSignal): Promise<Source> {
  const { size } = await stat(path)
  if (size > maxBytes) throw tooLarge(maxBytes)
  const hash = createHash("sha256")
  await pipeline(createReadStream(path, { highWaterMark: CHUNK_BYTES }), hash, { signal })
  return {
    bytes: size,
    sha256: hash.digest("hex"),
    read: () => createReadStream(path, { highWaterMark: CHUNK_BYTES }),
  }
}

function limited(maxBytes: number): (source: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array> {
  return async function* (source) {
    let bytes = 0
    for await (const chunk of source) {
      bytes += chunk.length
      if (bytes > maxBytes) throw tooLarge(maxBytes)
      yield chunk
    }
  }
}
