import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { createAudit, type Actor } from "#src/platform/accounts/audit.ts"
import { higherRole, roleSchema } from "#src/platform/accounts/roles.ts"
import type { Db } from "#src/platform/store/db.ts"
import { newId } from "#src/platform/store/id.ts"
import { cut, oneLine } from "#src/platform/store/line.ts"
import type { Clock } from "#src/studio.ts"
import type { Role } from "#src/tool.ts"

export interface Account {
  id: string
  name: string
  /** BCP 47, only when the person set it. */
  locale: string | null
  createdAt: number
}

/** Somebody as a platform knows them: ("discord", guild, user), ("slack", team, user). */
export interface Identity {
  platform: string
  tenant: string
  externalId: string
}

export interface Accounts {
  /** Whoever sits at this machine: id "local", role admin; made on first use. */
  local(): Account
  get(id: string): Account | undefined
  find(identity: Identity): Account | undefined
  /** The account behind a platform identity; made on first sight. */
  forIdentity(identity: Identity, name: string): Account
  identities(accountId: string): Identity[]
  /** The higher of the account's role everywhere and its role in this tenant; "user" when neither is set. */
  role(accountId: string, tenant: string): Role
  /** `tenant` "*" = everywhere. Audited. Throws UserError "not_found". */
  setRole(by: Actor, accountId: string, tenant: string, role: Role, reason?: string): void
}

export const LOCAL_ACCOUNT = "local"
const EVERYWHERE = "*"
const ACCOUNT = "id, name, locale, created_at AS createdAt"

const accountRow = z.object({
  id: z.string(),
  name: z.string(),
  locale: z.string().nullable(),
  createdAt: z.number(),
})
const identityRow = z.object({ platform: z.string(), tenant: z.string(), externalId: z.string() })
const identityInput = z.object({
  platform: z.string().regex(/^[a-z]{1,32}$/),
  tenant: z.string().min(1).max(200),
  externalId: z.string().min(1).max(200),
})
const roleRow = z.object({ tenant: z.string(), role: roleSchema })

/** Who people are, however many platforms they come from, and what they may do. */
export function createAccounts(db: Db, clock: Clock): Accounts {
  const audit = createAudit(db, clock)

  const get = (id: string): Account | undefined =>
    db.get(accountRow, `SELECT ${ACCOUNT} FROM account WHERE id = :id`, { id })

  const add = (id: string, name: string, identity: Identity): Account => {
    const account = { id, name: cut(oneLine(name), 120) || "Somebody", locale: null, createdAt: clock.now() }
    db.run("INSERT INTO account (id, name, locale, created_at) VALUES (:id, :name, :locale, :createdAt)", account)
    db.run(
      `INSERT INTO identity (platform, tenant, external_id, account_id, created_at)
       VALUES (:platform, :tenant, :externalId, :id, :now)`,
      { ...identity, id, now: clock.now() },
    )
    return account
  }

  const putRole = (accountId: string, tenant: string, role: Role): void => {
    db.run(
      `INSERT INTO role (account_id, tenant, role, created_at) VALUES (:accountId, :tenant, :role, :now)
       ON CONFLICT (account_id, tenant) DO UPDATE SET role = excluded.role, created_at = excluded.created_at`,
      { accountId, tenant, role, now: clock.now() },
    )
  }

  const find = (identity: Identity): Account | undefined =>
    db.get(
      accountRow,
      `SELECT ${ACCOUNT} FROM account WHERE id = (SELECT account_id FROM identity
         WHERE platform = :platform AND tenant = :tenant AND external_id = :externalId)`,
      { ...identityInput.parse(identity) },
    )

  const roles = (accountId: string) =>
    db.all(roleRow, "SELECT tenant, role FROM role WHERE account_id = :accountId", { accountId })

  return {
    get,
    find,
    local: () =>
      get(LOCAL_ACCOUNT) ??
      db.tx(() => {
        const already = get(LOCAL_ACCOUNT)
        if (already) return already
        const account = add(LOCAL_ACCOUNT, "Owner", { platform: "local", tenant: "local", externalId: "owner" })
        putRole(account.id, EVERYWHERE, "admin")
        return account
      }),
    forIdentity: (identity, name) => find(identity) ?? db.tx(() => find(identity) ?? add(newId("acc"), name, identity)),
    identities: (accountId) =>
      db.all(
        identityRow,
        `SELECT platform, tenant, external_id AS externalId FROM identity WHERE account_id = :accountId
         ORDER BY created_at, platform, tenant, external_id LIMIT 100`,
        { accountId },
      ),
    role: (accountId, tenant) => {
      const held = roles(accountId).filter((row) => row.tenant === tenant || row.tenant === EVERYWHERE)
      return held.length ? held.map((row) => row.role).reduce(higherRole) : "user"
    },
    setRole: (by, accountId, tenant, role, reason) =>
      db.tx(() => {
        if (!get(accountId))
          throw new UserError(`There is no account "${accountId.slice(0, 80)}".`, "Check the id.", "not_found")
        const before = roles(accountId).find((row) => row.tenant === tenant)?.role
        putRole(accountId, tenant, roleSchema.parse(role))
        audit.record({
          actor: by,
          action: "role.set",
          target: `account:${accountId}`,
          before: { tenant, role: before ?? null },
          after: { tenant, role },
          ...(reason === undefined ? {} : { reason }),
        })
      }),
  }
}
