import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { isZone } from "#src/platform/quota/spans.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

export interface TenantZone {
  tenantId: string
  /** IANA. */
  zone: string
  setBy: string
  setAt: number
}

/** In which zone the days of a tenant begin. */
export interface Zones {
  of(tenantId: string): string
  /** Returns the zone before. Throws UserError for what is no zone. Holds keep the hour that they were made with. */
  set(input: { tenantId: string; zone: string; by: string }): string
  list(): TenantZone[]
}

const zoneRow = z.object({ tenantId: z.string(), zone: z.string(), setBy: z.string(), setAt: z.number() })
const SELECT = "SELECT tenant_id AS tenantId, zone, set_by AS setBy, set_at AS setAt FROM quota_zone"

export function createZones(db: Db, clock: Clock, fallback: string): Zones {
  const of = (tenantId: string) =>
    db.get(zoneRow, `${SELECT} WHERE tenant_id = :tenantId`, { tenantId })?.zone ?? fallback
  return {
    of,
    set: ({ tenantId, zone, by }) => {
      if (!isZone(zone))
        throw new UserError(
          `"${zone.slice(0, 80)}" is not a time zone.`,
          "Use the name of an IANA zone, such as Europe/Berlin, America/New_York or UTC.",
        )
      const before = of(tenantId)
      db.run(
        `INSERT INTO quota_zone (tenant_id, zone, set_by, set_at) VALUES (:tenantId, :zone, :by, :now)
         ON CONFLICT DO UPDATE SET zone = :zone, set_by = :by, set_at = :now`,
        { tenantId, zone, by, now: clock.now() },
      )
      return before
    },
    list: () => db.all(zoneRow, `${SELECT} ORDER BY tenant_id LIMIT 500`),
  }
}
