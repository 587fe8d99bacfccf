import type { Config } from "#src/platform/config.ts"

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"])

/** Whether only programs of this machine can reach a server bound to `host`. */
export function isLoopback(host: string): boolean {
  return host === "::1" || LOOPBACK.has(host) || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

/** Keys are needed when asked for, and always when other machines can reach the server. */
export function needsKey(config: Pick<Config, "auth" | "host">): boolean {
  return config.auth === "on" || !isLoopback(config.host)
}

/**
 * Protects against pages that reach a local server through the browser (DNS rebinding): what is wrong with the Host or
 * Origin header, in words; undefined when they are fine.
 */
export function guardProblem(
  request: Request,
  config: Pick<Config, "host" | "publicUrl" | "allowedOrigins">,
): string | undefined {
  const names = ownNames(config)
  const host = hostnameOf(`http://${request.headers.get("host") ?? ""}`)
  // Bound to all addresses without a public URL, the server cannot know its names; every request needs a key then.
  const anyHost = !isLoopback(config.host) && config.publicUrl === undefined
  if (host === undefined || !(anyHost || names.has(host))) return "This host name is not one of the studio's."
  const origin = request.headers.get("origin")
  if (origin === null || config.allowedOrigins.includes(origin)) return undefined
  const from = hostnameOf(origin)
  return from !== undefined && names.has(from) ? undefined : "Pages of this origin may not use the studio."
}

function ownNames({ host, publicUrl }: Pick<Config, "host" | "publicUrl">): Set<string> {
  const names = new Set(LOOPBACK)
  names.add(host.includes(":") && !host.startsWith("[") ? `[${host}]` : host)
  const published = publicUrl && hostnameOf(publicUrl)
  if (published) names.add(published)
  return names
}

function hostnameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname || undefined : undefined
}
