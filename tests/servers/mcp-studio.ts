import { loadView } from "#bots/web/mcp-app/view.ts"
import { serveArtifact } from "#src/platform/artifacts/serve.ts"
import { startHttp, type HttpOptions, type HttpServer } from "#src/platform/http/server.ts"
import type { McpParts, StudioCall } from "#src/platform/mcp/studio-offer.ts"
import { loadPrompts } from "#src/platform/prompts.ts"
import { testStudio, type TestStudio, type TestStudioOptions } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

export interface ServedStudio extends HttpServer {
  studio: TestStudio
  /** Where MCP is served. */
  mcp: URL
  /** The calls that reached the studio, in order. */
  calls: StudioCall[]
}

export interface ServeOptions extends TestStudioOptions {
  /** Instead of the tools of the switched-on families. */
  registry?: Registry
  conformance?: boolean
  http?: Partial<HttpOptions>
}

/** What MCP needs of a test studio. */
export function mcpParts(studio: TestStudio, registry?: Registry, calls: StudioCall[] = []): McpParts {
  const loaded = registry ? Promise.resolve(registry) : loadRegistry(studio.config.families)
  return {
    registry: () => loaded,
    views: loadView,
    prompts: () => loadPrompts(),
    log: studio.services.log,
    studioFor: (call) => {
      calls.push(call)
      return { ...studio.call(call.caller, call), progress: call.progress }
    },
  }
}

/** The real HTTP server on a free port, over a real studio in a temporary directory. */
export async function serveStudio(options: ServeOptions = {}): Promise<ServedStudio> {
  const studio = await testStudio({ ...options, env: { ATELIER_PORT: "0", ...options.env } })
  const calls: StudioCall[] = []
  const server = await startHttp({
    ...mcpParts(studio, options.registry, calls),
    config: studio.config,
    owner: { accountId: "local", tenantId: "local", role: "admin" },
    verifyKey: (token) => studio.keys.verify(token),
    files: (request) => serveArtifact(request, studio.services),
    pages: () => Promise.resolve(undefined),
    ready: () => Promise.resolve([{ name: "database", state: "ok", detail: "fine" }]),
    conformance: options.conformance ?? false,
    ...options.http,
  })
  return {
    ...server,
    studio,
    calls,
    mcp: new URL("/mcp", server.url),
    close: async () => {
      await server.close()
      await studio.close()
    },
  }
}
