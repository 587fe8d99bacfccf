import type { AddressInfo } from "node:net"
import type { Server as NodeServer } from "node:http"
import { createAdaptorServer } from "@hono/node-server"
import { Hono } from "hono"
import { scopeOf } from "#src/platform/accounts/scopes.ts"
import type { Config } from "#src/platform/config.ts"
import { createAuthority, type Authority, type VerifyKey } from "#src/platform/http/authority.ts"
import { guardProblem, needsKey } from "#src/platform/http/guard.ts"
import { notFound, withCors, withSecurity } from "#src/platform/http/responses.ts"
import { mcpHttpHandler, type McpHttp } from "#src/platform/mcp/http.ts"
import type { Mounted } from "#src/platform/mcp/conformance/mount.ts"
import { createStudioOffer, type McpParts } from "#src/platform/mcp/studio-offer.ts"
import { createMetrics, type Figure, type Metrics } from "#src/platform/metrics.ts"
import { VERSION } from "#src/platform/version.ts"
import type { Caller, Check } from "#src/studio.ts"
import type { Tool } from "#src/tool.ts"
import type { Registry } from "#tools/registry.ts"

export interface HttpOptions extends McpParts {
  config: Pick<Config, "host" | "port" | "publicUrl" | "auth" | "allowedOrigins">
  /** Whoever sends a request without a key, where none is needed. */
  owner: Omit<Caller, "surface">
  verifyKey: VerifyKey
  /** Serves GET and HEAD /files/*: bytes of artifacts by signed link. */
  files(request: Request): Promise<Response>
  /** Serves /work/*: files of attempts, for workers of other machines. Only where there may be some. */
  work?(request: Request): Promise<Response>
  /** Serves the pages (/view/:id and what they need); undefined for a path that is none. */
  pages(request: Request): Promise<Response | undefined>
  /** What must be well for the studio to take work. */
  ready(signal: AbortSignal): Promise<Check[]>
  /** What /metrics says beyond this process. */
  figures?: readonly Figure[]
  /** Serves the official conformance fixtures as well. */
  conformance?: boolean
}

export interface HttpServer {
  /** How the outside reaches it: the public URL, or where it listens. */
  url: string
  port: number
  close(): Promise<void>
}

const HEADERS_MS = 15_000
const REQUEST_MS = 60_000
/** A worker sends large files, perhaps over a slow line. Silence ends its request much sooner. */
const WORK_REQUEST_MS = 600_000
const MAX_HEADER_BYTES = 16 * 1024
const READY_MS = 2_000
/** Without these nothing can be accepted; without the rest some of it has to wait. */
const VITAL = new Set(["database", "data directory"])
/** How long requests in flight may take when the server is told to stop. */
const GRACE_MS = 1_000

/** Starts the HTTP server: MCP, files, pages, health and metrics. Nothing of the studio is loaded before it is asked for. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { config, log } = options
  const app = new Hono()
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: HEADERS_MS,
      requestTimeout: options.work ? WORK_REQUEST_MS : REQUEST_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
  }) as NodeServer // HTTP/1.1, since no other createServer is given
  const port = await listen(server, config)
  const url = config.publicUrl ?? `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`
  const authority = createAuthority(config, { url, owner: options.owner, verifyKey: options.verifyKey })
  const mcp = mcpHttpHandler(await mcpOptions(options, authority))
  mount(app, options, authority, mcp)
  log.info({ url, key: needsKey(config) ? "required" : "not needed on this machine" }, "listening")
  return { url, port, close: () => stop(server, mcp) }
}

async function mcpOptions(options: HttpOptions, authority: Authority): Promise<Parameters<typeof mcpHttpHandler>[0]> {
  const studio = createStudioOffer(options)
  const mounted: Mounted | { offer: typeof studio } = options.conformance
    ? (await import("#src/platform/mcp/conformance/mount.ts")).mountConformance(studio)
    : { offer: studio }
  return {
    ...mounted,
    log: options.log,
    challenge: authority.challenge,
    scopeOf: async (name) => {
      const registry = await options.registry()
      const tool = registry.get(name)
      return tool && neededScope(tool, registry)
    },
  }
}

function mount(app: Hono, options: HttpOptions, authority: Authority, mcp: McpHttp): void {
  const { config, log } = options
  let metrics: Promise<Metrics> | undefined
  app.use(async (context, next) => {
    const request = context.req.raw
    // Files and pages are read by browsers of any origin through signed links; only their host name is checked.
    const open = ["GET", "HEAD", "OPTIONS"].includes(request.method) && context.req.path !== "/mcp"
    const problem = guardProblem(open ? withoutOrigin(request) : request, config)
    if (problem) context.res = Response.json({ error: problem }, { status: 403 })
    else await next()
    context.res = withSecurity(context.res)
  })
  app.options("/mcp", (context) => withCors(context.req.raw, new Response(null, { status: 204 })))
  app.all("/mcp", async (context) => {
    const request = context.req.raw
    const who = await authority.authorize(request)
    return withCors(request, who instanceof Response ? who : await mcp.fetch(request, who))
  })
  const metadata = async () => authority.metadata(await scopesOf(options))
  app.get("/.well-known/oauth-protected-resource", metadata)
  app.get("/.well-known/oauth-protected-resource/mcp", metadata)
  app.get("/health/live", (context) => context.json({ status: "ok" }))
  app.get("/health/ready", async (context) => {
    const checks = await options.ready(AbortSignal.timeout(READY_MS))
    const failing = checks.filter((check) => check.state === "failing").map((check) => check.name)
    const isDown = failing.some((name) => VITAL.has(name))
    // Names and states only: the details are for people with a key.
    const states = Object.fromEntries(checks.map((check) => [check.name, check.state]))
    const status = isDown ? "failing" : failing.length > 0 ? "degraded" : "ok"
    return context.json({ status, version: VERSION, failing, checks: states }, isDown ? 503 : 200)
  })
  app.get("/metrics", async (context) => {
    const who = await authority.authorize(context.req.raw)
    if (who instanceof Response) return who
    if (who.caller.role !== "admin") return context.json({ error: "Metrics need the key of an admin." }, 403)
    metrics ??= createMetrics(options.figures ?? [])
    return new Response(await (await metrics).text(), { headers: { "content-type": (await metrics).contentType } })
  })
  app.on(["GET", "HEAD", "OPTIONS"], "/files/*", (context) => options.files(context.req.raw))
  const { work } = options
  if (work) app.on(["GET", "POST", "PUT"], "/work/*", (context) => work(context.req.raw))
  app.notFound(async (context) => (await options.pages(context.req.raw)) ?? notFound(context.req.raw))
  app.onError((error, context) => {
    log.error({ err: error, path: context.req.path }, "an HTTP request broke")
    return context.json({ error: "Something in the studio broke while answering this." }, 500)
  })
}

/** Help, status and following one's own jobs need no scope: a key for one family could not finish its work without them. */
function neededScope({ name, effect }: Tool, registry: Registry): string | undefined {
  const family = registry.familyOf(name)
  return family === "studio" && effect === "reads" ? undefined : scopeOf({ name: family, effect })
}

/** All scopes that a tool may ask for. */
async function scopesOf(options: HttpOptions): Promise<string[]> {
  const registry = await options.registry()
  const tools = registry.all.filter((tool) => tool.role !== "admin")
  const scopes = tools.map((tool) => neededScope(tool, registry)).filter((scope) => scope !== undefined)
  return [...new Set(scopes)].sort()
}

function withoutOrigin(request: Request): Request {
  const headers = new Headers(request.headers)
  headers.delete("origin")
  return new Request(request.url, { headers })
}

async function listen(server: NodeServer, { host, port }: HttpOptions["config"]): Promise<number> {
  const ready = Promise.withResolvers<void>()
  server.once("error", ready.reject)
  server.listen(port, host, () => ready.resolve())
  await ready.promise
  server.off("error", ready.reject)
  return (server.address() as AddressInfo).port // a TCP server has an address of this shape
}

/** Lets answers in flight finish for a while; streams that stay open for notifications end at once. */
async function stop(server: NodeServer, mcp: McpHttp): Promise<void> {
  const closed = Promise.withResolvers<void>()
  server.close(() => closed.resolve())
  await mcp.close()
  server.closeIdleConnections()
  const late = setTimeout(() => server.closeAllConnections(), GRACE_MS)
  await closed.promise
  clearTimeout(late)
}
