import type { Conversations } from "#src/conversation/conversation.ts"
import { createWebApi, type WebApi } from "#bots/web/api/api.ts"
import type { WebApiOptions } from "#bots/web/api/parts.ts"
import { createPages } from "#bots/web/pages.ts"
import { createSessions } from "#bots/web/session.ts"
import { serveArtifact } from "#src/platform/artifacts/serve.ts"
import { createChanges } from "#src/platform/changes.ts"
import { startHttp } from "#src/platform/http/server.ts"
import type { StudioEvent } from "#bots/web/api/types.ts"
import { echoTalk, type Talk } from "#tests/bots/web/api/talk.ts"
import { mcpParts } from "#tests/servers/mcp-studio.ts"
import { testStudio, type TestStudio, type TestStudioOptions } from "#tests/studio.ts"

/** A browser: keeps its cookie, and sends what a page of the studio would send. */
export interface Browser {
  cookie: string
  get(path: string, headers?: Record<string, string>): Promise<Response>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  upload(name: string, body: BodyInit, headers?: Record<string, string>): Promise<Response>
  events(query?: string, headers?: Record<string, string>): Promise<Listening>
}

export interface Heard {
  id: string | undefined
  event: StudioEvent
}

export interface Listening {
  heard: Heard[]
  /** Reads on to the next event that fits. */
  until(fits: (event: StudioEvent) => boolean): Promise<StudioEvent>
  /** Reads on until each of them was heard, in whatever order. */
  untilAll(...fits: ((event: StudioEvent) => boolean)[]): Promise<void>
  close(): Promise<void>
}

export interface WebRig {
  url: string
  studio: TestStudio
  talk: Talk
  web: WebApi
  /** A browser that came in by a link as this account; by default the owner. */
  browser(accountId?: string): Promise<Browser>
  /** A browser without a session. */
  stranger(): Browser
  close(): Promise<void>
}

export interface WebRigOptions extends TestStudioOptions {
  web?: Partial<WebApiOptions>
  /** The real conversations over the rig's studio, instead of the echo. */
  conversations?(studio: TestStudio): Conversations
}

/** The web API on the real HTTP server, over a studio of real parts. */
export async function webRig(options: WebRigOptions = {}): Promise<WebRig> {
  const studio = await testStudio({ file: true, ...options, env: { ATELIER_PORT: "0", ...options.env } })
  const { services, db, clock, accounts, keys, config } = studio
  const talk = echoTalk({ clock, items: services.items })
  const changes = createChanges({ db, items: services.items, jobs: services.jobs, log: services.log })
  const sessions = createSessions({ db, clock, accounts, keys })
  const parts = mcpParts(studio)
  const web = createWebApi({
    services,
    registry: parts.registry,
    studioFor: (call) => ({ ...studio.call(call.caller, call), progress: call.progress }),
    conversations: options.conversations?.(studio) ?? talk,
    sessions,
    changes,
    accounts,
    db,
    owner: { accountId: "local", tenantId: "local", role: "admin", surface: "web" },
    answering: () => ({ kind: "command" }),
    describe: () => Promise.resolve(undefined),
    examples: ["a ring"],
    mcpUrl: () => "/mcp",
    ...options.web,
  })
  const pages = await createPages({ artifacts: services.artifacts })
  const server = await startHttp({
    ...parts,
    config,
    owner: { accountId: "local", tenantId: "local", role: "admin" },
    verifyKey: (token) => keys.verify(token),
    files: (request) => serveArtifact(request, services),
    pages: async (request) => (await web.fetch(request)) ?? pages(request),
    ready: () => Promise.resolve([]),
  })
  const { url } = server
  return {
    url,
    studio,
    talk,
    web,
    stranger: () => browse(url, ""),
    browser: async (accountId = "local") => {
      const token = sessions.createLink({ accountId, tenantId: "local" })
      const answer = await fetch(`${url}/?token=${token}`, { redirect: "manual" })
      return browse(url, cookieFrom(answer))
    },
    close: async () => {
      web.close()
      changes.close()
      await server.close()
      await studio.close()
    },
  }
}

export function cookieFrom(answer: Response): string {
  return answer.headers.getSetCookie()[0]?.split(";")[0] ?? ""
}

function browse(url: string, cookie: string): Browser {
  const own = (headers: Record<string, string>) => ({ cookie, origin: url, "x-atelier": "1", ...headers })
  return {
    cookie,
    get: (path, headers = {}) => fetch(url + path, { headers: { cookie, ...headers } }),
    post: (path, body, headers = {}) =>
      fetch(url + path, {
        method: "POST",
        body: JSON.stringify(body),
        headers: own({ "content-type": "application/json", ...headers }),
      }),
    upload: (name, body, headers = {}) =>
      fetch(`${url}/api/files?name=${encodeURIComponent(name)}`, { method: "POST", body, headers: own(headers) }),
    events: async (query = "", headers = {}) => {
      const ending = new AbortController()
      const answer = await fetch(`${url}/api/events${query}`, {
        headers: { cookie, ...headers },
        signal: ending.signal,
      })
      if (answer.status !== 200 || !answer.body) throw new Error(`events: ${answer.status} ${await answer.text()}`)
      return listenTo(answer.body.pipeThrough(new TextDecoderStream()), ending)
    },
  }
}

function listenTo(body: ReadableStream<string>, ending: AbortController): Listening {
  const reader = body.getReader()
  const heard: Heard[] = []
  let rest = ""
  let judged = 0
  const read = async () => {
    const { done, value } = await reader.read()
    if (done) throw new Error("the event stream ended")
    const blocks = (rest + value).split("\n\n")
    rest = blocks.pop() ?? ""
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1]
      if (data === undefined) continue
      heard.push({ id: /^id: (.*)$/m.exec(block)?.[1], event: JSON.parse(data) as StudioEvent })
    }
  }
  return {
    heard,
    until: async (fits) => {
      for (;;) {
        for (; judged < heard.length; judged++) {
          const event = heard[judged]?.event
          if (event && fits(event)) {
            judged++
            return event
          }
        }
        await read()
      }
    },
    untilAll: async (...fits) => {
      while (!fits.every((fit) => heard.some(({ event }) => fit(event)))) await read()
    },
    close: async () => {
      ending.abort()
      await reader.cancel().catch(() => {})
    },
  }
}
