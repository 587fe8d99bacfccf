import type { z } from "zod"
import { UserError } from "#src/errors.ts"

const MAX_BYTES = 1024 * 1024

/** The JSON body of a request, checked. Throws UserError "bad_input" or "too_large". */
export async function readBody<S extends z.ZodType>(request: Request, schema: S): Promise<z.output<S>> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase()
  if (type !== "application/json")
    throw new UserError("The request has no JSON body.", "Send application/json.", "bad_input")
  const parsed = schema.safeParse(parse(await readText(request)))
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.slice(0, 5).map((it) => `${it.path.join(".") || "body"}: ${it.message}`)
  throw new UserError(`The request cannot be used: ${issues.join("; ").slice(0, 1_000)}.`, "Correct it and send again.")
}

async function readText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BYTES)
      throw new UserError(
        "The request is over 1 MB.",
        "Send files through the upload, and texts in parts.",
        "too_large",
      )
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString("utf8")
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UserError("The body of the request is not JSON.", "Send one JSON object.", "bad_input")
  }
}
