import { open } from "node:fs/promises"
import type { Readable } from "node:stream"
import { UsageError } from "#bots/terminal/arguments.ts"

/** Most bytes of JSON a call may have. */
export const MAX_INPUT_BYTES = 1_000_000

/** The input of a call: inline JSON, `@file`, `-` for stdin, or nothing for {}. Throws UsageError. */
export async function readInput(word: string | undefined, stdin: Readable): Promise<Record<string, unknown>> {
  if (word === undefined) return {}
  const text =
    word === "-" ? await readStream(stdin) : word.startsWith("@") ? await readFileLimited(word.slice(1)) : limited(word)
  let value: unknown
  try {
    // Some editors and shells begin a file with a byte order mark.
    value = JSON.parse(text.replace(/^\uFEFF/, ""))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(
      `The input is not JSON: ${reason}.`,
      `Write one object, such as '{"size":"7"}', or give it as @file.json or - for stdin.`,
    )
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UsageError(
      "The input is JSON, but not an object.",
      `Write one object with the tool's fields, such as '{"size":"7"}'.`,
    )
  return value as Record<string, unknown> // an object that is no array, as just tested
}

function limited(text: string): string {
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_INPUT_BYTES) throw tooLarge(`${bytes} bytes`)
  return text
}

async function readStream(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    const part = Buffer.from(chunk as Uint8Array | string) // a stream without object mode yields bytes or text
    bytes += part.byteLength
    if (bytes > MAX_INPUT_BYTES) throw tooLarge(`more than ${MAX_INPUT_BYTES} bytes`)
    chunks.push(part)
  }
  return Buffer.concat(chunks).toString("utf8")
}

async function readFileLimited(path: string): Promise<string> {
  const file = await open(path, "r").catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error)
    throw new UsageError(
      `The file ${JSON.stringify(path.slice(0, 200))} cannot be read (${code}).`,
      "Check the path after @.",
    )
  })
  try {
    const about = await file.stat()
    if (!about.isFile())
      throw new UsageError(`${JSON.stringify(path.slice(0, 200))} is not a file.`, "Give a JSON file after @.")
    if (about.size > MAX_INPUT_BYTES) throw tooLarge(`${about.size} bytes`)
    return await file.readFile("utf8")
  } finally {
    await file.close()
  }
}

const tooLarge = (size: string) =>
  new UsageError(`The input has ${size}.`, `At most ${MAX_INPUT_BYTES} bytes are read.`)
