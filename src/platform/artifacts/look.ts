import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

/** A picture as a model is shown it. */
export interface SmallPicture {
  mediaType: "image/jpeg"
  bytes: Uint8Array
}

/** Undefined when there is nothing to see: no picture that can be read, or one that takes too long. */
export type Look = (path: string, signal: AbortSignal) => Promise<SmallPicture | undefined>

const CHILD = fileURLToPath(new URL("look-child.ts", import.meta.url))
const TIME_LIMIT_MS = 15_000
const MAX_BYTES = 2_000_000
/** So many pictures are opened at once in this process, whoever they are for. */
const AT_ONCE = 2

/** Makes pictures of strangers small in processes of their own, which have no secrets of the studio and end with the signal. */
export function createLook(): Look {
  let open = 0
  const waiting: (() => void)[] = []
  return async (path, signal) => {
    if (open >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
    open++
    try {
      return signal.aborted ? undefined : await lookOnce(path, signal)
    } finally {
      open--
      waiting.shift()?.()
    }
  }
}

function lookOnce(path: string, signal: AbortSignal): Promise<SmallPicture | undefined> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--max-old-space-size=256", CHILD, path], {
      stdio: ["ignore", "pipe", "ignore"],
      env: { PATH: process.env["PATH"] ?? "" },
      timeout: TIME_LIMIT_MS,
      killSignal: "SIGKILL",
      signal,
    })
    const chunks: Buffer[] = []
    let size = 0
    child.stdout.on("data", (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.byteLength
      if (size > MAX_BYTES) child.kill("SIGKILL")
    })
    child.on("error", () => resolve(undefined))
    child.on("close", (code) => {
      const bytes = Buffer.concat(chunks)
      resolve(code === 0 && bytes.byteLength > 0 ? { mediaType: "image/jpeg", bytes } : undefined)
    })
  })
}
