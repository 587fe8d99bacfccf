import { Hono } from "hono"
import { refusal } from "#bots/web/api/answer.ts"
import { createHub, type Hub } from "#bots/web/api/events/hub.ts"
import { refuseForeign, sessionCookie, visitOf } from "#bots/web/api/gate.ts"
import type { WebApiOptions, WebEnv, WebParts } from "#bots/web/api/parts.ts"
import { jobCard, webThreadEvent } from "#bots/web/api/render.ts"
import { routeCalls } from "#bots/web/api/routes/call.ts"
import { routeEvents } from "#bots/web/api/routes/events.ts"
import { routeFiles } from "#bots/web/api/routes/files.ts"
import { cardOf, routeItems } from "#bots/web/api/routes/items.ts"
import { routePrivacy } from "#bots/web/api/routes/privacy.ts"
import { routeSessions } from "#bots/web/api/routes/sessions.ts"
import { routeState } from "#bots/web/api/routes/state.ts"
import { routeThreads } from "#bots/web/api/routes/threads.ts"
import type { StudioEvent } from "#bots/web/api/types.ts"
import { UserError } from "#src/errors.ts"
import type { Change } from "#src/platform/changes.ts"

export interface WebApi {
  /** Answers /api/* and one-time links; undefined for everything else. */
  fetch(request: Request): Promise<Response | undefined>
  /** Address of a one-time link that opens the studio at `base` (without a slash at the end) as its owner. */
  link(base: string): string
  hub: Hub
  /** Ends all streams; call it before the server stops. */
  close(): void
}

const MESSAGES_PER_MINUTE = 20

/** The server side of the web studio: types.ts says what it answers. */
export function createWebApi(options: WebApiOptions): WebApi {
  const { services, sessions, owner } = options
  const hub: Hub = createHub({
    conversations: options.conversations,
    changes: options.changes,
    log: services.log,
    sessionStands: sessions.stands,
    eventsOf: eventsOf(options),
    threadEvent: (event) => webThreadEvent(services.artifacts, event),
    // Tools of a turn write through the connection of this process.
    afterThreadEvent: ({ kind }) => {
      if (kind === "tool-ended" || kind === "focus" || kind === "turn-ended") options.changes.nudge()
    },
  })
  const parts: WebParts = { ...options, hub, messagesPerMinute: options.messagesPerMinute ?? MESSAGES_PER_MINUTE }
  const app = createRouter(parts)
  return {
    fetch: async (request) => {
      const url = new URL(request.url)
      if (url.pathname.startsWith("/api/")) return app.fetch(request)
      const token = url.pathname === "/" && request.method === "GET" ? url.searchParams.get("token") : null
      return token === null ? undefined : enter(request, parts, token)
    },
    link: (base) => `${base}/?token=${sessions.createLink(owner)}`,
    hub,
    close: hub.close,
  }
}

function createRouter(parts: WebParts): Hono<WebEnv> {
  const { services } = parts
  const app = new Hono<WebEnv>()
  app.use(async (context, next) => {
    refuseForeign(context.req.raw, services.config)
    const isSigningIn = context.req.path === "/api/session"
    if (!isSigningIn) context.set("visit", visitOf(context.req.raw, parts))
    await next()
  })
  for (const route of [
    routeSessions,
    routeState,
    routeThreads,
    routeItems,
    routeCalls,
    routeFiles,
    routePrivacy,
    routeEvents,
  ])
    route(app, parts)
  app.notFound(() =>
    refusal(new UserError("There is nothing at this address.", "See the list of requests.", "not_found"), services.log),
  )
  app.onError((error, context) => refusal(error, services.log, hasUnreadBody(context.req.raw)))
  return app
}

/** What is still on its way would be taken for the next request. */
function hasUnreadBody(request: Request): Record<string, string> {
  return request.body && !request.bodyUsed ? { connection: "close" } : {}
}

/** A one-time link becomes a cookie, and leaves the address bar and the history. */
function enter(request: Request, { sessions, services, ...parts }: WebParts, token: string): Response {
  const opened = sessions.redeem(token)
  const headers = new Headers({ location: "./", "cache-control": "no-store", "referrer-policy": "no-referrer" })
  if (opened) headers.set("set-cookie", sessionCookie(request, services.config, opened))
  else if (!isVisitor(request, { sessions, services, ...parts })) headers.set("location", "./?link=expired")
  return new Response(null, { status: 303, headers })
}

/** Reloading an old link must not shut out whoever it let in. */
function isVisitor(request: Request, parts: WebParts): boolean {
  try {
    return visitOf(request, parts) !== undefined
  } catch {
    return false
  }
}

/** What pages are told about a change; the quota goes along when a job began or ended, and it is another than before. */
function eventsOf(options: WebApiOptions): (accountId: string, change: Change) => StudioEvent[] {
  const { services } = options
  const lastQuota = new Map<string, string>()
  return (accountId, change) => {
    if (change.kind === "item-removed") return [change]
    if (change.kind === "item") return [{ ...change, item: cardOf(options, change.item) }]
    const told: StudioEvent[] = [{ kind: "job", job: jobCard(services.artifacts, change.job) }]
    const quota = services.quota.show(accountId)
    const mark = JSON.stringify(quota)
    if (lastQuota.get(accountId) !== mark) told.push({ kind: "quota", quota })
    lastQuota.set(accountId, mark)
    return told
  }
}
