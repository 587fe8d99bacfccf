import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { roleSchema } from "#src/platform/accounts/roles.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Role } from "#src/tool.ts"

/** Questions about people that are asked when they themselves are not there. */
export interface People {
  /** The account that an admin means: its id, `platform:id` of an identity, or its name when only one has it. */
  find(text: string): { id: string; name: string }
  /** Undefined when the account is gone. */
  nameOf(accountId: string): string | undefined
  /** Roles the account was given, everywhere or in this tenant; "user" when none. */
  roles(accountId: string, tenantId: string): Role[]
  /** Whether it is an admin of the whole studio, and not of one tenant only. */
  isStudioAdmin(accountId: string): boolean
  /** The tenant of its first identity; "local" when it has none. */
  homeOf(accountId: string): string
}

const LOCAL_TENANT = "local"
const MOST_NAMED = 5

const idRow = z.object({ id: z.string(), name: z.string() })

export function createPeople(db: Db): People {
  const found = (condition: string, it: string) =>
    db.all(idRow, `SELECT id, name FROM account WHERE ${condition} ORDER BY created_at LIMIT ${MOST_NAMED + 1}`, { it })
  const byIdentity = (text: string) => {
    const [, platform, externalId] = /^([a-z]{1,32}):(.{1,200})$/.exec(text) ?? []
    if (!platform || !externalId) return []
    return db.all(
      idRow,
      `SELECT DISTINCT a.id, a.name FROM identity i JOIN account a ON a.id = i.account_id
       WHERE i.platform = :platform AND (i.external_id = :externalId OR i.tenant || ':' || i.external_id = :externalId)
       LIMIT ${MOST_NAMED + 1}`,
      { platform, externalId },
    )
  }
  return {
    find: (text) => {
      const wanted = text.trim()
      const [exact] = found("id = :it", wanted)
      if (exact) return exact
      const matching = [...byIdentity(wanted), ...found("lower(name) = lower(:it)", wanted)]
      const [first] = matching
      if (first && matching.every((one) => one.id === first.id)) return first
      const shown = matching.slice(0, MOST_NAMED).map((one) => `${one.id} (${one.name})`)
      throw new UserError(
        first ? `Several accounts are called "${cut(wanted)}".` : `There is no account "${cut(wanted)}".`,
        first
          ? `Give the id of one: ${shown.join(", ")}.`
          : "Give the id of an account, its exact name, or platform:id, such as discord:80351110224678912.",
        "not_found",
      )
    },
    nameOf: (accountId) => found("id = :it", accountId)[0]?.name,
    roles: (accountId, tenantId) => {
      const held = db.all(
        z.object({ role: roleSchema }),
        "SELECT role FROM role WHERE account_id = :accountId AND (tenant = :tenantId OR tenant = '*')",
        { accountId, tenantId },
      )
      return held.length > 0 ? [...new Set(held.map((row) => row.role))] : ["user"]
    },
    isStudioAdmin: (accountId) =>
      db.get(
        z.object({ n: z.number() }),
        "SELECT count(*) AS n FROM role WHERE account_id = :accountId AND tenant = '*' AND role = 'admin'",
        { accountId },
      )?.n === 1,
    homeOf: (accountId) =>
      db.get(
        z.object({ tenant: z.string() }),
        "SELECT tenant FROM identity WHERE account_id = :accountId ORDER BY created_at, platform, tenant LIMIT 1",
        { accountId },
      )?.tenant ?? LOCAL_TENANT,
  }
}

const cut = (text: string) => text.slice(0, 80)
