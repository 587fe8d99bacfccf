import { z } from "zod"
import type { GpuServer } from "#src/platform/queue/schedule.fit.ts"
import { isOnTrial } from "#src/platform/servers/breaker.ts"
import { allServers, runningByServer, vramOf, type ServerRow } from "#src/platform/servers/rows.ts"
import type { Db } from "#src/platform/store/db.ts"

/** A server as the choice sees it, with what people are told of it. */
export interface KnownServer extends GpuServer {
  name: string
  detail: string
  /** It has answered at least once, so what it has is known. */
  known: boolean
}

/** Reads the servers; what each holds is read again only when a probe has changed it. */
export function createKnownServers(db: Db): (now: number) => KnownServer[] {
  const inventoryOf = createInventories(db)
  return (now) => {
    const running = runningByServer(db)
    return allServers(db).map((row) => {
      const vramMb = vramOf(row)
      const inventory = inventoryOf(row)
      return {
        id: row.id,
        name: row.name,
        kind: row.kind,
        detail: row.detail,
        known: row.ok || row.instance_id !== null || inventory !== undefined,
        slots: isOnTrial(row.failures) ? 1 : row.slots,
        inFlight: running.get(row.id) ?? 0,
        ...(vramMb === undefined ? {} : { vramMb }),
        has: (name: string) => inventory === undefined || inventory.has(name),
        warm: row.warm.map((model) => model.signature),
        open: row.ok && !row.draining && row.open_until <= now,
        draining: row.ok && row.draining,
      }
    })
  }
}

const inventoryRow = z.object({ inventory: z.string().nullable() })
const names = z.array(z.string())

/** Undefined = the kind has no inventory: everything is assumed to be there. */
export function createInventories(
  db: Db,
): (server: Pick<ServerRow, "id" | "probed_at">) => ReadonlySet<string> | undefined {
  const read = new Map<string, { at: number | null; set: ReadonlySet<string> | undefined }>()
  return ({ id, probed_at: at }) => {
    const found = read.get(id)
    if (found && found.at === at) return found.set
    const text = db.get(inventoryRow, "SELECT inventory FROM server WHERE id = :id", { id })?.inventory ?? null
    const set = text === null ? undefined : new Set(names.parse(JSON.parse(text)))
    read.set(id, { at, set })
    return set
  }
}
