import type { Hono } from "hono"
import type { WebEnv, WebParts } from "#bots/web/api/parts.ts"
import { UserError } from "#src/errors.ts"

/** What happens, as it happens: one stream per open page. */
export function routeEvents(app: Hono<WebEnv>, { conversations, hub }: WebParts): void {
  app.get("/api/events", (context) => {
    // Nobody would read, and so nobody would end, a stream made for HEAD.
    if (context.req.method !== "GET") return new Response(null, { status: 405, headers: { allow: "GET" } })
    const { caller, session } = context.get("visit")
    const threadId = context.req.query("thread") || undefined
    if (threadId !== undefined && !conversations.get(caller.accountId, threadId))
      throw new UserError("There is no such conversation.", "Choose one of the list, or begin another.", "not_found")
    const body = hub.open({
      sessionId: session.id,
      accountId: caller.accountId,
      after: context.req.header("last-event-id") ?? context.req.query("after") ?? null,
      ...(threadId === undefined ? {} : { threadId }),
    })
    return new Response(body, {
      headers: {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        // Proxies that collect answers would hold events back.
        "x-accel-buffering": "no",
      },
    })
  })
}
