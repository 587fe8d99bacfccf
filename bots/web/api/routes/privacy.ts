import type { Hono } from "hono"
import { json } from "#bots/web/api/answer.ts"
import { readBody } from "#bots/web/api/body.ts"
import type { WebEnv, WebParts } from "#bots/web/api/parts.ts"
import { tellThreads } from "#bots/web/api/routes/threads.ts"
import { deleteData, type Deleted } from "#bots/web/api/types.ts"

const MAX_EXPORTED = 500

/** What is stored about the person who asks, as a file; and its end. */
export function routePrivacy(app: Hono<WebEnv>, parts: WebParts): void {
  app.get("/api/privacy/export", (context) => {
    const { accountId } = context.get("visit").caller
    return new Response(inPieces(exportOf(parts, accountId)), {
      headers: {
        "content-type": "application/json; charset=utf-8",
        "content-disposition": 'attachment; filename="atelier-my-data.json"',
        "cache-control": "no-store",
      },
    })
  })
  app.post("/api/privacy/delete", async (context) => {
    await readBody(context.req.raw, deleteData)
    const { accountId } = context.get("visit").caller
    for (const { id } of parts.conversations.list(accountId, MAX_EXPORTED)) parts.hub.forget(id)
    const answer: Deleted = {
      threads: parts.conversations.deleteData(accountId),
      kept: "Your designs, files and the record of charges are kept.",
    }
    tellThreads(parts, accountId)
    return json(answer)
  })
}

function inPieces(texts: Generator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    pull: (controller) => {
      const { done, value } = texts.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
  })
}

/** One JSON object in pieces, so that no large history stands in memory at once. */
function* exportOf({ services, accounts, conversations, sessions }: WebParts, accountId: string): Generator<string> {
  const { items, jobs, quota, clock } = services
  const field = (name: string, value: unknown) => `,\n${JSON.stringify(name)}: ${JSON.stringify(value ?? null)}`
  yield `{"exportedAt": ${JSON.stringify(new Date(clock.now()).toISOString())}`
  yield field("account", accounts.get(accountId))
  yield field("sessions", sessions.list(accountId))
  yield field("quota", quota.show(accountId))
  yield field("projects", items.listProjects(accountId))
  yield field("conversations", conversations.exportData(accountId))
  yield field("jobs", jobs.list(accountId, { limit: MAX_EXPORTED }))
  yield ',\n"items": ['
  let comma = ""
  for (const item of items.list(accountId, { limit: MAX_EXPORTED })) {
    yield `${comma}\n{"item": ${JSON.stringify(item)}, "revisions": [`
    comma = ","
    for (let number = 1; ; number++) {
      const revision = items.revision(item.id, number)
      if (!revision) break
      yield `${number > 1 ? "," : ""}\n${JSON.stringify(revision)}`
    }
    yield "]}"
  }
  yield "\n]}\n"
}
