import { createHash } from "node:crypto"
import { Readable } from "node:stream"
import { z } from "zod"
import { BackendError, UserError } from "#src/errors.ts"

/** Room for 40 facts and a name. */
const MAX_HEAD_BYTES = 64 * 1024

/** What a worker says of a file before it sends it: one line of JSON. The limits of the rest are those of the store. */
export const uploadHead = z.object({
  name: z.string().max(4_096),
  use: z.enum(["preview", "model", "file"]),
  facts: z.record(z.string(), z.string()).exactOptional(),
  group: z.string().max(200).exactOptional(),
  bytes: z.number().int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})
export type UploadHead = z.infer<typeof uploadHead>

/** What the studio answers once a file is stored. */
export const storedArtifact = z.object({
  id: z.string(),
  accountId: z.string(),
  sha256: z.string(),
  name: z.string(),
  mediaType: z.string(),
  bytes: z.number(),
  use: z.enum(["preview", "model", "file"]),
  facts: z.record(z.string(), z.string()),
  group: z.string().exactOptional(),
  createdAt: z.number(),
})

/** The body that a worker sends: one line that describes the file, then its bytes. Made anew for every try. */
export async function* uploadBody(
  head: UploadHead,
  bytes: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(head)}\n`)
  yield* bytes()
}

/** Reads it back. `bytes` breaks when what arrives is not what was described, so that nothing of it is stored. */
export async function readUpload(
  body: ReadableStream<Uint8Array> | null,
): Promise<{ head: UploadHead; bytes: Readable }> {
  const reader = body?.getReader()
  let read = Buffer.alloc(0)
  let end = -1
  while (end < 0 && read.length <= MAX_HEAD_BYTES) {
    const part = await reader?.read()
    if (!part || part.done) break
    read = Buffer.concat([read, part.value])
    end = read.indexOf("\n")
  }
  const head = uploadHead.safeParse(jsonOf(end < 0 ? "" : read.subarray(0, end).toString()))
  if (!head.success)
    throw new UserError("The line that describes the file is missing or wrong.", "Use a worker of the same version.")
  return { head: head.data, bytes: Readable.from(checked(head.data, read.subarray(end + 1), reader)) }
}

async function* checked(
  head: UploadHead,
  first: Uint8Array,
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256")
  let part: ReadableStreamReadResult<Uint8Array> | undefined = { value: first, done: false }
  while (part && !part.done) {
    hash.update(part.value)
    yield part.value
    part = await reader?.read()
  }
  if (hash.digest("hex") !== head.sha256)
    throw new BackendError("the transfer", "the file did not arrive whole", "transient")
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
