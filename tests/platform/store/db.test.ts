import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync } from "node:fs"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { z } from "zod"
import { databasePath, openDataDir } from "#src/platform/store/data-dir.ts"
import { isInUse, openDb } from "#src/platform/store/db.ts"

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-db-"))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

it("makes only STRICT tables", () => {
  const db = openDb(":memory:")
  const loose = db.all(
    z.object({ name: z.string() }),
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
  )
  expect(loose).toEqual([])
  db.close()
})

it("opens the same data directory again without migrating twice", () => {
  for (const _ of [1, 2]) {
    const db = openDataDir(join(folder, "data"))
    expect(db.check()).toBe("ok")
    db.close()
  }
})

// Root may write everything.
it.skipIf(process.getuid?.() === 0)("refuses a data directory or database that can only be read", () => {
  openDataDir(folder).close()
  for (const [path, readable] of [
    [databasePath(folder), 0o400],
    [folder, 0o500],
  ] as const) {
    chmodSync(path, readable)
    expect(() => openDataDir(folder)).toThrow(/cannot be written/)
    chmodSync(path, 0o700)
  }
})

it("refuses a database of a newer program", () => {
  const db = openDataDir(folder)
  db.run("PRAGMA user_version = 9999")
  db.close()
  expect(() => openDataDir(folder)).toThrow(/version 9999/)
})

it("says what is wrong when the data directory cannot be made", async () => {
  await writeFile(join(folder, "file"), "")
  expect(() => openDataDir(join(folder, "file", "data"))).toThrow(/ENOTDIR.*ATELIER_DATA/)
})

it("says that a file is damaged when it is no database", async () => {
  await writeFile(databasePath(folder), "x".repeat(10_000))
  expect(() => openDataDir(folder)).toThrow(/database file is damaged.*restore/)
})

it("rolls a transaction back as a whole", () => {
  const db = openDb(":memory:")
  const count = () => db.get(z.object({ n: z.number() }), "SELECT count(*) AS n FROM setting")?.n
  const put = () => db.run("INSERT INTO setting (key, value, updated_at) VALUES ('a', '1', 0)")
  expect(() =>
    db.tx(() => {
      put()
      throw new Error("no")
    }),
  ).toThrow("no")
  expect(count()).toBe(0)
  db.tx(() => db.tx(put))
  expect(count()).toBe(1)
  db.close()
})

it("knows whether somebody has a database open, in this process or another", async () => {
  const path = databasePath(folder)
  expect(isInUse(path)).toBe(false)
  const db = openDb(path)
  expect(isInUse(path)).toBe(true)
  db.close()
  expect(isInUse(path)).toBe(false)
  const holder = new URL("holder.ts", import.meta.url).pathname
  const child = spawn(process.execPath, [holder, path], { stdio: ["pipe", "pipe", "inherit"] })
  await once(child.stdout, "data")
  expect(isInUse(path)).toBe(true)
  child.kill("SIGKILL")
  await once(child, "exit")
  expect(isInUse(path)).toBe(false)
})

it("copies itself into one file that needs nothing beside it", async () => {
  const db = openDb(databasePath(folder))
  const target = join(folder, "copy.db")
  await db.backup(target)
  const copy = openDb(target, { readonly: true })
  expect(copy.check()).toBe("ok")
  copy.close()
  db.close()
  expect((await readdir(folder)).filter((name) => name.startsWith("copy"))).toEqual(["copy.db"])
})

it("leaves no trace of what was deleted in its files, the log included", async () => {
  const path = join(folder, "traces.db")
  const db = openDb(path)
  db.run("CREATE TABLE word (text TEXT NOT NULL) STRICT")
  db.run("INSERT INTO word VALUES (:text)", { text: "zanzibar".repeat(2_000) })
  db.run("DELETE FROM word")
  expect(db.truncateLog()).toBe(true)
  for (const file of await readdir(folder))
    expect(`${file}: ${(await readFile(join(folder, file), "latin1")).includes("zanzibar")}`).toBe(`${file}: false`)
  db.close()
})
