import { allows } from "#src/platform/accounts/scopes.ts"
import type { Config } from "#src/platform/config.ts"
import { needsKey } from "#src/platform/http/guard.ts"
import type { Authorized } from "#src/platform/mcp/http.ts"
import type { Caller } from "#src/studio.ts"
import type { Role } from "#src/tool.ts"

/** Who a bearer key stands for. */
export interface KeyHolder {
  accountId: string
  tenantId: string
  role: Role
  scopes: string[]
  keyId: string
  locale?: string
}

/** Undefined for every kind of wrong key: malformed, unknown, revoked, expired. */
export type VerifyKey = (token: string) => KeyHolder | undefined | Promise<KeyHolder | undefined>

export interface Authority {
  /** Who sends the request, or the 401 to answer with. */
  authorize(request: Request): Promise<Authorized | Response>
  /** The 403 for a key that does not cover `scope`; undefined when it does. */
  challenge(who: Authorized, scope: string): Response | undefined
  /** The document of RFC 9728. */
  metadata(scopes: readonly string[]): Response
}

/** Keys and what they may do. Without a key, and where none is needed, everybody is the owner. */
export function createAuthority(
  config: Pick<Config, "auth" | "host">,
  parts: { url: string; owner: Omit<Caller, "surface">; verifyKey: VerifyKey },
): Authority {
  const metadataUrl = `${parts.url}/.well-known/oauth-protected-resource/mcp`
  const required = needsKey(config)
  const refuse = (status: 401 | 403, error: string | undefined, extra = ""): Response => {
    const code = error === undefined ? "" : `error="${error}", `
    return Response.json(
      { error: error ?? "unauthorized", error_description: status === 401 ? MISSING : "The key does not cover this." },
      { status, headers: { "www-authenticate": `Bearer ${code}${extra}resource_metadata="${metadataUrl}"` } },
    )
  }
  return {
    authorize: async (request) => {
      const header = request.headers.get("authorization")
      if (header === null) return required ? refuse(401, undefined) : { caller: { ...parts.owner, surface: "http" } }
      const [, token] = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header) ?? []
      const holder = token === undefined ? undefined : await parts.verifyKey(token)
      if (!holder) return refuse(401, "invalid_token")
      const { scopes, ...caller } = holder
      return { caller: { ...caller, surface: "http" }, scopes }
    },
    challenge: (who, scope) =>
      who.scopes === undefined || allows(who.scopes, scope)
        ? undefined
        : refuse(403, "insufficient_scope", `scope="${scope}", `),
    metadata: (scopes) =>
      Response.json(
        {
          resource: `${parts.url}/mcp`,
          resource_name: "Atelier",
          // Keys are made by the operator ("atelier key create"): there is no authorization server to send people to.
          authorization_servers: [],
          bearer_methods_supported: ["header"],
          scopes_supported: scopes,
        },
        { headers: { "access-control-allow-origin": "*", "cache-control": "public, max-age=3600" } },
      ),
  }
}

const MISSING = 'Send a key as "Authorization: Bearer …". The operator makes one with: atelier key create'
