import { z } from "zod"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock, Surface } from "#src/studio.ts"

/** Who did something, and where. `id` is an account, or "system" for the studio itself. */
export interface Actor {
  id: string
  surface: Surface
}

export interface AuditEntry {
  actor: Actor
  /** "key.create", "role.set" … */
  action: string
  /** What it was done to: "account:…", "key:…". */
  target: string
  before?: unknown
  after?: unknown
  reason?: string
}

export interface AuditLine {
  id: number
  at: number
  actor: string
  surface: string
  action: string
  target: string
  before: unknown
  after: unknown
  reason: string
}

export interface Audit {
  record(entry: AuditEntry): void
  /** Newest first; at most 500. `action` may end with a star: "quota.*". */
  find(filter?: { actor?: string; target?: string; action?: string; limit?: number }): AuditLine[]
}

const json = z
  .string()
  .nullable()
  .transform((text): unknown => (text === null ? undefined : JSON.parse(text)))
const lineRow = z.object({
  id: z.number(),
  at: z.number(),
  actor: z.string(),
  surface: z.string(),
  action: z.string(),
  target: z.string(),
  before: json,
  after: json,
  reason: z.string(),
})

/** The append-only record of administrative acts; the database refuses changes to it. Never give it a secret. */
export function createAudit(db: Db, clock: Clock): Audit {
  return {
    record: ({ actor, action, target, before, after, reason = "" }) => {
      db.run(
        `INSERT INTO audit (at, actor, surface, action, target, before, after, reason)
         VALUES (:at, :actor, :surface, :action, :target, :before, :after, :reason)`,
        {
          at: clock.now(),
          actor: actor.id,
          surface: actor.surface,
          action,
          target,
          before: before === undefined ? null : JSON.stringify(before),
          after: after === undefined ? null : JSON.stringify(after),
          reason: reason.slice(0, 500),
        },
      )
    },
    find: (filter = {}) =>
      db.all(
        lineRow,
        `SELECT * FROM audit WHERE (:actor IS NULL OR actor = :actor) AND (:target IS NULL OR target = :target)
           AND (:action IS NULL OR action GLOB :action) ORDER BY id DESC LIMIT :limit`,
        {
          actor: filter.actor ?? null,
          target: filter.target ?? null,
          action: filter.action ?? null,
          limit: Math.max(1, Math.min(filter.limit ?? 50, 500)),
        },
      ),
  }
}
