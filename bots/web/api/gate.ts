import type { WebApiOptions, Visit } from "#bots/web/api/parts.ts"
import type { OpenedSession } from "#bots/web/session.ts"
import { UserError } from "#src/errors.ts"
import type { Config } from "#src/platform/config.ts"
import { isLoopback } from "#src/platform/http/guard.ts"

const SAFE = new Set(["GET", "HEAD"])
const COOKIE_S = 30 * 24 * 3_600

/** Who sends the request, by its cookie. Throws UserError "unauthorized". */
export function visitOf(request: Request, options: WebApiOptions): Visit {
  const { sessions, accounts, owner, services } = options
  const secret = cookieOf(request, cookieName(request, services.config))
  const session = secret === undefined ? undefined : sessions.find(secret)
  if (!session)
    throw new UserError(
      "This browser has no session with the studio.",
      'Open the link that "atelier start" prints; it works once. Or sign in with an API key.',
      "unauthorized",
    )
  const { accountId, tenantId, role, keyId } = session
  const locale = accounts.get(accountId)?.locale ?? (accountId === owner.accountId ? owner.locale : undefined)
  return {
    session,
    caller: {
      accountId,
      tenantId,
      role,
      surface: "web",
      ...(locale ? { locale } : {}),
      ...(keyId === null ? {} : { keyId }),
    },
  }
}

/**
 * Refuses what other pages make a browser send: the cookie alone proves nothing, since pages on other ports of this machine
 * count as the same site. Throws UserError "forbidden".
 */
export function refuseForeign(request: Request, config: Pick<Config, "publicUrl">): void {
  const site = request.headers.get("sec-fetch-site")
  if (site !== null && site !== "same-origin" && site !== "none") throw foreign()
  if (SAFE.has(request.method)) return
  if (!isOwnOrigin(request, config)) throw foreign()
  if (request.headers.get("x-atelier") !== "1")
    throw new UserError("The header X-Atelier: 1 is missing.", "Pages of the studio send it.", "forbidden")
}

function foreign(): UserError {
  return new UserError("Only pages of the studio itself may do this.", "Open the studio in this browser.", "forbidden")
}

/** Behind a proxy the browser knows the studio by its public address, otherwise by the name it asked for. */
function isOwnOrigin(request: Request, { publicUrl }: Pick<Config, "publicUrl">): boolean {
  const given = request.headers.get("origin") ?? ""
  if (!URL.canParse(given)) return false
  const origin = new URL(given)
  if (publicUrl !== undefined && origin.origin === new URL(publicUrl).origin) return true
  const isDirect = publicUrl === undefined || isLoopback(origin.hostname)
  return isDirect && origin.host === request.headers.get("host")
}

/** The cookie that holds a new session: unreadable for scripts, and never sent along from other sites. */
export function sessionCookie(request: Request, config: Pick<Config, "publicUrl">, opened: OpenedSession): string {
  return cookie(request, config, opened.secret, COOKIE_S)
}

export function endCookie(request: Request, config: Pick<Config, "publicUrl">): string {
  return cookie(request, config, "", 0)
}

function cookie(request: Request, config: Pick<Config, "publicUrl">, value: string, maxAge: number): string {
  const secure = isPublic(request, config) ? "; Secure" : ""
  return `${cookieName(request, config)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAge}${secure}`
}

/** Browsers do not keep cookies of different ports apart, so two studios on one machine need different names. */
function cookieName(request: Request, config: Pick<Config, "publicUrl">): string {
  if (isPublic(request, config)) return "__Host-atelier"
  const host = request.headers.get("host") ?? ""
  return `atelier_${/:(\d{1,5})$/.exec(host)?.[1] ?? "80"}`
}

function isPublic(request: Request, { publicUrl }: Pick<Config, "publicUrl">): boolean {
  if (!publicUrl?.startsWith("https:")) return false
  return new URL(publicUrl).host === request.headers.get("host")
}

function cookieOf(request: Request, name: string): string | undefined {
  const pairs = request.headers.get("cookie")?.split(";") ?? []
  return pairs
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1)
}
