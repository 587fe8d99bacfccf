import { z } from "zod"
import type { ServerRef } from "#src/job.ts"
import type { Db } from "#src/platform/store/db.ts"

const json = <S extends z.ZodType>(shape: S) => z.string().transform((text) => shape.parse(JSON.parse(text)))
const flag = z.number().transform((value) => value !== 0)

/** A model in a server's memory. */
const warmModel = z.object({ signature: z.string(), vramMb: z.number() })
export type WarmModel = z.infer<typeof warmModel>

const serverRow = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  url: z.string(),
  slots: z.number(),
  vram_mb: z.number().nullable(),
  key_env: z.string().nullable(),
  settings: json(z.unknown()),
  draining: flag,
  created_at: z.number(),
  probed_at: z.number().nullable(),
  ok: flag,
  detail: z.string(),
  instance_id: z.string().nullable(),
  version: z.string().nullable(),
  probed_vram_mb: z.number().nullable(),
  free_vram_mb: z.number().nullable(),
  busy: z.number().nullable(),
  warm: json(z.array(warmModel)),
  failures: z.number(),
  open_until: z.number(),
  runs_done: z.number(),
  runs_failed: z.number(),
  runs_cold: z.number(),
})
export type ServerRow = z.infer<typeof serverRow>

/** Everything but the inventory, which can be large. */
const COLUMNS = Object.keys(serverRow.shape).join(", ")

export function allServers(db: Db): ServerRow[] {
  return db.all(serverRow, `SELECT ${COLUMNS} FROM server ORDER BY created_at, name`)
}

/** By id or by the name that people use. */
export function findServer(db: Db, idOrName: string): ServerRow | undefined {
  return db.get(serverRow, `SELECT ${COLUMNS} FROM server WHERE id = :it OR name = :it`, { it: idOrName })
}

const countRow = z.object({ server_id: z.string(), n: z.number() })

/** Attempts on each server now. */
export function runningByServer(db: Db): Map<string, number> {
  const rows = db.all(
    countRow,
    `SELECT server_id, count(*) AS n FROM job WHERE server_id IS NOT NULL AND state IN ('offered', 'running') GROUP BY server_id`,
  )
  return new Map(rows.map((row) => [row.server_id, row.n]))
}

/** Memory of its largest GPU: what the operator says counts before what the probe found. */
export function vramOf(row: ServerRow): number | undefined {
  return row.vram_mb ?? row.probed_vram_mb ?? undefined
}

/** What a worker needs to know of it. */
export function refOf({ id, name, kind, url, key_env, settings }: ServerRow): ServerRef {
  return { id, name, kind, url, settings, ...(key_env === null ? {} : { keyEnv: key_env }) }
}
