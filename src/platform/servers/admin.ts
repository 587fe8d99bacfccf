import { z } from "zod"
import { UserError } from "#src/errors.ts"
import type { Actor, Audit } from "#src/platform/accounts/audit.ts"
import type { Prober, ServerKinds } from "#src/platform/servers/prober.ts"
import { findServer, refOf, runningByServer, type ServerRow } from "#src/platform/servers/rows.ts"
import type { Db } from "#src/platform/store/db.ts"
import { newId } from "#src/platform/store/id.ts"
import type { Clock, Servers, ServerView } from "#src/studio.ts"

export interface NewServer {
  name: string
  kind: string
  url: string
  slots?: number | undefined
  vramMb?: number | undefined
  keyEnv?: string | undefined
  settings?: unknown
}

/** What may be changed afterwards; null takes a value away. */
export interface ServerChange {
  url?: string | undefined
  slots?: number | undefined
  vramMb?: number | null | undefined
  keyEnv?: string | null | undefined
  settings?: unknown
}

/** Servers are added, changed and removed while the studio runs. Everything is audited; names are what people use. */
export interface ServerAdmin extends Servers {
  /** Stored first, then asked how it is. Throws UserError for what cannot be right; a server that is off is no error. */
  add(actor: Actor, server: NewServer, signal: AbortSignal): Promise<ServerView>
  change(actor: Actor, name: string, change: ServerChange, signal: AbortSignal): Promise<ServerView>
  /** Takes nothing new; what runs there ends there. */
  drain(actor: Actor, name: string, on: boolean): ServerView
  /** Throws UserError "conflict" while something runs there, unless `force`: those runs are then lost and done elsewhere. */
  remove(actor: Actor, name: string, options: { force: boolean }): void
  probe(name: string, signal: AbortSignal): Promise<ServerView>
  /** Model files by folder. Throws UserError when its kind has none, BackendError when it does not answer. */
  models(name: string, signal: AbortSignal): Promise<Record<string, string[]>>
  /** Takes models out of GPU memory. */
  free(actor: Actor, name: string, signal: AbortSignal): Promise<ServerView>
  /** The kinds there are, with what an operator should know of each. */
  kinds(): Promise<{ kind: string; title: string; makes: readonly string[]; licenceNote?: string }[]>
}

interface Parts {
  db: Db
  clock: Clock
  audit: Audit
  kinds: ServerKinds
  prober: Pick<Prober, "probe">
  servers: Servers
}

const MOST_SERVERS = 200

export function createServerAdmin(parts: Parts): ServerAdmin {
  const { db, clock, audit, kinds, prober, servers } = parts
  const must = (name: string): ServerRow => {
    const row = findServer(db, name)
    if (!row) throw noSuchServer(name, servers.list())
    return row
  }
  const view = (id: string): ServerView => {
    const found = servers.list().find((one) => one.id === id)
    if (!found) throw noSuchServer(id, servers.list())
    return found
  }
  const record = (actor: Actor, action: string, name: string, before: unknown, after: unknown) =>
    audit.record({ actor, action: `server.${action}`, target: `server:${name}`, before, after })

  return {
    ...servers,
    add: async (actor, given, signal) => {
      const backend = await kinds.load(given.kind)
      const server = checked({ ...given, slots: given.slots ?? backend.describe().slots })
      const settings = settingsFor(backend.settings, server.settings ?? {}, server.kind)
      const id = newId("srv")
      db.tx(() => {
        if (findServer(db, server.name))
          throw new UserError(`There is a server "${server.name}" already.`, "Choose another name.", "conflict")
        if (servers.list().length >= MOST_SERVERS)
          throw new UserError(`There are ${MOST_SERVERS} servers.`, "Remove one that is not used any more.", "conflict")
        db.run(
          `INSERT INTO server (id, name, kind, url, slots, vram_mb, key_env, settings, created_at)
           VALUES (:id, :name, :kind, :url, :slots, :vram, :key, :settings, :now)`,
          {
            id,
            name: server.name,
            kind: server.kind,
            url: server.url,
            slots: server.slots,
            vram: server.vramMb ?? null,
            key: server.keyEnv ?? null,
            settings: JSON.stringify(settings),
            now: clock.now(),
          },
        )
        record(actor, "add", server.name, undefined, { ...server, settings })
      })
      await prober.probe(id, signal)
      return view(id)
    },
    change: async (actor, name, change, signal) => {
      const before = must(name)
      const backend = await kinds.load(before.kind)
      const merged = checked({
        name: before.name,
        kind: before.kind,
        url: change.url ?? before.url,
        slots: change.slots ?? before.slots,
        vramMb: (change.vramMb === undefined ? before.vram_mb : change.vramMb) ?? undefined,
        keyEnv: (change.keyEnv === undefined ? before.key_env : change.keyEnv) ?? undefined,
        settings: change.settings ?? before.settings,
      })
      const settings = settingsFor(backend.settings, merged.settings, before.kind)
      db.tx(() => {
        db.run(
          `UPDATE server SET url = :url, slots = :slots, vram_mb = :vram, key_env = :key, settings = :settings,
             failures = 0, open_until = 0, warm = iif(url = :url, warm, '[]') WHERE id = :id`,
          {
            id: before.id,
            url: merged.url,
            slots: merged.slots,
            vram: merged.vramMb ?? null,
            key: merged.keyEnv ?? null,
            settings: JSON.stringify(settings),
          },
        )
        record(actor, "change", before.name, shown(before), { ...merged, settings })
      })
      await prober.probe(before.id, signal)
      return view(before.id)
    },
    drain: (actor, name, on) => {
      const row = must(name)
      db.tx(() => {
        db.run("UPDATE server SET draining = :on WHERE id = :id", { id: row.id, on: on ? 1 : 0 })
        record(actor, on ? "drain" : "resume", row.name, { draining: row.draining }, { draining: on })
      })
      return view(row.id)
    },
    remove: (actor, name, { force }) => {
      const row = must(name)
      const running = runningByServer(db).get(row.id) ?? 0
      if (running > 0 && !force)
        throw new UserError(
          `${running} ${running === 1 ? "job runs" : "jobs run"} on ${row.name}.`,
          "Drain it and wait, or remove it by force: what runs there is then done elsewhere.",
          "conflict",
        )
      db.tx(() => {
        db.run("DELETE FROM server WHERE id = :id", { id: row.id })
        record(actor, "remove", row.name, shown(row), undefined)
      })
    },
    probe: async (name, signal) => {
      const { id } = must(name)
      await prober.probe(id, signal)
      return view(id)
    },
    models: async (name, signal) => {
      const row = must(name)
      const backend = await kinds.load(row.kind)
      if (!backend.models)
        throw new UserError(`Servers of kind ${row.kind} have no list of models.`, "Look at its own page.")
      return backend.models(refOf(row), signal)
    },
    free: async (actor, name, signal) => {
      const row = must(name)
      const backend = await kinds.load(row.kind)
      if (!backend.free)
        throw new UserError(`Servers of kind ${row.kind} cannot be told to free memory.`, "Restart it instead.")
      await backend.free(refOf(row), signal)
      db.tx(() => {
        db.run("UPDATE server SET warm = '[]' WHERE id = :id", { id: row.id })
        record(actor, "free", row.name, undefined, undefined)
      })
      await prober.probe(row.id, signal)
      return view(row.id)
    },
    kinds: () =>
      Promise.all(
        kinds.names().map(async (kind) => {
          const { title, makes, licenceNote } = (await kinds.load(kind)).describe()
          return { kind, title, makes, ...(licenceNote === undefined ? {} : { licenceNote }) }
        }),
      ),
  }
}

const NAME = /^[a-z0-9][a-z0-9-]{0,30}$/
const KEY_ENV = /^[A-Z][A-Z0-9_]{2,60}$/
/** A variable of the studio itself is no key of a server: a server that asks for it would get it. */
const OWN = /^(ATELIER_|REDIS_)/

function checked<T extends NewServer & { slots: number }>(server: T): T {
  const { name, url, slots, vramMb, keyEnv } = server
  if (!NAME.test(name))
    throw new UserError(
      `"${name.slice(0, 60)}" cannot name a server.`,
      "Use up to 31 lower-case letters, digits and hyphens, such as gpu1.",
    )
  if (!isPlainAddress(url, server.kind))
    throw new UserError(
      `"${url.slice(0, 120)}" is not an address of a server.`,
      "Give http://HOST:PORT or https://HOST without user, query and fragment.",
    )
  if (!Number.isInteger(slots) || slots < 1 || slots > 64)
    throw new UserError(`${slots} slots are not possible.`, "Give a whole number from 1 to 64.")
  if (vramMb !== undefined && !(Number.isInteger(vramMb) && vramMb >= 256 && vramMb <= 4_194_304))
    throw new UserError(`${vramMb} MB of GPU memory are not possible.`, "Give whole megabytes, 256 or more.")
  if (keyEnv !== undefined && (!KEY_ENV.test(keyEnv) || OWN.test(keyEnv)))
    throw new UserError(
      `"${keyEnv.slice(0, 60)}" cannot name the variable that holds the key.`,
      "Give the name of an environment variable such as MESHY_API_KEY, never the key itself; set it where the studio and its workers run.",
    )
  return server
}

/** http(s), or the kind's own scheme for programs of this machine ("blender:local"). */
function isPlainAddress(text: string, kind: string): boolean {
  const url = text.length <= 500 && URL.canParse(text) ? new URL(text) : undefined
  if (!url || ![`http:`, `https:`, `${kind}:`].includes(url.protocol)) return false
  return `${url.username}${url.password}${url.search}${url.hash}` === ""
}

function settingsFor(shape: z.ZodType, given: unknown, kind: string): unknown {
  const parsed = shape.safeParse(given)
  if (parsed.success) return parsed.data
  throw new UserError(
    `These settings do not fit a server of kind ${kind}: ${z.prettifyError(parsed.error).slice(0, 800)}`,
    "Correct the settings named.",
  )
}

const shown = ({ name, kind, url, slots, vram_mb, key_env, settings }: ServerRow) => ({
  name,
  kind,
  url,
  slots,
  vramMb: vram_mb,
  keyEnv: key_env,
  settings,
})

function noSuchServer(name: string, list: readonly ServerView[]): UserError {
  const known = list.map((one) => one.name).join(", ")
  return new UserError(
    `There is no server "${name.slice(0, 60)}".`,
    known ? `There are ${known}.` : "There are none yet: atelier server add NAME KIND URL",
    "not_found",
  )
}
