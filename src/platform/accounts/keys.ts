import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { createAccounts } from "#src/platform/accounts/accounts.ts"
import { createAudit, type Actor } from "#src/platform/accounts/audit.ts"
import { lowerRole, roleSchema } from "#src/platform/accounts/roles.ts"
import { checkScopes } from "#src/platform/accounts/scopes.ts"
import type { Db } from "#src/platform/store/db.ts"
import { newId } from "#src/platform/store/id.ts"
import { oneLine } from "#src/platform/store/line.ts"
import type { Clock } from "#src/studio.ts"
import type { Role } from "#src/tool.ts"

/** What may be shown of a key. */
export interface ApiKey {
  id: string
  accountId: string
  tenantId: string
  name: string
  /** The first characters of the token, to tell keys apart. */
  prefix: string
  role: Role
  scopes: string[]
  createdAt: number
  expiresAt: number | null
  revokedAt: number | null
  lastUsedAt: number | null
}

/** Who a request with a valid key is. */
export interface KeyHolder {
  keyId: string
  accountId: string
  tenantId: string
  role: Role
  scopes: string[]
}

export interface Keys {
  /** The token is in this answer and nowhere else. Audited. */
  create(
    by: Actor,
    input: { accountId: string; tenantId?: string; name: string; role: Role; scopes: string[]; expiresAt?: number },
  ): { key: ApiKey; token: string }
  /** Newest first; of one account, or all. */
  list(accountId?: string): ApiKey[]
  /** By id or prefix; a second time changes nothing. Audited. Throws UserError "not_found". */
  revoke(by: Actor, idOrPrefix: string, reason?: string): ApiKey
  /** Undefined for every kind of wrong token: malformed, unknown, revoked, expired. */
  verify(token: string): KeyHolder | undefined
}

// 320 random bits: 48 of them are shown as the prefix, 272 stay secret.
const TOKEN_BYTES = 40
const TOKEN = /^atl_[A-Za-z0-9_-]{54}$/
const PREFIX_LENGTH = 12
/** A busy key must not cost one disk write per request. */
const LAST_USED_STEP_MS = 60_000
const MAX_KEYS = 1_000

const KEY = `id, account_id AS accountId, tenant AS tenantId, name, prefix, role, scopes, created_at AS createdAt,
  expires_at AS expiresAt, revoked_at AS revokedAt, last_used_at AS lastUsedAt`
const keyRow = z.object({
  id: z.string(),
  accountId: z.string(),
  tenantId: z.string(),
  name: z.string(),
  prefix: z.string(),
  role: roleSchema,
  scopes: z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text))),
  createdAt: z.number(),
  expiresAt: z.number().nullable(),
  revokedAt: z.number().nullable(),
  lastUsedAt: z.number().nullable(),
})
const secretRow = keyRow.extend({ hash: z.string() })
const NO_HASH = Buffer.alloc(32)

/** Bearer keys for programs. */
export function createKeys(db: Db, clock: Clock): Keys {
  const audit = createAudit(db, clock)
  const accounts = createAccounts(db, clock)

  const create: Keys["create"] = (by, input) => {
    const now = clock.now()
    const name = oneLine(input.name)
    if (name.length === 0 || name.length > 120)
      throw new UserError(`A key name of ${name.length} characters does not work.`, "Give it 1 to 120 characters.")
    if (input.expiresAt !== undefined && input.expiresAt <= now)
      throw new UserError("This key would have expired already.", "Give an expiry in the future, or none.")
    if (!accounts.get(input.accountId))
      throw new UserError(`There is no account "${input.accountId.slice(0, 80)}".`, "Check the id.", "not_found")
    const token = `atl_${randomBytes(TOKEN_BYTES).toString("base64url")}`
    const key: ApiKey = {
      id: newId("key"),
      accountId: input.accountId,
      tenantId: input.tenantId ?? "local",
      name,
      prefix: token.slice(0, PREFIX_LENGTH),
      role: roleSchema.parse(input.role),
      scopes: checkScopes(input.scopes),
      createdAt: now,
      expiresAt: input.expiresAt ?? null,
      revokedAt: null,
      lastUsedAt: null,
    }
    db.tx(() => {
      const { scopes, revokedAt: _, lastUsedAt: __, ...row } = key
      db.run(
        `INSERT INTO api_key (id, account_id, tenant, name, prefix, hash, role, scopes, created_at, expires_at)
         VALUES (:id, :accountId, :tenantId, :name, :prefix, :hash, :role, :scopes, :createdAt, :expiresAt)`,
        { ...row, hash: digest(token).toString("hex"), scopes: JSON.stringify(scopes) },
      )
      const { role, expiresAt } = key
      audit.record({
        actor: by,
        action: "key.create",
        target: `key:${key.id}`,
        after: { name, role, scopes, expiresAt },
      })
    })
    return { key, token }
  }

  const revoke: Keys["revoke"] = (by, idOrPrefix, reason) =>
    db.tx(() => {
      const matching = db.all(keyRow, `SELECT ${KEY} FROM api_key WHERE id = :it OR prefix = :it LIMIT 2`, {
        it: idOrPrefix,
      })
      const [key] = matching
      if (!key || matching.length > 1)
        throw new UserError(
          `There is ${key ? "more than one" : "no"} key "${idOrPrefix.slice(0, 40)}".`,
          "List the keys and give the id of one.",
          "not_found",
        )
      if (key.revokedAt !== null) return key
      const revokedAt = clock.now()
      db.run("UPDATE api_key SET revoked_at = :revokedAt WHERE id = :id", { id: key.id, revokedAt })
      audit.record({
        actor: by,
        action: "key.revoke",
        target: `key:${key.id}`,
        ...(reason === undefined ? {} : { reason }),
      })
      return { ...key, revokedAt }
    })

  const verify: Keys["verify"] = (token) => {
    if (!TOKEN.test(token)) return undefined
    const given = digest(token)
    const candidates = db.all(secretRow, `SELECT ${KEY}, hash FROM api_key WHERE prefix = :prefix LIMIT 8`, {
      prefix: token.slice(0, PREFIX_LENGTH),
    })
    // One comparison happens even when nothing has this prefix, so that time tells nothing.
    if (candidates.length === 0) timingSafeEqual(given, NO_HASH)
    const key = candidates.find((row) => timingSafeEqual(given, Buffer.from(row.hash, "hex")))
    const now = clock.now()
    if (!key || key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= now)) return undefined
    if (key.lastUsedAt === null || now - key.lastUsedAt >= LAST_USED_STEP_MS) touch(key.id, now)
    // A key never does more than its owner may do now.
    const role = lowerRole(key.role, accounts.role(key.accountId, key.tenantId))
    return { keyId: key.id, accountId: key.accountId, tenantId: key.tenantId, role, scopes: key.scopes }
  }

  /** A full or busy disk must not lock people out. */
  const touch = (id: string, now: number): void => {
    try {
      db.run("UPDATE api_key SET last_used_at = :now WHERE id = :id", { id, now })
    } catch (error) {
      if (!(error instanceof UserError)) throw error
    }
  }

  return {
    create,
    revoke,
    verify,
    list: (accountId) =>
      db.all(
        keyRow,
        `SELECT ${KEY} FROM api_key WHERE :accountId IS NULL OR account_id = :accountId
         ORDER BY created_at DESC, id LIMIT ${MAX_KEYS}`,
        { accountId: accountId ?? null },
      ),
  }
}

const digest = (token: string) => createHash("sha256").update(token).digest()
