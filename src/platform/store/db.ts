import { existsSync, readdirSync, readFileSync } from "node:fs"
import Database from "better-sqlite3"
import type { z } from "zod"
import { UserError } from "#src/errors.ts"

type Value = string | number | bigint | null | Uint8Array
/** Named parameters: `:name` in the SQL. */
export type Params = Record<string, Value>

const BUSY_MS = 5_000
/** Nothing waits behind a deletion for longer. */
const TRUNCATE_WITHIN_MS = 40

/**
 * The one door to SQLite: WAL, synchronous=FULL, STRICT tables, rows checked by zod.
 * Everything is synchronous, so nothing can come between the statements of a transaction.
 */
export interface Db {
  /** First row, checked; undefined when there is none. */
  get<S extends z.ZodType>(row: S, sql: string, params?: Params): z.output<S> | undefined
  all<S extends z.ZodType>(row: S, sql: string, params?: Params): z.output<S>[]
  /** Number of rows changed. */
  run(sql: string, params?: Params): number
  /** Runs `work` in one BEGIN IMMEDIATE transaction (nested calls join it); an async `work` is refused. */
  tx<T>(work: () => T extends Promise<unknown> ? never : T): T
  /** Changes when another connection commits: cheap to poll (2 µs). */
  dataVersion(): number
  /** Consistent copy of the database into `path` while it is in use. */
  backup(path: string): Promise<void>
  /** Takes what was deleted out of the write-ahead log as well; false when another process reads it right now. */
  truncateLog(): boolean
  /** PRAGMA quick_check: "ok" or the first problem. */
  check(): string
  close(): void
}

/**
 * Whether another connection, in this process or any other, has the database at `path` open. An absent file is not in use.
 * In WAL mode every connection holds a shared lock as long as it lives, so an exclusive one shows whether there are others.
 */
export function isInUse(path: string): boolean {
  if (!existsSync(path)) return false
  const raw = new Database(path, { timeout: 0 })
  try {
    raw.pragma("locking_mode = EXCLUSIVE")
    raw.exec("BEGIN EXCLUSIVE; ROLLBACK")
    return false
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return true
    // A file that is no database is not in use either.
    if (error instanceof Database.SqliteError && error.code === "SQLITE_NOTADB") return false
    throw error
  } finally {
    raw.close()
  }
}

const MIGRATIONS = new URL("migrations/", import.meta.url)

/**
 * Opens (and migrates) the database at `path`; ":memory:" for tests. `readonly` looks without migrating or leaving files
 * beside it. `maxPages` provokes SQLITE_FULL in tests.
 */
export function openDb(path: string, options: { maxPages?: number; readonly?: boolean } = {}): Db {
  const raw = guard(() => open(path, options.readonly ?? false))
  if (options.maxPages) raw.pragma(`max_page_count = ${options.maxPages}`)

  const statements = new Map<string, Database.Statement>()
  const prepare = (sql: string) => {
    let statement = statements.get(sql)
    if (!statement) statements.set(sql, (statement = raw.prepare(sql)))
    return statement
  }
  return {
    get: (row, sql, params = {}) => {
      const found = guard(() => prepare(sql).get(params))
      return found === undefined ? undefined : row.parse(found)
    },
    all: (row, sql, params = {}) => guard(() => prepare(sql).all(params)).map((found) => row.parse(found)),
    run: (sql, params = {}) => guard(() => prepare(sql).run(params)).changes,
    tx: (work) => (raw.inTransaction ? work() : guard(() => raw.transaction(work).immediate())),
    dataVersion: () => raw.pragma("data_version", { simple: true }) as number, // the pragma always yields an integer
    backup: async (target) => {
      // 4 MB between turns of the event loop: a few milliseconds each.
      await raw.backup(target, { progress: () => 1_000 })
      // One file that can be read without anything beside it.
      const copy = new Database(target)
      copy.pragma("journal_mode = DELETE")
      copy.close()
    },
    truncateLog: () => {
      raw.pragma(`busy_timeout = ${TRUNCATE_WITHIN_MS}`)
      try {
        // The pragma always yields one row; 1 = busy.
        return raw.pragma("wal_checkpoint(TRUNCATE)", { simple: true }) === 0
      } finally {
        raw.pragma(`busy_timeout = ${BUSY_MS}`)
      }
    },
    check: () => String(raw.pragma("quick_check(1)", { simple: true })),
    close: () => raw.close(),
  }
}

function open(path: string, readonly: boolean): Database.Database {
  const raw = new Database(path, { readonly })
  try {
    if (!readonly) prepareForWriting(raw)
    return raw
  } catch (error) {
    raw.close()
    throw error
  }
}

function prepareForWriting(raw: Database.Database): void {
  // First, because turning WAL on needs a lock that another process may hold.
  raw.pragma(`busy_timeout = ${BUSY_MS}`)
  raw.pragma("journal_mode = WAL")
  raw.pragma("synchronous = FULL")
  raw.pragma("foreign_keys = ON")
  // Freed pages would keep the words of deleted conversations.
  raw.pragma("secure_delete = ON")
  raw.pragma("journal_size_limit = 67108864")
  migrate(raw)
}

/** Files `NNNN-name.sql` in order; PRAGMA user_version is the number of the last one applied. All in one transaction. */
function migrate(raw: Database.Database): void {
  const files = readdirSync(MIGRATIONS)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .sort()
  const apply = raw.transaction(() => {
    const at = raw.pragma("user_version", { simple: true }) as number // the pragma always yields an integer
    const newest = Number(files.at(-1)?.slice(0, 4) ?? 0)
    if (at > newest)
      throw new UserError(
        `The database is of version ${at}, this program knows up to ${newest}.`,
        "Start a newer Atelier, or restore an older backup.",
        "conflict",
      )
    for (const name of files.filter((file) => Number(file.slice(0, 4)) > at)) {
      raw.exec(readFileSync(new URL(name, MIGRATIONS), "utf8"))
      raw.pragma(`user_version = ${Number(name.slice(0, 4))}`)
    }
  })
  apply.immediate()
}

/** SQLite's own "disk full" and "busy" become errors a person can act on. */
function guard<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const code = error instanceof Database.SqliteError ? error.code : ""
    if (code === "SQLITE_FULL" || code === "SQLITE_IOERR_WRITE")
      throw new UserError(
        "The studio's disk is full, so nothing was stored.",
        "Free some space or raise the limit, then try again.",
        "storage_full",
      )
    if (code.startsWith("SQLITE_BUSY"))
      throw new UserError(
        "The database is busy for longer than 5 seconds.",
        "Try again in a moment; stop other programs that write to the data directory.",
        "conflict",
      )
    if (code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT"))
      throw new UserError(
        "The database file is damaged.",
        "Keep a copy of the data directory, then restore the latest backup.",
        "conflict",
      )
    if (code.startsWith("SQLITE_READONLY") || code.startsWith("SQLITE_CANTOPEN"))
      throw new UserError(
        "The data directory cannot be written.",
        "Check the permissions of ATELIER_DATA.",
        "storage_full",
      )
    throw error
  }
}
