import type { Hono } from "hono"
import { json } from "#bots/web/api/answer.ts"
import { readBody } from "#bots/web/api/body.ts"
import { endCookie, sessionCookie } from "#bots/web/api/gate.ts"
import type { WebEnv, WebParts } from "#bots/web/api/parts.ts"
import { createThrottle } from "#bots/web/api/throttle.ts"
import { signIn, type SessionInfo } from "#bots/web/api/types.ts"
import type { WebSession } from "#bots/web/session.ts"

const SIGN_INS_PER_MINUTE = 30

/** Signing in with a key, out again, and the other browsers of the person. */
export function routeSessions(app: Hono<WebEnv>, parts: WebParts): void {
  const { sessions, hub, services } = parts
  // For all browsers together: nobody is known yet.
  const throttle = createThrottle(services.clock, SIGN_INS_PER_MINUTE, "attempts to sign in")
  app.post("/api/session", async (context) => {
    throttle.take("all")
    const { key } = await readBody(context.req.raw, signIn)
    const opened = sessions.signIn(key)
    const response = json(sessionInfo(opened.session, opened.session.id))
    response.headers.append("set-cookie", sessionCookie(context.req.raw, services.config, opened))
    return response
  })
  app.get("/api/sessions", (context) => {
    const { caller, session } = context.get("visit")
    return json(sessions.list(caller.accountId).map((it) => sessionInfo(it, session.id)))
  })
  app.post("/api/session/end", (context) => {
    const { caller, session } = context.get("visit")
    sessions.revoke(caller.accountId, session.id)
    hub.endSession(session.id)
    const response = json({})
    response.headers.append("set-cookie", endCookie(context.req.raw, services.config))
    return response
  })
  app.post("/api/sessions/:id/revoke", (context) => {
    const id = context.req.param("id")
    sessions.revoke(context.get("visit").caller.accountId, id)
    hub.endSession(id)
    return json({})
  })
}

export function sessionInfo(session: WebSession, currentId: string): SessionInfo {
  const { id, keyId, createdAt, lastUsedAt, expiresAt } = session
  return { id, current: id === currentId, by: keyId === null ? "link" : "key", createdAt, lastUsedAt, expiresAt }
}
