import { setImmediate } from "node:timers/promises"
import { createWebApi, type WebApi } from "#bots/web/api/api.ts"
import type { Answering } from "#bots/web/api/types.ts"
import { loadView } from "#bots/web/mcp-app/view.ts"
import { createPages } from "#bots/web/pages.ts"
import { createSessions } from "#bots/web/session.ts"
import type { House } from "#src/compose.ts"
import type { Conversations } from "#src/conversation/conversation.ts"
import { UserError } from "#src/errors.ts"
import { describeItem } from "#src/families.ts"
import { serveArtifact } from "#src/platform/artifacts/serve.ts"
import { serveWorker } from "#src/platform/artifacts/worker-access.ts"
import { createChanges } from "#src/platform/changes.ts"
import { startHttp, type HttpServer } from "#src/platform/http/server.ts"
import { jobFigures } from "#src/platform/queue/figures.ts"
import { quotaFigures } from "#src/platform/quota/figures.ts"
import { serverFigures } from "#src/platform/servers/figures.ts"
import { loadPrompts } from "#src/platform/prompts.ts"

/** What a first start makes, so that there is something to look at. */
export const FIRST_RING = {
  metal: "14k_rose_gold",
  size: "7",
  size_system: "us",
  stone: "diamond",
  carat: 1,
  files: ["stl"],
  wait_s: 25,
} as const

/** Sentences that show what the studio can do. */
export const EXAMPLES = [
  "a 14k rose gold solitaire, US size 7, with a 1 carat round diamond, and the STL please",
  "make the band 2.5 mm wide and the metal platinum",
  "change the stone to a 1.5 carat ruby",
] as const

const CLEAN_EVERY_MS = 24 * 3_600_000

export interface ServeOptions {
  conformance?: boolean
}

export interface Served {
  server: HttpServer
  /** Makes an address that opens the web studio in one browser, once. */
  link(): string
  close(): Promise<void>
}

/** Opens the studio over HTTP: MCP, pages, files, health. Throws UserError when the address is taken. */
export async function serve(house: House, options: ServeOptions = {}): Promise<Served> {
  const { config, services, log } = house
  const { artifacts } = services
  const owner = house.owner("http")
  const pages = await createPages({ artifacts })
  let mcpUrl = ""
  const web = openWeb(house, await house.conversations(), () => mcpUrl)
  const access = { ...services, secret: house.secret, openAttempt: services.jobs.openAttempt }
  const clocked = { db: house.db, clock: services.clock }
  const server = await startHttp({
    config,
    log,
    owner,
    registry: house.registry,
    studioFor: house.studioFor,
    prompts: () => loadPrompts(config.families),
    views: loadView,
    verifyKey: (token) => house.keys.verify(token),
    files: (request) => serveArtifact(request, { artifacts, clock: services.clock }),
    ...(config.redisUrl === undefined ? {} : { work: (request: Request) => serveWorker(request, access) }),
    pages: async (request) => (await web.fetch(request)) ?? pages(request),
    ready: services.health,
    figures: [...jobFigures(clocked), ...serverFigures(clocked), ...quotaFigures(house.quota)],
    ...(options.conformance ? { conformance: true } : {}),
  }).catch((error: unknown) => {
    web.close()
    throw inWords(error, config.host, config.port)
  })
  house.setBaseUrl(server.url)
  mcpUrl = `${server.url}/mcp`
  const cleaning = keepClean(house)
  return {
    server,
    link: () => web.link(server.url),
    close: async () => {
      cleaning.stop()
      web.close()
      await server.close()
    },
  }
}

/** The server side of the web studio, over the services of the house. */
function openWeb(
  house: House,
  conversations: Conversations,
  mcpUrl: () => string,
): Pick<WebApi, "fetch" | "link" | "close"> {
  const { services, db, accounts, keys, log } = house
  const changes = createChanges({ db, items: services.items, jobs: services.jobs, log })
  const web = createWebApi({
    services,
    registry: house.registry,
    studioFor: house.studioFor,
    conversations,
    sessions: createSessions({ db, clock: services.clock, accounts, keys }),
    changes,
    accounts,
    db,
    owner: house.owner("web"),
    answering: () => answeringOf(house),
    describe: describeItem,
    examples: EXAMPLES,
    mcpUrl,
  })
  return {
    ...web,
    close: () => {
      web.close()
      changes.close()
    },
  }
}

/** Who answers, as the page shows it. */
function answeringOf({ llm }: House): Answering {
  const models = llm.models().filter((it) => it.role === "fast")
  if (models.length === 0) return { kind: "command" }
  return {
    kind: "model",
    models: models.map(({ role, endpoint, model, breaker }) => ({
      role,
      endpoint,
      model,
      available: breaker !== "open",
    })),
  }
}

/** Once a day, jobs that ended ATELIER_KEEP_DAYS ago are forgotten, and the files that nothing else refers to go. */
function keepClean({ services, config, log, conversations }: House): { stop(): void } {
  const { artifacts, jobs, clock } = services
  const ending = new AbortController()
  const clean = async () => {
    try {
      ;(await conversations()).purge()
      const before = clock.now() - config.keepDays * 24 * 3_600_000
      for (let ids = jobs.purge(before); ids.length > 0; ids = jobs.purge(before)) {
        for (const id of ids) artifacts.unlink(`job:${id}`)
        await setImmediate(undefined, { signal: ending.signal })
      }
      const collected = await artifacts.collectGarbage({ keepDays: config.keepDays, signal: ending.signal })
      log.debug({ collected }, "cleaned up")
    } catch (error) {
      if (!ending.signal.aborted) log.warn({ err: error }, "cleaning up failed")
    }
  }
  const timer = setInterval(() => void clean(), CLEAN_EVERY_MS)
  timer.unref()
  return {
    stop: () => {
      clearInterval(timer)
      ending.abort()
    },
  }
}

function inWords(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  if (code === "EADDRINUSE")
    return new UserError(
      `Port ${port} on ${host} is taken.`,
      "Is the studio running already? Otherwise set ATELIER_PORT to another port (0 = any free one).",
      "conflict",
    )
  if (code === "EACCES" || code === "EADDRNOTAVAIL")
    return new UserError(
      `${host}:${port} cannot be listened on (${code}).`,
      "Set ATELIER_HOST and ATELIER_PORT to an address of this machine and a port above 1023.",
      "conflict",
    )
  return error
}
