import type { Logger } from "pino"
import type { Backend, Probe } from "#workers/backend.ts"
import { allServers, findServer, refOf, type ServerRow } from "#src/platform/servers/rows.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

/** The kinds of server there are; files of workers/backends/, put in by the composition root. */
export interface ServerKinds {
  names(): string[]
  /** Throws UserError "not_found". */
  load(kind: string): Promise<Backend>
}

export interface Prober {
  /** Asks one server now and writes down what it says. Never throws for a server that does not answer. */
  probe(id: string, signal: AbortSignal): Promise<void>
  /** Asks every server from time to time, until the end. */
  start(): void
  close(): Promise<void>
}

const LOOK_EVERY_MS = 1_000
const WELL_EVERY_MS = 30_000
const ILL_EVERY_MS = 10_000
const LIMIT_MS = 5_000
const MAX_INVENTORY_CHARS = 8 * 1024 * 1024
const MAX_DETAIL_CHARS = 500

export function createProber(parts: { db: Db; clock: Clock; log: Logger; kinds: ServerKinds }): Prober {
  const { db, log } = parts
  const ending = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let round: Promise<unknown> | undefined

  const probe = async (id: string, signal: AbortSignal) => {
    const row = findServer(db, id)
    if (row) record(parts, row, await ask(parts.kinds, row, AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])))
  }
  const look = async () => {
    try {
      const due = allServers(db).filter((row) => claim(parts, row))
      await Promise.all(due.map((row) => probe(row.id, ending.signal)))
    } catch (error) {
      if (!ending.signal.aborted) log.warn({ err: error }, "servers could not be asked how they are; trying again")
    }
  }
  const next = () => {
    timer = setTimeout(() => {
      round = look().finally(() => ending.signal.aborted || next())
    }, LOOK_EVERY_MS).unref()
  }
  return {
    probe,
    start: () => {
      if (!timer) next()
    },
    close: async () => {
      ending.abort()
      clearTimeout(timer)
      await round
    },
  }
}

/** Several processes may look after the same servers: whoever moves the time of the last probe asks. */
function claim({ db, clock }: { db: Db; clock: Clock }, { id, ok, probed_at: at }: ServerRow): boolean {
  const now = clock.now()
  const age = at === null ? Infinity : now - at
  if (age >= 0 && age < (ok ? WELL_EVERY_MS : ILL_EVERY_MS)) return false
  // A server that was never asked keeps its NULL until it has answered.
  if (at === null) return true
  return db.run("UPDATE server SET probed_at = :now WHERE id = :id AND probed_at = :at", { id, now, at }) > 0
}

async function ask(kinds: ServerKinds, row: ServerRow, signal: AbortSignal): Promise<Probe> {
  try {
    return await (await kinds.load(row.kind)).probe(refOf(row), signal)
  } catch (error) {
    const late = signal.aborted
    return {
      ok: false,
      detail: late ? `no answer within ${LIMIT_MS / 1000} s` : String(error instanceof Error ? error.message : error),
    }
  }
}

/** Another instance has forgotten the models of the one before. */
function record({ db, clock, log }: { db: Db; clock: Clock; log: Logger }, row: ServerRow, probe: Probe): void {
  const inventory = probe.inventory === undefined ? null : JSON.stringify(probe.inventory)
  if (inventory !== null && inventory.length > MAX_INVENTORY_CHARS)
    return record({ db, clock, log }, row, { ok: false, detail: "it lists more models and nodes than can be kept" })
  if (row.ok !== probe.ok || row.probed_at === null)
    log.info({ server: row.name, ok: probe.ok, detail: probe.detail }, "a server changed")
  const isRestarted = row.instance_id !== null && probe.instanceId !== undefined && probe.instanceId !== row.instance_id
  db.run(
    `UPDATE server SET probed_at = :now, ok = :ok, detail = :detail,
       instance_id = coalesce(:instance, instance_id), version = coalesce(:version, version),
       probed_vram_mb = coalesce(:vram, probed_vram_mb), free_vram_mb = :free, busy = :busy,
       inventory = coalesce(:inventory, inventory), warm = iif(:restarted, '[]', warm)
     WHERE id = :id`,
    {
      id: row.id,
      now: clock.now(),
      ok: probe.ok ? 1 : 0,
      detail: probe.detail.slice(0, MAX_DETAIL_CHARS),
      instance: probe.instanceId ?? null,
      version: probe.version ?? null,
      vram: whole(probe.vramMb),
      free: whole(probe.freeVramMb),
      busy: whole(probe.busy),
      inventory,
      restarted: isRestarted ? 1 : 0,
    },
  )
}

const whole = (value: number | undefined): number | null => (value === undefined ? null : Math.round(value))
