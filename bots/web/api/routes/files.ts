import { Readable } from "node:stream"
import type { ReadableStream as NodeReadableStream } from "node:stream/web"
import type { Hono } from "hono"
import { json } from "#bots/web/api/answer.ts"
import type { WebEnv, WebParts } from "#bots/web/api/parts.ts"
import { webFile } from "#bots/web/api/render.ts"
import { createThrottle } from "#bots/web/api/throttle.ts"
import { UserError } from "#src/errors.ts"

const FILES_PER_MINUTE = 60
const MAX_NAME = 255

/** Files that people bring: streamed into the store, which counts, hashes and tells the type by the content. */
export function routeFiles(app: Hono<WebEnv>, { services, changes, hub }: WebParts): void {
  const throttle = createThrottle(services.clock, FILES_PER_MINUTE, "files")
  app.post("/api/files", async (context) => {
    const { caller, session } = context.get("visit")
    if (caller.role === "viewer")
      throw new UserError("Your role may look, but not add files.", "Ask an admin for more.", "forbidden")
    throttle.take(session.id)
    const name = (context.req.query("name") ?? "").slice(0, MAX_NAME) || "file"
    refuseTooLarge(context.req.header("content-length"), services.config.maxFileBytes)
    const { body } = context.req.raw
    if (!body || context.req.header("content-length") === "0")
      throw new UserError(`${name} is empty.`, "Choose a file with something in it.")
    // The web's and Node's stream types differ in name only.
    const source = Readable.fromWeb(body as NodeReadableStream)
    const stored = await services.artifacts.writerFor(caller.accountId).put(source, { name, use: "file" })
    changes.nudge()
    hub.tell(caller.accountId, { kind: "quota", quota: services.quota.show(caller.accountId) })
    return json(webFile(services.artifacts, stored), 201)
  })
}

/** Said before anything is read; what lies about its length is counted while it comes. */
function refuseTooLarge(contentLength: string | undefined, most: number): void {
  const bytes = Number(contentLength ?? 0)
  if (!(bytes > most)) return
  throw new UserError(
    `The file is ${(bytes / 1024 / 1024).toFixed(1)} MB.`,
    `At most ${(most / 1024 / 1024).toFixed(0)} MB are allowed.`,
    "too_large",
  )
}
