import { createHash, randomBytes } from "node:crypto"
import { z } from "zod"
import { UserError } from "#src/errors.ts"
import type { Accounts } from "#src/platform/accounts/accounts.ts"
import type { ApiKey, Keys } from "#src/platform/accounts/keys.ts"
import { lowerRole } from "#src/platform/accounts/roles.ts"
import type { Db } from "#src/platform/store/db.ts"
import { newId } from "#src/platform/store/id.ts"
import type { Clock } from "#src/studio.ts"
import type { Role } from "#src/tool.ts"

/** A browser that may use the studio as somebody. */
export interface WebSession {
  id: string
  accountId: string
  tenantId: string
  /** The key it was opened with; null when it was a link. */
  keyId: string | null
  createdAt: number
  lastUsedAt: number
  expiresAt: number
}

/** A session with what its owner may do now. */
export interface ActiveSession extends WebSession {
  role: Role
}

export interface OpenedSession {
  session: WebSession
  /** What the cookie holds; in this answer and nowhere else. */
  secret: string
}

export interface Sessions {
  /** A token that opens one session as this account, once, within a day. */
  createLink(who: { accountId: string; tenantId: string }): string
  /** Uses a token up; undefined for every kind of wrong one: malformed, unknown, used, expired. */
  redeem(token: string): OpenedSession | undefined
  /** Opens a session with an API key that may do everything its owner may. Throws UserError "unauthorized" or "forbidden". */
  signIn(key: string): OpenedSession
  /** Undefined for every kind of wrong secret, and when the key behind the session works no more. */
  find(secret: string): ActiveSession | undefined
  /** Whether a session found earlier still stands. */
  stands(id: string): boolean
  /** Most recently used first. */
  list(accountId: string): WebSession[]
  /** Throws UserError "not_found" for what is not a session of this account. */
  revoke(accountId: string, id: string): void
}

export interface SessionParts {
  db: Db
  clock: Clock
  accounts: Pick<Accounts, "role">
  keys: Pick<Keys, "verify" | "list">
}

const DAY_MS = 24 * 3_600_000
const LINK_MS = DAY_MS
/** A session ends this long after it was last used. */
const IDLE_MS = 30 * DAY_MS
/** A busy page must not cost one disk write per request. */
const TOUCH_MS = 60_000
const MAX_SESSIONS = 50
const MAX_LINKS = 100
// 256 random bits in base64url.
const TOKEN = /^[A-Za-z0-9_-]{43}$/

const SESSION = `id, account_id AS accountId, tenant AS tenantId, key_id AS keyId, created_at AS createdAt,
  last_used_at AS lastUsedAt, expires_at AS expiresAt`
const sessionRow = z.object({
  id: z.string(),
  accountId: z.string(),
  tenantId: z.string(),
  keyId: z.string().nullable(),
  createdAt: z.number(),
  lastUsedAt: z.number(),
  expiresAt: z.number(),
})
const linkRow = z.object({ accountId: z.string(), tenantId: z.string() })

/** Sessions of browsers. Only hashes are stored, so a copy of the database opens nothing. */
export function createSessions({ db, clock, accounts, keys }: SessionParts): Sessions {
  const open = (who: { accountId: string; tenantId: string; keyId: string | null }): OpenedSession => {
    const now = clock.now()
    const secret = newToken()
    const times = { createdAt: now, lastUsedAt: now, expiresAt: now + IDLE_MS }
    const { accountId, tenantId, keyId } = who
    const session: WebSession = { id: newId("web"), accountId, tenantId, keyId, ...times }
    db.tx(() => {
      db.run(
        `INSERT INTO web_session (id, hash, account_id, tenant, key_id, created_at, last_used_at, expires_at)
         VALUES (:id, :hash, :accountId, :tenantId, :keyId, :createdAt, :lastUsedAt, :expiresAt)`,
        { ...session, hash: hashOf(secret) },
      )
      db.run(
        `DELETE FROM web_session WHERE expires_at <= :now OR (account_id = :accountId AND id NOT IN (
           SELECT id FROM web_session WHERE account_id = :accountId ORDER BY last_used_at DESC, id LIMIT ${MAX_SESSIONS}))`,
        { now, accountId },
      )
    })
    return { session, secret }
  }

  const touch = (session: WebSession, now: number): void => {
    try {
      db.run("UPDATE web_session SET last_used_at = :now, expires_at = :expiresAt WHERE id = :id", {
        id: session.id,
        now,
        expiresAt: now + IDLE_MS,
      })
    } catch (error) {
      // A full or busy disk must not lock people out.
      if (!(error instanceof UserError)) throw error
    }
  }

  /** What the owner of a session may do now; undefined when its key was revoked or has expired. */
  const roleNow = ({ accountId, tenantId, keyId }: WebSession, now: number): Role | undefined => {
    const role = accounts.role(accountId, tenantId)
    if (keyId === null) return role
    const key = keys.list(accountId).find((it) => it.id === keyId)
    return key && works(key, now) ? lowerRole(key.role, role) : undefined
  }

  const active = (session: WebSession | undefined): ActiveSession | undefined => {
    const now = clock.now()
    if (!session || session.expiresAt <= now) return undefined
    const role = roleNow(session, now)
    return role && { ...session, role }
  }

  return {
    createLink: ({ accountId, tenantId }) => {
      const token = newToken()
      const now = clock.now()
      db.tx(() => {
        db.run(
          `DELETE FROM web_link WHERE expires_at <= :now OR hash NOT IN
             (SELECT hash FROM web_link ORDER BY expires_at DESC, hash LIMIT ${MAX_LINKS - 1})`,
          { now },
        )
        db.run(
          "INSERT INTO web_link (hash, account_id, tenant, expires_at) VALUES (:hash, :accountId, :tenantId, :expiresAt)",
          { hash: hashOf(token), accountId, tenantId, expiresAt: now + LINK_MS },
        )
      })
      return token
    },
    redeem: (token) => {
      if (!TOKEN.test(token)) return undefined
      return db.tx(() => {
        const given = { hash: hashOf(token), now: clock.now() }
        const link = db.get(
          linkRow,
          "SELECT account_id AS accountId, tenant AS tenantId FROM web_link WHERE hash = :hash AND expires_at > :now",
          given,
        )
        if (!link) return undefined
        db.run("DELETE FROM web_link WHERE hash = :hash", { hash: given.hash })
        return open({ ...link, keyId: null })
      })
    },
    signIn: (key) => {
      const holder = keys.verify(key)
      if (!holder)
        throw new UserError(
          "This key is not valid.",
          "Copy it again, whole, or make a new one with: atelier key create <name>",
          "unauthorized",
        )
      if (!holder.scopes.includes("*"))
        throw new UserError(
          `This key is limited to ${holder.scopes.join(", ").slice(0, 200)}.`,
          "The page needs a key with the scope *.",
          "forbidden",
        )
      return open(holder)
    },
    find: (secret) => {
      if (!TOKEN.test(secret)) return undefined
      const found = active(
        db.get(sessionRow, `SELECT ${SESSION} FROM web_session WHERE hash = :hash`, { hash: hashOf(secret) }),
      )
      const now = clock.now()
      if (found && now - found.lastUsedAt >= TOUCH_MS) touch(found, now)
      return found
    },
    stands: (id) =>
      active(db.get(sessionRow, `SELECT ${SESSION} FROM web_session WHERE id = :id`, { id })) !== undefined,
    list: (accountId) =>
      db.all(
        sessionRow,
        `SELECT ${SESSION} FROM web_session WHERE account_id = :accountId AND expires_at > :now
         ORDER BY last_used_at DESC, id LIMIT ${MAX_SESSIONS}`,
        { accountId, now: clock.now() },
      ),
    revoke: (accountId, id) => {
      if (db.run("DELETE FROM web_session WHERE id = :id AND account_id = :accountId", { id, accountId }) === 0)
        throw new UserError("There is no such session.", "It may have ended already.", "not_found")
    },
  }
}

function works(key: ApiKey, now: number): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now)
}

const newToken = () => randomBytes(32).toString("base64url")
/** A plain hash is enough: the token is 256 random bits, so it cannot be guessed. */
const hashOf = (token: string) => createHash("sha256").update(token).digest("hex")
