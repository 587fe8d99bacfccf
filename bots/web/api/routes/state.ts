import type { Hono } from "hono"
import { json } from "#bots/web/api/answer.ts"
import type { Visit, WebEnv, WebParts } from "#bots/web/api/parts.ts"
import { jobCard } from "#bots/web/api/render.ts"
import { itemCards } from "#bots/web/api/routes/items.ts"
import { sessionInfo } from "#bots/web/api/routes/sessions.ts"
import {
  MAX_MESSAGE_CHARACTERS,
  MAX_MESSAGE_FILES,
  type Answering,
  type JobCard,
  type StudioState,
} from "#bots/web/api/types.ts"
import { VERSION } from "#src/platform/version.ts"

const MAX_JOBS = 50
const MAX_THREADS = 100
const isOpen = ({ state }: JobCard) => state === "waiting" || state === "running"

/** What a page needs to begin, and the parts of it that it reads again. */
export function routeState(app: Hono<WebEnv>, parts: WebParts): void {
  const { services } = parts
  app.get("/api/state", async (context) => json(await stateOf(parts, context.get("visit"))))
  app.get("/api/jobs", (context) => {
    const limit = Number(/^\d{1,3}$/.exec(context.req.query("limit") ?? "")?.[0] ?? MAX_JOBS)
    return json(jobsOf(parts, context.get("visit").caller.accountId, limit))
  })
  app.get("/api/quota", (context) => json(services.quota.show(context.get("visit").caller.accountId)))
}

async function stateOf(parts: WebParts, { caller, session }: Visit): Promise<StudioState> {
  const { services, conversations } = parts
  const { accountId, role, locale } = caller
  const registry = await parts.registry()
  const answering: Answering = parts.answering()
  return {
    version: VERSION,
    account: { id: accountId, name: parts.accounts.get(accountId)?.name ?? "", role, ...(locale ? { locale } : {}) },
    session: sessionInfo(session, session.id),
    limits: {
      maxFileBytes: services.config.maxFileBytes,
      maxMessageCharacters: MAX_MESSAGE_CHARACTERS,
      maxMessageFiles: MAX_MESSAGE_FILES,
      messagesPerMinute: parts.messagesPerMinute,
    },
    families: [...new Set(registry.visible(role).map((tool) => registry.familyOf(tool.name)))].sort(),
    answering,
    project: services.items.currentProject(accountId),
    projects: services.items.listProjects(accountId),
    threads: conversations.list(accountId, MAX_THREADS),
    items: itemCards(parts, accountId),
    jobs: jobsOf(parts, accountId, MAX_JOBS),
    quota: services.quota.show(accountId),
    examples: [...parts.examples],
    mcpUrl: parts.mcpUrl(),
  }
}

/** Open ones first, then the last that ended. */
function jobsOf({ services }: WebParts, accountId: string, limit: number): JobCard[] {
  const cards = services.jobs.list(accountId, { limit }).map((view) => jobCard(services.artifacts, view))
  return [...cards.filter(isOpen), ...cards.filter((card) => !isOpen(card))]
}
